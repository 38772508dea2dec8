//! What a sentence means, as the tables write it.

use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::unclear::Unclear;
use homepay_files::household::read_household;
use homepay_language::speech::{QuestionSpan, Utterance};

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
