//! Figures in a tariff's file: decimal text, never a number that could be a float.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// A decimal text, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure(pub String);

/// One decimal text, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures(pub Vec<String>);

/// What is said where a number stands without quotes.
const AS_TEXT: &str = "figures are text, so that they stay exact: write";

struct FigureText;

impl<'de> Visitor<'de> for FigureText {
    type Value = Figure;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a figure as text, such as \"0.617\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Figure, E> {
        Ok(Figure(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Figure, E> {
        Err(E::custom(format!("{AS_TEXT} \"{number}\"")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Figure, E> {
        Err(E::custom(format!("{AS_TEXT} \"{number}\"")))
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figure, D::Error> {
        deserializer.deserialize_any(FigureText)
    }
}

struct FiguresText;

impl<'de> Visitor<'de> for FiguresText {
    type Value = Figures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a figure as text, such as \"0.617\", or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Figures, E> {
        Ok(Figures(vec![text.to_owned()]))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Figures, E> {
        FigureText.visit_i64(number).map(|figure| Figures(vec![figure.0]))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Figures, E> {
        FigureText.visit_f64(number).map(|figure| Figures(vec![figure.0]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Figures, A::Error> {
        let mut figures = Vec::new();
        while let Some(Figure(text)) = list.next_element()? {
            figures.push(text);
        }
        Ok(Figures(figures))
    }
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Figures, D::Error> {
        deserializer.deserialize_any(FiguresText)
    }
}

impl JsonSchema for Figure {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Figure".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"})
    }
}

impl JsonSchema for Figures {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Figures".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = Figure::json_schema(generator);
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}
