//! One word, one thing: types, constants and docs as a reader meets them.

use super::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Type names that two crates may both define, and no more than ten of them.
const DOUBLED: [&str; 0] = [];

/// How many type names at most two crates may share.
const DOUBLED_MAX: usize = 10;

/// A doc comment of one line says more than so many words, or it repeats the name.
const DOC_WORDS_MIN: usize = 4;

/// The crate that a file belongs to, by its path below the workspace.
fn crate_of(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.strip_prefix(root).expect("a file of the project");
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    match parts[..] {
        ["src", room, _, ..] if root.join("src").join(room).join("Cargo.toml").exists() => {
            format!("src/{room}")
        }
        ["src", ..] => "src".to_owned(),
        [folder, target, ..] => format!("{folder}/{}", target.trim_end_matches(".rs")),
        _ => panic!("{} is in no crate", path.display()),
    }
}

/// An item's line without its visibility.
fn bare(line: &str) -> &str {
    let line = line.trim_start();
    let Some(rest) = line.strip_prefix("pub") else { return line };
    match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map_or(line, |(_, rest)| rest.trim_start()),
        None => rest.trim_start(),
    }
}

/// The name of the type that a line defines; associated types are none.
fn defined_type(line: &str) -> Option<&str> {
    let (word, rest) = bare(line).split_once(' ')?;
    let is_type = matches!(word, "struct" | "enum" | "trait" | "union")
        || word == "type" && !line.starts_with(' ');
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..end];
    (is_type && name.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
}

#[test]
fn no_type_name_is_defined_twice() {
    let mut by_name: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for dir in ["src", "tests", "benches"] {
        for path in sources(dir) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let of = crate_of(&path);
            for name in text.lines().filter_map(defined_type) {
                let files = by_name.entry(name.to_owned()).or_default().entry(of.clone());
                files.or_default().push(path.display().to_string());
            }
        }
    }
    assert!(by_name.len() > 500, "only {} types were found", by_name.len());
    let twice: Vec<_> = by_name
        .iter()
        .flat_map(|(name, crates)| crates.values().map(move |files| (name, files)))
        .filter(|(_, files)| files.len() > 1)
        .collect();
    assert!(twice.is_empty(), "two types of one name in one crate: {twice:#?}");
    let shared: BTreeSet<&str> = by_name
        .iter()
        .filter(|(_, crates)| crates.keys().filter(|of| of.starts_with("src")).count() > 1)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(shared, BTreeSet::from(DOUBLED), "types of one name in two crates");
    assert!(shared.len() <= DOUBLED_MAX);
}

/// The constants of a file: name and expression, without digits' separators and spaces.
fn constants(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.match_indices('\n').filter_map(|(at, _)| {
        let rest = bare(&text[at + 1..]);
        let rest = rest.strip_prefix("const ").or_else(|| rest.strip_prefix("static "))?;
        let (name, rest) = rest.split_once(':')?;
        let is_name =
            name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let (_, value) = rest[..rest.find(";\n")?].split_once(" = ")?;
        let value = value.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
        (is_name && name != "_").then_some((name, value))
    })
}

#[test]
fn no_constant_name_has_two_values() {
    let mut values: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in sources("src") {
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (name, value) in constants(&text) {
            values.entry(name.to_owned()).or_default().insert(value, path.display().to_string());
        }
    }
    assert!(values.len() > 300, "only {} constants were found", values.len());
    let twice: Vec<_> = values.iter().filter(|(_, values)| values.len() > 1).collect();
    assert!(twice.is_empty(), "constants of one name and two values: {twice:#?}");
}

/// True where a doc comment is a help text: the command line's types.
fn is_help(lines: &[&str], at: usize) -> bool {
    let top = |line: &str| !line.is_empty() && !line.starts_with([' ', '}', ')', '/', '#']);
    let head = (0..=at).rev().find(|at| top(lines[*at])).unwrap_or(0);
    let above = (0..head).rev().take_while(|at| lines[*at].starts_with(['#', '/', ' ', ')']));
    above.map(|at| lines[at]).any(|line| {
        line.starts_with("#[derive(")
            && ["Parser", "Subcommand", "Args", "ValueEnum"]
                .iter()
                .any(|derive| line.contains(derive))
    })
}

#[test]
fn docs_say_more_than_the_name() {
    let is_doc = |line: &&str| line.trim_start().starts_with("///");
    let mut short = Vec::new();
    let mut found = 0;
    for path in sources("src") {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_doc(line)) {
            found += 1;
            let alone = !at.checked_sub(1).is_some_and(|above| is_doc(&lines[above]))
                && !lines.get(at + 1).is_some_and(is_doc);
            let words = line.trim_start().trim_start_matches('/').split_whitespace().count();
            if alone && words < DOC_WORDS_MIN && !is_help(&lines, at) {
                short.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found > 1_000, "only {found} lines of docs were found");
    assert!(short.is_empty(), "docs that repeat a name: {short:#?}");
}
