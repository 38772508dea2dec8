//! Sentences of other households: src/files/tests/sentences/*.tsv with their catalogues. Each line has what
//! it orders (`sku=quantity …`; `-` = nothing; `?` = asked about with a number; `|` = either is
//! right), and the sentence, after its language where the table has one.

use super::{household, reading};
use homepay_language::speech::Lexicon;

/// Of the sentences that must be understood, how many are, in per cent.
const UNDERSTOOD_PERCENT_MIN: usize = 95;

struct Understood {
    said: String,
    want: Vec<String>,
    got: String,
    why: String,
}

fn sorted(reading: &str) -> String {
    let mut parts: Vec<&str> = reading.split_whitespace().collect();
    if parts.iter().all(|part| part.contains('=')) {
        parts.sort_unstable();
    }
    parts.join(" ")
}

fn hear(catalogue: &str, table: &str) -> Vec<Understood> {
    let lexicon = Lexicon::of(&household(catalogue));
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let heard = lines.map(|line| {
        let (said, want) = match line.split('\t').collect::<Vec<_>>()[..] {
            [_, want, said] | [want, said] if want.contains(['=', '-', '?']) => (said, want),
            // alike.tsv says nothing of what is wanted: nothing may be bought.
            [_, said] => (said, "- | ?"),
            _ => panic!("{line}"),
        };
        let read = lexicon.understand(said);
        Understood {
            said: said.to_owned(),
            want: want.split('|').map(sorted).collect(),
            got: reading(&read),
            why: format!("{read:?}"),
        }
    });
    heard.collect()
}

/// Nothing is ordered that was not meant, and nearly all is understood that must be.
fn holds(catalogue: &str, table: &str) {
    let heard = hear(catalogue, table);
    let bought = |h: &&Understood| h.got.contains('=');
    let wrong: Vec<String> = heard
        .iter()
        .filter(bought)
        .filter(|h| !h.want.contains(&h.got))
        .map(|h| format!("{}: ordered {}, wanted {}", h.said, h.got, h.want.join(" or ")))
        .collect();
    let must = || heard.iter().filter(|h| !h.want.contains(&"-".to_owned()));
    let missed: Vec<String> = must()
        .filter(|h| !h.want.contains(&h.got))
        .map(|h| format!("{}: wanted {}, {}", h.said, h.want.join(" or "), h.why))
        .collect();
    // What may only be asked about, or must not even be.
    let asked: Vec<String> = heard
        .iter()
        .filter(|h| h.got == "?" && !h.want.iter().any(|want| want == "?" || want.contains('=')))
        .map(|h| format!("{}: asked about, {}", h.said, h.why))
        .collect();
    println!("{} sentences, {} must be understood", heard.len(), must().count());
    println!("not understood:\n{}\nasked about:\n{}", missed.join("\n"), asked.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked.is_empty(), "{}", asked.join("\n"));
    let understood = must().count() - missed.len();
    assert!(understood * 100 >= must().count() * UNDERSTOOD_PERCENT_MIN, "{}", missed.join("\n"));
}

#[test]
fn what_is_only_alike_is_never_bought() {
    holds(include_str!("alike.household.toml"), include_str!("alike.tsv"));
}

#[test]
fn a_second_household_is_understood_and_nothing_is_ordered_wrong() {
    holds(include_str!("sentences-2.household.toml"), include_str!("sentences-2.tsv"));
}

#[test]
fn more_sentences_of_the_second_household() {
    holds(include_str!("sentences-2.household.toml"), include_str!("sentences-3.tsv"));
}

#[test]
fn more_that_is_alike_is_asked_about_only_where_it_was_counted() {
    holds(include_str!("alike.household.toml"), include_str!("alike-2.tsv"));
}

#[test]
fn names_with_marks_numbers_and_traditional_characters_can_be_said() {
    holds(include_str!("marks.household.toml"), include_str!("marks.tsv"));
}
