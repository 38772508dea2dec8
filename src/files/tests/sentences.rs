//! What sentences mean: tests/cases/sentences.tsv, and seeded ones.

use homepay_language::speech::Lexicon;
pub(crate) use utterance_text::{household, reading};

mod languages;
mod more;
mod seeded;
mod utterance_text;

/// Of the sentences that mean something, how many must be understood, in per cent.
const UNDERSTOOD_PERCENT_MIN: usize = 95;

#[test]
fn no_sentence_is_read_wrong_and_nearly_all_are_understood() {
    let lexicon = Lexicon::of(&household(include_str!("../../../tests/cases/sentences.toml")));
    let (mut good, mut understood, mut refused) = (0, 0, 0);
    let (mut wrong, mut missed) = (Vec::new(), Vec::new());
    for line in include_str!("../../../tests/cases/sentences.tsv").lines() {
        let Some((want, said)) = line.split_once('\t').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let mut want: Vec<&str> = want.split(' ').collect();
        if want.iter().all(|part| part.contains('=')) {
            want.sort_unstable();
        }
        let (want, heard) = (want.join(" "), lexicon.understand(said));
        let got = reading(&heard);
        if want == "-" {
            refused += 1;
        } else {
            good += 1;
        }
        // A name that is only alike is asked about with a number: that is no order yet.
        if got == "?" || got == want {
            understood += usize::from(want != "-");
        } else if got == "-" {
            missed.push(format!("{said}: {want} was not understood ({heard:?})"));
        } else {
            wrong.push(format!("{said}: read as {got}, means {want}"));
        }
        // A device's order takes nothing but orders.
        assert_eq!(lexicon.order(said).is_ok(), got.contains('=') || got == "?", "{said}");
    }
    println!(
        "{good} sentences mean something, {understood} understood, {} read wrong",
        wrong.len()
    );
    println!("{refused} must be refused; not understood:\n{}", missed.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(understood * 100 >= good * UNDERSTOOD_PERCENT_MIN, "{}", missed.join("\n"));
    assert!(good >= 230 && refused >= 100, "{good} and {refused} are too few to measure by");
}
