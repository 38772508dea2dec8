//! Money and times as people read them on a page.

use homepay_domain::household::Lang;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::time::UnixMs;
use jiff::tz::TimeZone;

/// An amount with its sign before it, where people know one: `¥29.90`, else `29.90 CHF`.
pub(crate) fn money(currency: Currency, amount: Minor) -> String {
    let text = currency.text(amount);
    let sign = match currency.code() {
        "CNY" | "JPY" => "¥",
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        code => return format!("{text} {code}"),
    };
    match text.strip_prefix('-') {
        Some(text) => format!("-{sign}{text}"),
        None => format!("{sign}{text}"),
    }
}

/// A time of day, with its date where it is another day.
pub(crate) fn time(zone: &TimeZone, lang: Lang, at: UnixMs, now: UnixMs) -> String {
    let (at, now) = (at.in_zone(zone), now.in_zone(zone));
    let form = match (at.date() == now.date(), lang) {
        (true, _) => "%H:%M",
        (false, Lang::ZhCn) => "%-m月%-d日 %H:%M",
        (false, Lang::En) => "%-d %b, %H:%M",
    };
    at.strftime(form).to_string()
}

/// The date of a time.
pub(crate) fn day(zone: &TimeZone, lang: Lang, at: UnixMs) -> String {
    let form = match lang {
        Lang::ZhCn => "%Y年%-m月%-d日",
        Lang::En => "%-d %B %Y",
    };
    at.in_zone(zone).strftime(form).to_string()
}

/// How many per cent of the whole, 0 to 100; all of it where there is nothing to take from.
pub(crate) fn per_cent(part: Minor, whole: Minor) -> i64 {
    if whole.0 <= 0 {
        return if part.0 > 0 { 100 } else { 0 };
    }
    (part.0.max(0).saturating_mul(100) / whole.0).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_are_as_people_write_them() {
        let cny = Currency::from_code("CNY").expect("a currency");
        assert_eq!(money(cny, Minor(-2_990)), "-¥29.90");
        let chf = Currency::from_code("CHF").expect("a currency");
        assert_eq!(money(chf, Minor(120)), "1.20 CHF");
        let (at, later) = (UnixMs(0), UnixMs(86_400_000));
        assert_eq!(time(&TimeZone::UTC, Lang::En, at, at), "00:00");
        assert_eq!(time(&TimeZone::UTC, Lang::ZhCn, at, later), "1月1日 00:00");
        assert_eq!(day(&TimeZone::UTC, Lang::En, at), "1 January 1970");
        assert_eq!(per_cent(Minor(1), Minor(3)), 33);
        assert_eq!(per_cent(Minor(5), Minor(0)), 100);
    }
}
