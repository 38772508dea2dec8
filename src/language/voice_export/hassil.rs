//! Home Assistant Assist: custom sentences, as its parser (hassil) reads them.

use super::intent_script::intent_script;
use super::{
    OutputFile, SlotPhrase, confirmations, devices, goods, quantities, quoted, sentences, spans,
    units,
};
use crate::speech::QueryIntent;
use homepay_domain::household::{Household, Lang};
use std::fmt::Write as _;

/// The files to be put under Home Assistant's configuration folder: the sentences, and a package with
/// what answers them.
pub fn hassil(household: &Household, lang: Lang) -> Vec<OutputFile> {
    let tag = match lang {
        Lang::ZhCn => "zh-cn",
        Lang::En => "en",
    };
    let lists: Vec<(&str, Vec<SlotPhrase>)> = [
        ("homepay_item", goods(household)),
        ("homepay_quantity", with_digits(quantities(lang))),
        ("homepay_unit", units(household, lang)),
        ("homepay_number", with_digits(confirmations(lang))),
        ("homepay_span", spans(lang)),
        ("homepay_device", devices(household)),
    ]
    .into_iter()
    .filter(|(_, values)| !values.is_empty())
    .collect();
    let has = |list: &str| lists.iter().any(|(name, _)| *name == list);
    let mut text = format!("language: \"{tag}\"\n");
    if lang == Lang::ZhCn {
        text.push_str("settings:\n  ignore_whitespace: true\n");
    }
    text.push_str("intents:\n");
    let intents = intents(lang, &has);
    let names: Vec<&str> = intents.iter().map(|(intent, _)| *intent).collect();
    for (intent, lines) in &intents {
        let _ = writeln!(text, "  {intent}:\n    data:\n      - sentences:");
        for line in lines {
            let _ = writeln!(text, "          - {}", quoted(line));
        }
    }
    text.push_str("lists:\n");
    for (name, values) in &lists {
        let _ = writeln!(text, "  {name}:\n    values:");
        for (said, value) in values {
            let _ = writeln!(text, "      - in: {}\n        out: {}", quoted(said), quoted(value));
        }
    }
    let sentences = OutputFile { path: format!("custom_sentences/{tag}/homepay.yaml"), text };
    vec![sentences, intent_script(household, lang, &names)]
}

/// Recognisers write numbers as digits, too.
fn with_digits(mut listed: Vec<SlotPhrase>) -> Vec<SlotPhrase> {
    let mut digits: Vec<SlotPhrase> =
        listed.iter().map(|(_, value)| (value.clone(), value.clone())).collect();
    digits.dedup();
    digits.retain(|(said, _)| listed.iter().all(|(other, _)| other != said));
    listed.extend(digits);
    listed
}

fn intents(lang: Lang, has: &dyn Fn(&str) -> bool) -> Vec<(&'static str, Vec<String>)> {
    let unit = if has("homepay_unit") { "[{homepay_unit:unit}]" } else { "" };
    let order = match lang {
        Lang::ZhCn => format!(
            "[请][帮我|给我](买|订|来|要|我要|下单)[{{homepay_quantity:quantity}}]{unit}[的]\
             {{homepay_item:item}}"
        ),
        Lang::En => format!(
            "[please] (buy|order|get|get me|i want|i need|i'd like) \
             [{{homepay_quantity:quantity}}] {unit} [of] {{homepay_item:item}}"
        ),
    };
    let confirm = match lang {
        Lang::ZhCn => "[数字|号码|是]{homepay_number:number}",
        Lang::En => "[the number is|it's] {homepay_number:number}",
    };
    let of = |wanted: &[QueryIntent]| -> Vec<String> {
        let texts = wanted.iter().flat_map(|w| sentences(lang, *w));
        texts
            .filter(|t| has("homepay_device") || !t.contains("<device>"))
            .map(|t| with_slots(lang, &t))
            .collect()
    };
    let mut out = Vec::new();
    if has("homepay_item") {
        out.push(("OrderGoods", vec![order]));
        out.push(("AskPrice", of(&[QueryIntent::Price])));
    }
    out.extend([
        ("ConfirmOrder", vec![confirm.to_owned()]),
        // Bare "stop" and "cancel" belong to the whole house.
        ("CancelOrder", of(&[QueryIntent::Cancel])),
        ("AskLeft", of(&[QueryIntent::Left])),
        ("AskCost", of(&[QueryIntent::Cost])),
        ("AskRunCost", of(&[QueryIntent::RunCost])),
        ("AskSpent", of(&[QueryIntent::Spent])),
        ("AskLastOrder", of(&[QueryIntent::LastOrder])),
        ("RefundLast", of(&[QueryIntent::Refund])),
        ("FreezeDevice", of(&[QueryIntent::Freeze, QueryIntent::FreezeHome])),
    ]);
    out.retain(|(_, lines)| !lines.is_empty());
    out
}

/// Chinese is written without blanks; those of a template would have to be said.
fn with_slots(lang: Lang, template: &str) -> String {
    let template = match lang {
        Lang::ZhCn => template.replace(' ', ""),
        Lang::En => template.to_owned(),
    };
    template
        .replace("<span>", "{homepay_span:span}")
        .replace("<device>", "{homepay_device:device}")
        .replace("<item>", "{homepay_item:item}")
}
