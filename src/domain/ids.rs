//! Names of things, parsed once at the edge.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not of the form that people's names for things have.
    #[error(
        "\"{0}\" is not an id: use 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit"
    )]
    Name(String),
    /// Not of the form that order ids have.
    #[error("\"{0}\" is not an order id: use 8 to 64 of A-Z, a-z, 0-9, _ and -")]
    Order(String),
}

/// The longest id that is echoed in an error, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// What people name: a device, member, limit, sku, payee, tariff, category, room.
/// `[a-z0-9][a-z0-9-]{0,62}`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Reads an id.
    ///
    /// # Errors
    /// [`IdError::Name`] when it has another form.
    pub fn parse(text: &str) -> Result<Name, IdError> {
        let bytes = text.as_bytes();
        let good = (1..=63).contains(&bytes.len())
            && bytes[0] != b'-'
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        if good {
            Ok(Name(Arc::from(text)))
        } else {
            Err(IdError::Name(text.chars().take(SHOWN_CHARS_MAX).collect()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An order's id. Askers make theirs from 8 to 64 of `[A-Za-z0-9_-]`; the hub's own (bills) hold
/// a `.` so that no asker can take one first. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(Arc<str>);

impl OrderId {
    /// Reads an id that an asker made.
    ///
    /// # Errors
    /// [`IdError::Order`] when it has another form.
    pub fn parse(text: &str) -> Result<OrderId, IdError> {
        let good = (8..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if good {
            Ok(OrderId(Arc::from(text)))
        } else {
            Err(IdError::Order(text.chars().take(SHOWN_CHARS_MAX).collect()))
        }
    }

    /// The id of the order that pays a bill: `bill.<tariff>.<period>`.
    pub fn for_bill(tariff: &Name, period: &str) -> OrderId {
        OrderId(Arc::from(format!("bill.{}.{period}", tariff.as_str()).as_str()))
    }

    /// The id of the order that pays an entered bill, the `number`th: `bill.<bill>.<number>`.
    pub fn for_payable(bill: &Name, number: u32) -> OrderId {
        OrderId(Arc::from(format!("bill.{}.{number}", bill.as_str()).as_str()))
    }

    /// The payment of an order of these books: a wallet that knows another book's payment under the
    /// same order id does not know this one.
    pub fn of_payment(order: &OrderId, books: &str) -> OrderId {
        OrderId(Arc::from(format!("{order}-{books}").as_str()))
    }

    /// The id under which the store keeps what is about no order.
    pub fn none() -> OrderId {
        OrderId(Arc::from(""))
    }

    /// Takes an id back from the hub's own store.
    pub fn from_store(text: &str) -> OrderId {
        OrderId(Arc::from(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_id {
    ($name:ident, $read:expr) => {
        impl From<&$name> for Arc<str> {
            /// The same text, not a copy of it.
            fn from(id: &$name) -> Arc<str> {
                id.0.clone()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                $read(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(Name, Name::parse);
text_id!(OrderId, |text: &str| Ok::<_, IdError>(OrderId::from_store(text)));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_form() {
        for good in ["a", "kitchen-speaker", "0x1", &"a".repeat(63)] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a b", "厨房", &"a".repeat(64)] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
        assert!(OrderId::parse("01J8ZQ6T7M").is_ok());
        for bad in ["short", "has space", "bill.power.2026-11", &"a".repeat(65)] {
            assert!(OrderId::parse(bad).is_err(), "{bad}");
        }
    }
}
