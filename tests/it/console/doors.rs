//! Who is let in: names, other sites, languages, and what every answer carries.

use super::browser::{Browser, set_up};

#[test]
fn foreign_names_other_sites_and_strangers_are_turned_away() {
    let (house, _daemon, mut browser) = set_up("");
    let foreign = [("host", "evil.example")];
    browser.send("GET", "/", "", &foreign).is(421).says("not one of this hub&#39;s");
    let freezes = |browser: &mut Browser, headers: &[(&str, &str)]| {
        browser.send("POST", "/freeze", "", headers)
    };
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("origin", "http://evil.example")],
        [("origin", "null")],
    ] {
        freezes(&mut browser, &headers).is(403).says("did not come from this page");
    }
    browser.get("/freeze").is(405).says("There is no such page");
    browser.post("/thaw", &[("passwort", "x")]).is(422).says("That form is not complete");
    browser.get("/").is(200).says("Freeze all orders");
    let mut stranger = Browser::at(&house);
    for path in ["/", "/orders", "/orders/order-0001"] {
        stranger.get(path).leads_to(&format!("/sign-in?next={path}"));
    }
    freezes(&mut stranger, &[]).leads_to("/sign-in?next=/");
    stranger.get("/live/home").leads_to("/sign-in?next=/");
    stranger.get("/no-such-page").is(404).says("There is no such page");
    browser.get("/orders/order-0001").is(404);
    stranger.get("/healthz").is(200);
}

#[test]
fn every_answer_forbids_what_a_page_does_not_need() {
    let (_house, _daemon, mut browser) = set_up("");
    for path in ["/", "/orders", "/sign-in", "/assets/app.css", "/no-such-page"] {
        let head = browser.get(path).head;
        for header in [
            "content-security-policy: default-src 'none'",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
        ] {
            assert!(head.contains(header), "{path}: no {header} in {head}");
        }
        assert!(!head.contains("unsafe-inline"), "{head}");
        let page = browser.get(path).page;
        for inline in ["<script>", " style=", "<style", " onclick=", "javascript:"] {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
    }
}

#[test]
fn pages_speak_both_languages_and_remember_which() {
    let (_house, _daemon, mut browser) = set_up("");
    browser.get("/").says("<html lang=\"en\"").says("Nothing is waiting for you.");
    browser.language = "zh-Hans-CN,zh;q=0.9,en;q=0.5";
    browser.get("/").says("<html lang=\"zh-CN\"").says("没有等您处理的订单。");
    let origin = [("sec-fetch-site", "same-origin"), ("referer", "http://127.0.0.1/orders")];
    browser.send("POST", "/display", "language=en", &origin).leads_to("/orders");
    browser.get("/orders").says("No orders yet.");
    browser.post("/display", &[("scheme", "dark")]).leads_to("/");
    browser.get("/").says("data-scheme=\"dark\"").says("Colours as the device");
}
