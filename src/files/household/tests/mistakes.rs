//! What people get wrong, with the line and the words that they are told.

use super::{CONTRACT, files, home};
use crate::household::read_household;

/// A mistake made in the contract's household: the text that is replaced (its first place), by
/// what, on which line the problem then stands, and what it says.
type HouseholdMistake = (String, String, usize, String);

fn mistakes() -> Vec<HouseholdMistake> {
    let lines = include_str!("mistakes.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a mistake")).collect()
}

fn faults(text: &str) -> Vec<(usize, String)> {
    let read = read_household(text, "household.toml", &home(), &files);
    let problems = read.err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.line, problem.what)).collect()
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let mut wrong = Vec::new();
    for (place, by, line, words) in mistakes() {
        assert!(CONTRACT.contains(&place), "the contract's household has no {place}");
        let told = faults(&CONTRACT.replacen(&place, &by, 1));
        if !told.iter().any(|(at, what)| *at == line && what.contains(&words)) {
            wrong.push(format!("{by}\n  wanted {line}: {words}\n  told {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_mistake_is_told_once() {
    // The mistakes that lead to no other one.
    let single =
        ["max_count = 5", "price = \"29.90\"", "bands = [50, 80, 100]", "cost = \"50.00\""];
    for (place, by, _, _) in mistakes() {
        if !single.contains(&place.as_str()) {
            continue;
        }
        let told = faults(&CONTRACT.replacen(&place, &by, 1));
        assert_eq!(told.len(), 1, "{by}: {told:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let text = CONTRACT
        .replacen("role = \"owner\"", "role = \"queen\"", 1)
        .replacen("price = \"29.90\"", "price = 29.90", 1)
        .replacen("payee = \"grid\"", "payee = \"gird\"", 1)
        .replacen("hours = [\"07:00-22:00\"]", "hours = [\"7-22\"]\nfoo = 1", 1);
    let lines: Vec<usize> = faults(&text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 24, 49, 70, 71]);
}

#[test]
fn what_is_no_household_does_not_panic() {
    for text in
        ["\u{feff}", "[", "[[", "=", "a.b.c = {", "\"\"\"", "members = 5", "\0", "limits = [1]"]
    {
        let _ = faults(text);
    }
    for end in 0..CONTRACT.len() {
        if CONTRACT.is_char_boundary(end) {
            let _ = faults(&CONTRACT[..end]);
        }
    }
}
