//! Rhasspy 2.5: `sentences.ini` and its slot files.

use super::{
    OutputFile, SlotPhrase, confirmations, devices, goods, quantities, sentences, spans, units,
};
use crate::phrases::digits;
use crate::speech::QueryIntent;
use homepay_domain::household::{Household, Lang};
use std::fmt::Write as _;

/// The files for a Rhasspy profile, to be put beside its own.
pub fn rhasspy(household: &Household, lang: Lang) -> Vec<OutputFile> {
    let has_devices = !household.devices.is_empty();
    let has_goods = !household.catalog.is_empty();
    let mut files = vec![OutputFile {
        path: "sentences.ini".to_owned(),
        text: ini(lang, has_goods, has_devices),
    }];
    let mut slot = |name: &str, lines: Vec<SlotPhrase>| {
        let text = lines.iter().map(|(said, value)| format!("({said}):{value}\n")).collect();
        files.push(OutputFile { path: format!("slots/{name}"), text });
    };
    if has_goods {
        slot("goods", goods(household));
        slot("measures", measures(household, lang));
    }
    slot("quantities", quantities(lang));
    slot("confirmations", confirmations(lang));
    if has_devices {
        slot("devices", devices(household));
    }
    files
}

/// A catalogue without measure words still needs a slot that is not empty.
fn measures(household: &Household, lang: Lang) -> Vec<SlotPhrase> {
    let found = units(household, lang);
    if !found.is_empty() {
        return found;
    }
    let word = match lang {
        Lang::ZhCn => "份",
        Lang::En => "portion",
    };
    vec![(word.to_owned(), word.to_owned())]
}

fn ini(lang: Lang, has_goods: bool, has_devices: bool) -> String {
    let mut out = String::new();
    if has_goods {
        let order = match lang {
            Lang::ZhCn => {
                "(买 | 订 | 来 | 要 | 我要 | 下单) [($quantities){quantity}] [($measures){unit}] \
                 [的] ($goods){item}"
            }
            Lang::En => {
                "(buy | order | get | get me | i want | i need | i'd like) \
                 [($quantities){quantity}] [($measures){unit}] [of] ($goods){item}"
            }
        };
        let polite = match lang {
            Lang::ZhCn => "[请] [帮我 | 给我] ",
            Lang::En => "[please] ",
        };
        section(&mut out, "OrderGoods", [format!("{polite}{order}")]);
    }
    let confirm = match lang {
        Lang::ZhCn => "[数字 | 号码 | 是] ($confirmations){number}",
        Lang::En => "[the number is | it's] ($confirmations){number}",
    };
    section(&mut out, "ConfirmOrder", [confirm.to_owned()]);
    section(&mut out, "GivePin", pin(lang));
    let of = |wanted: &[QueryIntent]| -> Vec<String> {
        wanted.iter().flat_map(|w| sentences(lang, *w)).map(|t| with_slots(lang, &t)).collect()
    };
    section(&mut out, "CancelOrder", of(&[QueryIntent::Cancel, QueryIntent::CancelBare]));
    section(&mut out, "AskSpent", of(&[QueryIntent::Spent]));
    section(&mut out, "AskLastOrder", of(&[QueryIntent::LastOrder]));
    if has_goods {
        section(&mut out, "AskPrice", of(&[QueryIntent::Price]));
    }
    section(&mut out, "AskLeft", of(&[QueryIntent::Left]));
    if has_devices {
        section(&mut out, "AskCost", of(&[QueryIntent::Cost]));
        section(&mut out, "AskRunCost", of(&[QueryIntent::RunCost]));
    }
    section(&mut out, "RefundLast", of(&[QueryIntent::Refund]));
    let freeze: &[QueryIntent] = if has_devices {
        &[QueryIntent::Freeze, QueryIntent::FreezeHome]
    } else {
        &[QueryIntent::FreezeHome]
    };
    section(&mut out, "FreezeDevice", of(freeze));
    out
}

/// A PIN of four to eight digits, said one by one.
fn pin(lang: Lang) -> [String; 2] {
    let around = match lang {
        Lang::ZhCn => "[我的] 密码 [是]",
        Lang::En => "[my] pin [is]",
    };
    let listed = (0..10).map(|value| format!("{}:{value}", digits(lang, &value.to_string())));
    let listed = listed.collect::<Vec<_>>().join(" | ");
    let said = [["<digit>"; 4].join(" "), ["[<digit>]"; 4].join(" ")].join(" ");
    [format!("digit = ({listed})"), format!("{around} ({said}){{pin}}")]
}

/// An intent. A sentence that begins with a bracket would be taken for a heading.
fn section(out: &mut String, intent: &str, lines: impl IntoIterator<Item = String>) {
    let _ = writeln!(out, "[{intent}]");
    for line in lines {
        let escape = if line.starts_with('[') { "\\" } else { "" };
        let _ = writeln!(out, "{escape}{line}");
    }
    out.push('\n');
}

fn with_slots(lang: Lang, template: &str) -> String {
    let words: Vec<String> =
        spans(lang).iter().map(|(said, name)| format!("({said}):{name}")).collect();
    template
        .replace("<span>", &format!("({}){{span}}", words.join(" | ")))
        .replace("<device>", "($devices){device}")
        .replace("<item>", "($goods){item}")
}
