//! What of a sentence was not understood: what was heard, and what was missing.

use super::label::Label;
use super::reply::Code;
use serde::{Deserialize, Serialize};

macro_rules! missing {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// What a sentence lacks to be an order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum MissingPart { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        /// Everything that may be missing, for tests and tables.
        pub const MISSING_PARTS: &[MissingPart] = &[$(MissingPart::$variant,)+];

        impl MissingPart {
            /// The word in payloads and phrases.
            pub fn as_str(self) -> &'static str {
                match self { $(MissingPart::$variant => $text,)+ }
            }
        }
    };
}

missing! {
    /// Words: nothing was said, or nothing was recognised.
    Words = "words",
    /// A recogniser that was sure of what it heard.
    Certainty = "certainty",
    /// A thing of the catalogue; `heard` is what was named instead.
    Item = "item",
    /// One thing where a name may mean several; `heard` are their names.
    OneItem = "one_item",
    /// The meaning of the words that were heard beside the thing.
    Meaning = "meaning",
    /// How many of the item.
    Quantity = "quantity",
    /// A clear number: `heard` is how it was said.
    Number = "number",
    /// The item's own measure word; `heard` is the other one.
    Measure = "measure",
    /// A whole number of what is not sold in parts.
    Whole = "whole",
    /// A number within what one order may ask for.
    Bounds = "bounds",
    /// The thing that was counted; `heard` is the quantity.
    Thing = "thing",
    /// A word that orders.
    Verb = "verb",
    /// A plain request: it was said not to, or only in part, or taken back; `heard` is by which word.
    Request = "request",
    /// A request: what was said is a question.
    Command = "command",
    /// Which amount belongs to which thing.
    Pairing = "pairing",
    /// One amount for a thing that was named twice.
    Once = "once",
    /// An answer to a question that the hub had asked.
    OpenQuestion = "open_question",
}

/// What was heard of a sentence, and what was missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unclear {
    pub missing: MissingPart,
    /// The words that it is about, as they were heard; empty = the whole sentence.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub heard: Box<str>,
    /// The item that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<Label>>,
    /// The measure word that the item is sold by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// The items of which one may be meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub which: Vec<Label>,
}

impl Unclear {
    /// Something is missing, and no word tells which.
    pub fn of(missing: MissingPart) -> Unclear {
        Unclear { missing, heard: Box::default(), item: None, unit: None, which: Vec::new() }
    }

    /// The code of the refusal.
    pub fn code(&self) -> Code {
        if self.missing == MissingPart::Item { Code::UnknownItem } else { Code::NotUnderstood }
    }

    /// Something is missing where these words were heard.
    pub fn heard(missing: MissingPart, heard: impl Into<Box<str>>) -> Unclear {
        Unclear { heard: heard.into(), ..Unclear::of(missing) }
    }
}

/// Why an order is confirmed by a number, whatever it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It is not sure who spoke, or when, or the recogniser doubted what it heard.
    Heard,
    /// A name was not heard as it is written, but as one that sounds or looks like it.
    Alike,
    /// The same was ordered by the same speaker a moment before.
    Again,
}
