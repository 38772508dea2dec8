//! `docs/reference/` is written from the code, and every link of the documents leads somewhere.
//!
//! After a change of what a page shows: `UPDATE_DOCS=1 cargo test --test it reference`. What the code
//! does not say (what to do about a reason, what a route answers) stands in `docs/reference/words.toml`.

mod command_line;
mod examples;
mod links;
mod pages;
mod phrases;
mod schema_tables;
mod tutorial;
mod words;

use std::path::{Path, PathBuf};

/// The longest README, in bytes: it is a landing page, and the manual is in `docs/`.
const README_BYTES_MAX: usize = 6_000;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The first line in which two texts differ, for people.
fn difference(kept: &str, made: &str) -> String {
    let mut lines = kept.lines().zip(made.lines()).enumerate();
    let differs = lines.find(|(_, (kept, made))| kept != made);
    match differs {
        Some((index, (kept, made))) => format!("line {}:\n- {kept}\n+ {made}", index + 1),
        None => format!("{} lines, should be {}", kept.lines().count(), made.lines().count()),
    }
}

#[test]
fn the_reference_is_what_the_code_says() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    for (name, made) in pages::all() {
        let path = root().join("docs/reference").join(name);
        if update {
            std::fs::write(&path, made).unwrap();
            continue;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let where_it_differs = difference(&kept, &made);
        assert!(
            kept == made,
            "docs/reference/{name} is not what the code says: run UPDATE_DOCS=1 cargo test --test it \
             reference\n{where_it_differs}"
        );
    }
}

#[test]
fn the_readmes_are_landing_pages() {
    for name in ["README.md", "README.zh-CN.md"] {
        let bytes = text(name).len();
        assert!(
            bytes <= README_BYTES_MAX,
            "{name} has {bytes} bytes: move what is a manual to docs/"
        );
    }
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let wrong = links::wrong(&root());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    page("docs/SUMMARY.md", "- [One](one.md)\n- [Gone](gone.md)\n");
    page("docs/one.md", "# One thing\n[up](../README.md#here) [no](#there) ![p](images/p.svg)\n");
    page(
        "docs/two.md",
        "# Two\n```\n[code](nothing.md)\n```\n[web](https://example.org/x.md)\n`src/gone.rs`\n",
    );
    page("README.md", "# Here\n[docs](docs/one.md#one-thing)\n");
    let wrong = links::wrong(folder.path());
    let found: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let wanted = [
        "docs/SUMMARY.md: gone.md does not exist",
        "docs/one.md: #there is no heading of docs/one.md",
        "docs/one.md: images/p.svg does not exist",
        "docs/two.md is not in docs/SUMMARY.md",
        "docs/two.md: src/gone.rs does not exist",
    ];
    assert_eq!(found, wanted);
}

/// The page of a path that is shown to people, with slashes.
pub(crate) fn shown(base: &Path, path: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}
