//! A part of a message: what its fields hold, and which conditions it meets.

use super::doc::{Doc, Matches, Path, elements};
use super::made::{Field, Subject, When};
use super::outcome::{ABSENT, NULL};
use super::pattern::{Captures, fill, like};
use super::profile_form::{AggregateForm, KindForm};
use super::scalar::{Guard, NoNumber, Scalar};
use homepay_text::clip::clip;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// What fields are read from.
pub enum Content<'a, 'd> {
    Json(&'d Doc<'a>),
    /// One value as text.
    Text(&'a str),
}

impl<'a> Content<'a, '_> {
    /// What a path names.
    pub fn find(&self, path: &Path) -> Matches<'a> {
        match self {
            Content::Json(doc) => doc.find(path),
            Content::Text(text) if path.as_str() == "$" => Matches::One(text),
            Content::Text(_) => Matches::None,
        }
    }

    /// What a text in it is.
    pub fn scalar<'t>(&self, text: &'t str) -> Scalar<'t> {
        match self {
            Content::Json(_) => Scalar::of_json(text),
            Content::Text(_) => Scalar::of_text(text),
        }
    }

    /// The value of a field, or why there is none.
    ///
    /// # Errors
    /// The word for why, and what stood there.
    pub fn value(&self, field: &Field, captures: &Captures) -> Result<FieldValue, NoValue> {
        if field.kind == KindForm::State && field.never.is_none() {
            return self.word(field, captures);
        }
        let mut sum = Decimal::ZERO;
        for path in &field.paths {
            let number = self.number(path, field, captures)?;
            sum = sum.checked_add(number).ok_or(("too_large", None))?;
        }
        if field.refuse.contains(&sum) {
            return Err(("not_measured", Some(sum.to_string())));
        }
        if let Some(path) = &field.minus {
            match self.number(path, field, captures) {
                Ok(less) => sum = sum.checked_sub(less).ok_or(("too_large", None))?,
                Err((ABSENT, _)) => {}
                Err(fault) => return Err(fault),
            }
        }
        as_told(field, sum).map(FieldValue::Number)
    }

    fn word(&self, field: &Field, captures: &Captures) -> Result<FieldValue, NoValue> {
        let path = field.paths.first().ok_or((ABSENT, None))?;
        let Matches::One(text) = self.find(&filled(path, captures)) else {
            return Err((ABSENT, None));
        };
        let scalar = self.scalar(text);
        let word = scalar.text();
        match scalar {
            Scalar::Null => Err((NULL, None)),
            Scalar::Object => Err((NoNumber::NotOneValue.word(), None)),
            Scalar::Flag(_) | Scalar::Number(_) | Scalar::Text(_) | Scalar::Array(_)
                if word.is_empty() =>
            {
                Err((NoNumber::Empty.word(), None))
            }
            Scalar::Flag(_) | Scalar::Number(_) | Scalar::Text(_) | Scalar::Array(_) => {
                Ok(FieldValue::Word(word.into_owned()))
            }
        }
    }

    /// The number in a text of this part for a field, told in its unit.
    ///
    /// # Errors
    /// The word for why there is none, and what stood there.
    pub fn number_in(&self, text: &str, field: &Field) -> Result<FieldValue, NoValue> {
        let number = one(&self.scalar(text), field.guard)?;
        if field.refuse.contains(&number) {
            return Err(("not_measured", Some(number.to_string())));
        }
        as_told(field, number).map(FieldValue::Number)
    }

    fn number(&self, path: &Path, field: &Field, captures: &Captures) -> Result<Decimal, NoValue> {
        let adds = field.aggregate == Some(AggregateForm::Sum);
        match self.find(&filled(path, captures)) {
            Matches::None => Err((ABSENT, None)),
            Matches::One(text) => {
                let scalar = self.scalar(text);
                match (&scalar, adds) {
                    (Scalar::Array(array), true) => {
                        sum(elements(array).unwrap_or_default(), field.guard)
                    }
                    (_, true | false) => one(&scalar, field.guard),
                }
            }
            Matches::Many(many) if adds => sum(many, field.guard),
            Matches::Many(_) => Err(("several_values", None)),
        }
    }
}

/// A raw number in the unit that is told.
fn as_told(field: &Field, number: Decimal) -> Result<Decimal, NoValue> {
    let told = match field.conversion {
        Some(conversion) => conversion.apply(number, field.scale),
        None => Some(number),
    };
    let told = told.ok_or(("too_large", None))?;
    let rises = match field.kind {
        KindForm::Counter | KindForm::Interval => true,
        KindForm::Gauge | KindForm::State => false,
    };
    if rises && told.is_sign_negative() && !told.is_zero() {
        return Err(("negative", Some(told.to_string())));
    }
    Ok(told)
}

/// The word for why there is no value, and what stood there.
pub type NoValue = (&'static str, Option<String>);

/// What a field held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    Number(Decimal),
    Word(String),
}

/// A path with the captures that it names.
pub fn filled<'a>(path: &'a Path, captures: &Captures) -> Cow<'a, Path> {
    if !path.is_template() {
        return Cow::Borrowed(path);
    }
    match Path::parse(&fill(path.as_str(), captures)) {
        Ok(path) => Cow::Owned(path),
        Err(_) => Cow::Borrowed(path),
    }
}

fn one(scalar: &Scalar<'_>, guard: Guard) -> Result<Decimal, NoValue> {
    scalar.number(guard).map_err(|why| {
        let held = match why {
            NoNumber::Null | NoNumber::Empty | NoNumber::NotOneValue => None,
            NoNumber::Boolean
            | NoNumber::Unavailable
            | NoNumber::NotANumber
            | NoNumber::NotNumeric
            | NoNumber::WrongType => Some(clip(&scalar.text())),
        };
        (why.word(), held)
    })
}

fn sum(texts: Vec<&str>, guard: Guard) -> Result<Decimal, NoValue> {
    if texts.is_empty() {
        return Err((NoNumber::Empty.word(), None));
    }
    let mut total = Decimal::ZERO;
    for text in texts {
        let number = one(&Scalar::of_json(text), guard)?;
        total = total.checked_add(number).ok_or(("too_large", None))?;
    }
    Ok(total)
}

/// True when a condition holds.
pub fn holds(when: &When, part: &Content<'_, '_>, captures: &Captures) -> bool {
    let found: Option<Cow<'_, str>> = match &when.of {
        Subject::Capture(name) => captures.get(name).map(|value| Cow::Borrowed(value.as_str())),
        Subject::Path(path) => match part.find(path) {
            Matches::One(text) => Some(part.scalar(text).text()),
            Matches::None | Matches::Many(_) => None,
        },
    };
    let Some(word) = found else { return false };
    let one_of = |words: &[String]| words.iter().any(|known| like(known, &word));
    (when.is.is_empty() || one_of(&when.is)) && !one_of(&when.not)
}
