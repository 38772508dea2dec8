//! Rules of the house that can be tested.

mod names;

use homepay_domain::alert::ALERT_KINDS;
use homepay_domain::household::Lang;
use homepay_domain::reply::{CODES, STATUSES};
use homepay_language::phrases::Phrases;
use std::path::{Path, PathBuf};

/// Lines of the longest file that is let stand.
const LINES_MAX: usize = 500;

/// The files of a folder; within `src` without the test programs `src/<crate>/tests/`.
fn sources(dir: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(dir)];
    while let Some(folder) = dirs.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            let is_test_program = path.ends_with("tests") && path.join("main.rs").exists();
            if is_test_program {
                continue;
            }
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn files_are_short() {
    let programs = ["engine", "files", "protocols", "store"].map(|of| format!("src/{of}/tests"));
    for dir in ["src", "tests", "benches"].into_iter().chain(programs.iter().map(String::as_str)) {
        for path in sources(dir) {
            let lines = std::fs::read_to_string(&path).expect("a source file").lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
        }
    }
}

/// What the outside reads is made from types, which schemas and OpenAPI describe.
#[test]
fn what_the_outside_reads_has_types() {
    for dir in ["src/api", "src/engine", "src/protocols/native", "src/protocols/views"] {
        for path in sources(dir) {
            if path.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(!code.contains("json!"), "{} writes JSON by hand", path.display());
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let banned = [
        "HashMap",
        "f64",
        "f32",
        "tokio",
        "sqlx",
        "tracing",
        "SystemTime",
        "Instant::now",
        "Zoned::now",
        "async fn",
        "rand::",
    ];
    for path in sources("src/domain") {
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (index, line) in text.lines().filter(|l| !l.trim_start().starts_with("//")).enumerate()
        {
            for word in banned {
                assert!(!line.contains(word), "{}:{}: {word}", path.display(), index + 1);
            }
        }
    }
}

#[test]
fn every_status_reason_and_alert_has_words_in_both_languages() {
    let phrases = Phrases::new();
    let statuses = STATUSES.iter().map(|status| {
        let word = serde_json::to_value(status).expect("a word");
        format!("say-{}", word.as_str().expect("a word"))
    });
    let reasons = CODES.iter().map(|code| format!("reason-{}", code.as_str()));
    let alerts = ALERT_KINDS.iter().map(|kind| format!("alert-{}", kind.as_str()));
    let over = ALERT_KINDS.iter().filter(|kind| kind.ends_by_itself());
    let alerts = alerts.chain(over.map(|kind| format!("alert-{}-resolved", kind.as_str())));
    for id in statuses.chain(reasons).chain(alerts) {
        for lang in [Lang::ZhCn, Lang::En] {
            assert!(phrases.has(lang, &id), "{id} has no words in {}", lang.tag());
        }
    }
}

#[test]
fn every_reason_code_and_alert_is_in_the_reference() {
    let page = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name);
        std::fs::read_to_string(path).expect("a page of the reference")
    };
    let (reasons, alerts) = (page("reasons.md"), page("alerts.md"));
    let how = "say in docs/reference/words.toml what to do about it, then UPDATE_DOCS=1 cargo test \
               --test it reference";
    for code in CODES {
        let row = format!("| `{}` |", code.as_str());
        assert!(reasons.contains(&row), "reasons.md has no {}: {how}", code.as_str());
    }
    for kind in ALERT_KINDS {
        let heading = format!("## {}", kind.as_str());
        assert!(alerts.lines().any(|line| line == heading), "alerts.md has no {heading}: {how}");
    }
}

#[test]
fn speech_has_no_commands_and_no_ids() {
    for table in ["en.ftl", "zh-CN.ftl"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/language/phrases").join(table);
        let text = std::fs::read_to_string(path).expect("a table of phrases");
        let mut id = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if !line.starts_with([' ', '}']) {
                id = line.split(" = ").next().unwrap_or_default();
            }
            // Entities of Home Assistant, and what to do, are read on a screen.
            let screen = id.starts_with("number-") || id.contains("-do");
            assert!(screen || !line.contains("homepay "), "{table}: {line}");
            assert!(screen || !line.contains("{ $rule }"), "{table}: {line}");
        }
    }
}

/// Whatever is held back, passed over or guessed of a reading is said in both languages.
#[test]
fn every_word_about_a_reading_is_said_in_both_languages() {
    let source = include_str!("../../src/domain/decide/reading.rs");
    let words: Vec<&str> =
        source.split("self.note(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(words.len() >= 10, "{words:?}");
    for (lang, phrases) in [
        ("en", include_str!("../../src/language/phrases/readings.en.ftl")),
        ("zh-CN", include_str!("../../src/language/phrases/readings.zh-CN.ftl")),
    ] {
        for word in &words {
            assert!(phrases.contains(&format!("\nreading-{word} = ")), "{lang}: {word}");
        }
    }
}
