//! A value as it was written: what it is, and whether it is a number.

use homepay_text::amount::decimal_text;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// What a text in a payload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar<'a> {
    Null,
    Flag(bool),
    /// A number in JSON, or a bare text that is one.
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(&'a str),
    Object,
}

/// Words that devices send in a number's place when they have none.
const ABSENT_WORDS: [&str; 8] = ["", "-", "none", "null", "unknown", "unavailable", "n/a", "--"];

/// Words that are made of a float that is no number.
const FLOAT_WORDS: [&str; 6] = ["nan", "-nan", "inf", "-inf", "infinity", "-infinity"];

/// Why a value is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNumber {
    Null,
    /// It is true or false.
    Boolean,
    Empty,
    /// It is a word for having no value.
    Unavailable,
    /// It is `nan` or `inf`.
    NotANumber,
    /// It is another text.
    NotNumeric,
    /// It is several values, or an object.
    NotOneValue,
    /// The profile wants another type.
    WrongType,
}

impl NoNumber {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            NoNumber::Null => "null",
            NoNumber::Boolean => "boolean",
            NoNumber::Empty => "empty_value",
            NoNumber::Unavailable => "unavailable",
            NoNumber::NotANumber => "not_a_number",
            NoNumber::NotNumeric => "not_numeric",
            NoNumber::NotOneValue => "not_one_value",
            NoNumber::WrongType => "wrong_type",
        }
    }
}

/// Which types a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A number, or a text that is one.
    Any,
    Number,
    /// Only a text that is a number.
    Text,
}

impl<'a> Scalar<'a> {
    /// What a piece of JSON is.
    pub fn of_json(text: &'a str) -> Scalar<'a> {
        match text.as_bytes().first() {
            None | Some(b'n') => Scalar::Null,
            Some(b't') => Scalar::Flag(true),
            Some(b'f') => Scalar::Flag(false),
            Some(b'"') => Scalar::Text(unquoted(text)),
            Some(b'[') => Scalar::Array(text),
            Some(b'{') => Scalar::Object,
            Some(_) => Scalar::Number(text),
        }
    }

    /// What a plain payload is. A JSON scalar is taken as one; everything else is bare text.
    pub fn of_text(text: &'a str) -> Scalar<'a> {
        let text = text.trim();
        match text {
            "null" => return Scalar::Null,
            "true" => return Scalar::Flag(true),
            "false" => return Scalar::Flag(false),
            _ => {}
        }
        if text.starts_with('"') && serde_json::from_str::<Cow<'_, str>>(text).is_ok() {
            return Scalar::Text(unquoted(text));
        }
        if decimal_text(text).is_some() { Scalar::Number(text) } else { Scalar::Text(text.into()) }
    }

    /// The number, or why there is none.
    ///
    /// # Errors
    /// What it is instead.
    pub fn number(&self, guard: Guard) -> Result<Decimal, NoNumber> {
        let (text, is_text) = match self {
            Scalar::Null => return Err(NoNumber::Null),
            Scalar::Flag(_) => return Err(NoNumber::Boolean),
            Scalar::Array(_) | Scalar::Object => return Err(NoNumber::NotOneValue),
            Scalar::Number(text) => (*text, false),
            Scalar::Text(text) => (text.as_ref(), true),
        };
        match (guard, is_text) {
            (Guard::Number, true) | (Guard::Text, false) => return Err(NoNumber::WrongType),
            (Guard::Any, _) | (Guard::Number, false) | (Guard::Text, true) => {}
        }
        decimal_text(text).ok_or_else(|| no_number(text))
    }

    /// The text of it, for states and conditions.
    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Scalar::Null | Scalar::Object => Cow::Borrowed(""),
            Scalar::Flag(true) => Cow::Borrowed("true"),
            Scalar::Flag(false) => Cow::Borrowed("false"),
            Scalar::Number(text) | Scalar::Array(text) => Cow::Borrowed(text),
            Scalar::Text(text) => text.clone(),
        }
    }
}

fn no_number(text: &str) -> NoNumber {
    let word = text.trim().to_lowercase();
    if word.is_empty() {
        NoNumber::Empty
    } else if ABSENT_WORDS.contains(&word.as_str()) {
        NoNumber::Unavailable
    } else if FLOAT_WORDS.contains(&word.as_str()) {
        NoNumber::NotANumber
    } else {
        NoNumber::NotNumeric
    }
}

fn unquoted(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str::<String>(text).map_or(Cow::Borrowed(inner), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_and_nothing_else_is() {
        for (json, want) in [
            ("12.50", Ok("12.50")),
            ("1.2345e+04", Ok("12345")),
            ("1.5E-3", Ok("0.0015")),
            ("\"12.5\"", Ok("12.5")),
            ("\"000123\"", Ok("123")),
            ("null", Err(NoNumber::Null)),
            ("true", Err(NoNumber::Boolean)),
            ("\"\"", Err(NoNumber::Empty)),
            ("\"None\"", Err(NoNumber::Unavailable)),
            ("\"unavailable\"", Err(NoNumber::Unavailable)),
            ("\"-\"", Err(NoNumber::Unavailable)),
            ("\"nan\"", Err(NoNumber::NotANumber)),
            ("\"-Inf\"", Err(NoNumber::NotANumber)),
            ("\"12,5\"", Err(NoNumber::NotNumeric)),
            ("\"12 kWh\"", Err(NoNumber::NotNumeric)),
            ("[1]", Err(NoNumber::NotOneValue)),
            ("{}", Err(NoNumber::NotOneValue)),
        ] {
            let read = Scalar::of_json(json).number(Guard::Any).map(|n| n.to_string());
            assert_eq!(read, want.map(str::to_owned), "{json}");
        }
        assert_eq!(Scalar::of_text(" nan\n").number(Guard::Any), Err(NoNumber::NotANumber));
        assert_eq!(Scalar::of_text("\"7\"").number(Guard::Any), Ok(Decimal::from(7)));
        assert_eq!(Scalar::of_json("\"7\"").number(Guard::Number), Err(NoNumber::WrongType));
        assert_eq!(Scalar::of_json("7").number(Guard::Text), Err(NoNumber::WrongType));
    }
}
