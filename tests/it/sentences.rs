//! What sentences mean: tests/cases/sentences.tsv, and seeded ones.

use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::unclear::Unclear;
use homepay_files::household::read_household;
use homepay_language::speech::{Lexicon, QuestionSpan, Utterance};

mod languages;
mod more;
mod seeded;

/// Of the sentences that mean something, how many must be understood, in per cent.
const UNDERSTOOD_PERCENT_MIN: usize = 95;

pub fn household(text: &str) -> Household {
    let home = Home {
        zone: jiff::tz::TimeZone::UTC,
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    };
    let none = |_: &str| Err("none".to_owned());
    read_household(text, "sentences.toml", &home, &none).unwrap_or_else(|p| panic!("{p:?}"))
}

/// An utterance as the table writes it; `-` for what orders and does nothing.
pub fn reading(heard: &Result<Utterance, Unclear>) -> String {
    let span = |span: &QuestionSpan| match span {
        QuestionSpan::Today => "today",
        QuestionSpan::Month => "month",
    };
    match heard {
        Ok(Utterance::Order(order)) if order.alike => "?".to_owned(),
        Ok(Utterance::Order(order)) => {
            let mut lines: Vec<String> =
                order.items.iter().map(|(sku, count)| format!("{sku}={count}")).collect();
            lines.sort();
            lines.join(" ")
        }
        Ok(Utterance::Cancel) => "cancel".to_owned(),
        Ok(Utterance::Number(digits)) => format!("number {digits}"),
        Ok(Utterance::Left { day_or_month }) => format!("left {}", span(day_or_month)),
        Ok(Utterance::RunCost { device }) => format!("run {device}"),
        Ok(Utterance::Cost { device, span: days }) => format!("cost {device} {}", span(days)),
        Ok(Utterance::RefundLast) => "refund".to_owned(),
        Ok(Utterance::Freeze(Some(device))) => format!("freeze {device}"),
        Ok(Utterance::Freeze(None)) => "freeze home".to_owned(),
        Ok(Utterance::Spent(_) | Utterance::Price(_) | Utterance::LastOrder) => "-".to_owned(),
        Ok(Utterance::Which(_)) | Err(_) => "-".to_owned(),
    }
}

#[test]
fn no_sentence_is_read_wrong_and_nearly_all_are_understood() {
    let lexicon = Lexicon::of(&household(include_str!("../cases/sentences.toml")));
    let (mut good, mut understood, mut refused) = (0, 0, 0);
    let (mut wrong, mut missed) = (Vec::new(), Vec::new());
    for line in include_str!("../cases/sentences.tsv").lines() {
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
