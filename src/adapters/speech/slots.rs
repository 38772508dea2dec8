//! Raw words of other recognisers' slots: an item, how many, the measure word.

use super::lexicon::Lexicon;
use super::measures::{in_bounds, one_is_clear};
use super::pieces::{Piece, pieces};
use super::quantity::quantity_at;
use super::text::tokens;
use crate::domain::ids::Name;
use crate::domain::reply::Code;
use rust_decimal::Decimal;

impl Lexicon {
    /// Reads the raw words that other recognisers fill their slots with: an item's sku (`_` counts
    /// as `-`), name or alias, how many ("two", "两", "2.0"; none = one) and the measure word.
    ///
    /// # Errors
    /// `unknown_item` for an item that is not in the catalogue, `not_understood` where it is not
    /// clear which, or how many.
    pub fn slot_order(
        &self,
        item: &str,
        quantity: Option<&str>,
        unit: Option<&str>,
    ) -> Result<(Name, Decimal), Code> {
        let found = &self.items[self.slot_item(item)?];
        let count = match (said(quantity), said(unit)) {
            (None, None) if one_is_clear(found.unit) => Some(Decimal::ONE),
            (None, None) => None,
            (quantity, unit) => {
                let text = format!("{} {}", quantity.unwrap_or_default(), unit.unwrap_or_default());
                let words = tokens(&text);
                let read = quantity_at(&self.measures, &words);
                // "2 boxes of": a recogniser may leave the little word in the slot.
                let of = words.last().is_some_and(|t| t.text == "of" || t.text == "的");
                let whole = words.len() - usize::from(of);
                let read = read.filter(|(_, len)| *len == words.len() || *len == whole);
                read.and_then(|(quantity, _)| quantity.fit(found.unit))
            }
        };
        let count = count.filter(|count| in_bounds(*count)).ok_or(Code::NotUnderstood)?;
        Ok((found.sku.clone(), count))
    }

    /// The one item of a slot's words.
    fn slot_item(&self, item: &str) -> Result<usize, Code> {
        let item = item.trim();
        let sku = Name::parse(&item.to_lowercase().replace('_', "-")).ok();
        if let Some(index) = sku.and_then(|sku| self.item_of(&sku)) {
            return Ok(index);
        }
        let said = tokens(item);
        match pieces(self, &said).as_deref() {
            Some([Piece::Name { items, .. }]) => match items[..] {
                [item] => Ok(item),
                _ => Err(Code::NotUnderstood),
            },
            _ => Err(Code::UnknownItem),
        }
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|t| !t.is_empty())
}
