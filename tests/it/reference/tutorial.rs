//! The tutorials' commands, pasted into a shell as they stand.

use std::net::TcpListener;
use std::process::Command;

/// How long a walk may take, in seconds: some fifteen of them are the page's own waits.
const WALK_WAIT_S: &str = "120";

/// The blocks of a page that are for the shell, with the page's ports, program and number put in.
fn script(page: &str, home: &str) -> String {
    let text = super::text(page);
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(blocks.len() >= 8, "{page} has {} blocks", blocks.len());
    let listeners = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let [broker, console] = listeners.map(|free| free.local_addr().unwrap().port().to_string());
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_homepay"));
    let folder = program.parent().unwrap().display().to_string();
    let number = "'$(grep -o 'challenge\":{\"say\":\"[0-9]*' replies | grep -o '[0-9]*$')'";
    let put_in = [
        ("cargo build --release && ", ""),
        ("$PWD/target/release", folder.as_str()),
        ("1884", broker.as_str()),
        ("8420", console.as_str()),
        (" -t homepay/alert &", " -t homepay/alert >replies &"),
        ("\"answer\":\"47\"", &format!("\"answer\":\"{number}\"")),
    ];
    let all = put_in.into_iter().fold(blocks.concat(), |all, (shown, real)| {
        assert!(all.contains(shown), "{page} does not have {shown}");
        all.replace(shown, real)
    });
    format!("export HOME='{home}'\n{all}\ncat ~/homepay-tour/replies\n")
}

fn walk(page: &str) {
    let home = tempfile::tempdir().unwrap();
    let script = script(page, home.path().to_str().unwrap());
    // With all that it started, where a step hangs.
    let bounded = ["-k", "5", WALK_WAIT_S, "bash", "-c", &script];
    let done = Command::new("timeout").args(bounded).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    let all = format!("{told}\n{}", String::from_utf8_lossy(&done.stderr));
    for wanted in [
        "\"ready\":true",
        "\"order_id\":\"tour-0001\",\"status\":\"settled\"",
        "\"order_id\":\"tour-0002\",\"status\":\"confirm\"",
        "\"order_id\":\"tour-0002\",\"status\":\"settled\"",
        "\"order_id\":\"tour-0003\",\"status\":\"declined\"",
        "\"code\":\"limit_exceeded\"",
        "\"100.00\" → \"30.00\"",
        " 0.05 ",
    ] {
        assert!(told.contains(wanted), "{page}: no {wanted} in\n{all}");
    }
    assert_eq!(told.matches("the chain holds").count(), 2, "{page}: {all}");
}

#[test]
fn the_tutorial_ends_as_it_says() {
    walk("docs/tutorial.md");
}

#[test]
fn the_tutorial_in_chinese_ends_as_it_says() {
    walk("docs/zh-CN/tutorial.md");
}
