//! JSON in which no name stands twice. Readers differ in which of two values under one name they
//! take, so that one may judge the first and another act by the second: such a text is refused.

use crate::clip::clip;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// A JSON value, refused while it is read where an object at any depth has a name twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct(pub Value);

/// The error for a name that stands twice. As everything else of JSON is taken, it is the only one
/// that [`serde_json::Error::is_data`] is true of.
pub fn stands_twice<E: Error>(name: &str) -> E {
    E::custom(format_args!("\"{}\" stands twice", clip(name)))
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree).map(Distinct)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(Distinct(element)) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if entries.contains_key(&name) {
                return Err(stands_twice(&name));
            }
            let Distinct(value) = map.next_value()?;
            entries.insert(name, value);
        }
        Ok(Value::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth_and_nothing_else_is() {
        for good in
            ["{\"a\":{\"b\":[1,-2,2.5,null,true,\"x\"]},\"b\":{\"a\":{}}}", "7", "\"a\"", "[]"]
        {
            let read = serde_json::from_str::<Distinct>(good).map(|d| d.0);
            assert_eq!(read.expect("JSON"), serde_json::from_str::<Value>(good).expect("JSON"));
        }
        for twice in
            ["{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"c\":2,\"\\u0061\":3}}]", "{\"a\":1,\"a\":"]
        {
            let fault = serde_json::from_str::<Distinct>(twice).expect_err("a name twice");
            assert!(fault.is_data() && fault.to_string().contains("\"a\" stands twice"), "{fault}");
        }
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        for broken in ["{\"a\":", "{1:2}", "1e999", "", deep.as_str()] {
            let fault = serde_json::from_str::<Distinct>(broken).expect_err("no JSON");
            assert!(!fault.is_data(), "{broken:.9}: {fault}");
        }
    }
}
