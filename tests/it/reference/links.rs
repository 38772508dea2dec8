//! The links of the documents.

use super::shown;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every page that people read.
pub(crate) fn pages(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = below(&root.join("docs"));
    for folder in [root.to_path_buf(), root.join("fuzz")] {
        found.extend(markdown(&folder));
    }
    for parent in ["src", "devices"] {
        for folder in std::fs::read_dir(root.join(parent)).into_iter().flatten().flatten() {
            found.extend(markdown(&folder.path()));
        }
    }
    found.sort();
    found
}

/// The pages of a folder itself.
fn markdown(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

/// The pages of a folder and of those below it.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = markdown(folder);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() && entry.file_name() != "book" {
            found.extend(below(&entry.path()));
        }
    }
    found
}

/// What is wrong with the links, sorted.
pub(crate) fn wrong(root: &Path) -> Vec<String> {
    let summary = root.join("docs/SUMMARY.md");
    let mut wrong = Vec::new();
    let mut summed = BTreeSet::new();
    for page in pages(root) {
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, heading) = link.split_once('#').map_or((link, None), |(p, h)| (p, Some(h)));
            let target = if path.is_empty() { page.clone() } else { folder.join(path) };
            let Ok(target) = target.canonicalize() else {
                wrong.push(format!("{}: {path} does not exist", shown(root, &page)));
                continue;
            };
            if page == summary {
                summed.insert(target.clone());
            }
            if let Some(heading) = heading.filter(|_| target.is_file())
                && !headings(&std::fs::read_to_string(&target).unwrap()).contains(heading)
            {
                let real = root.canonicalize().unwrap();
                let (page, target) = (shown(root, &page), shown(&real, &target));
                wrong.push(format!("{page}: #{heading} is no heading of {target}"));
            }
        }
    }
    for page in pages(root) {
        let text = std::fs::read_to_string(&page).unwrap();
        for path in named_paths(&text).filter(|path| !root.join(path).exists()) {
            wrong.push(format!("{}: {path} does not exist", shown(root, &page)));
        }
    }
    for page in below(&root.join("docs")) {
        if page != summary && !summed.contains(&page.canonicalize().unwrap()) {
            wrong.push(format!("{} is not in docs/SUMMARY.md", shown(root, &page)));
        }
    }
    wrong.sort();
    wrong
}

/// The lines that are no code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line);
        }
    }
    lines
}

fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in prose(text) {
        let mut rest = line;
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            found.push(&rest[..end]);
        }
        for mark in ["src=\"", "srcset=\"", "href=\""] {
            let parts = line.split(mark).skip(1);
            found.extend(parts.filter_map(|part| part.split('"').next()));
        }
    }
    found
}

/// Folders of the repository whose files pages name.
const FOLDERS: [&str; 7] = ["src/", "tests/", "benches/", "docs/", "schemas/", "fuzz/", "systemd/"];

/// The files and folders that a page names as code, from the top of the repository.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    let spans = prose(text).into_iter().flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.filter(|span| {
        FOLDERS.iter().any(|folder| span.starts_with(folder))
            && !span.contains(['<', '*', '…', ' '])
    })
}

/// The anchors of a page, as GitHub and mdBook make them.
fn headings(text: &str) -> BTreeSet<String> {
    let lines = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    lines.map(anchor).collect()
}
