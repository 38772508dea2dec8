//! Raw words of other recognisers' slots: an item, how many, the measure word.

use super::lexicon::Lexicon;
use super::measures::{Unsaid, in_bounds, unsaid};
use super::pieces::{SentencePiece, pieces};
use super::quantity::quantity_at;
use super::text::{as_said, tokens};
use homepay_domain::ids::Name;
use homepay_domain::unclear::{MissingPart, Unclear};
use rust_decimal::Decimal;

/// Items as another recogniser named them: item, quantity, measure word.
pub type SlotItems = Vec<(String, Option<String>, Option<String>)>;

impl Lexicon {
    /// True where slots say nothing else than what the words order: the same items, and the same
    /// quantities where they have any.
    pub fn agrees(&self, order: &[(Name, Decimal)], slots: &SlotItems) -> bool {
        let same = |(item, quantity, unit): &(String, Option<String>, Option<String>)| {
            let Ok(index) = self.slot_item(item) else { return false };
            let Some((_, ordered)) = order.iter().find(|(sku, _)| *sku == self.items[index].sku)
            else {
                return false;
            };
            let read = self.slot_order(item, quantity.as_deref(), unit.as_deref());
            said(quantity.as_deref()).is_none() || read.is_ok_and(|(_, count)| count == *ordered)
        };
        slots.len() == order.len() && slots.iter().all(same)
    }

    /// Reads the raw words that other recognisers fill their slots with: an item's sku (`_` counts
    /// as `-`), name or alias, how many ("two", "两", "2.0"; none = one) and the measure word.
    ///
    /// # Errors
    /// What is missing: an item of the catalogue, which of several, or how many.
    pub fn slot_order(
        &self,
        item: &str,
        quantity: Option<&str>,
        unit: Option<&str>,
    ) -> Result<(Name, Decimal), Unclear> {
        let index = self.slot_item(item)?;
        let found = &self.items[index];
        let count = match (said(quantity), said(unit)) {
            (None, None) if unsaid(found.unit) == Unsaid::One => Some(Decimal::ONE),
            (None, None) => None,
            (quantity, unit) => {
                let text = format!("{} {}", quantity.unwrap_or_default(), unit.unwrap_or_default());
                let words = tokens(&text);
                let read = quantity_at(&self.measures, &words);
                // "2 boxes of": a recogniser may leave the little word in the slot.
                let of = words.last().is_some_and(|t| t.text == "of" || t.text == "的");
                let whole = words.len() - usize::from(of);
                let read =
                    read.filter(|(q, len)| !q.vague && (*len == words.len() || *len == whole));
                read.and_then(|(quantity, _)| quantity.fit(found.unit))
            }
        };
        let unclear = || self.about(MissingPart::Quantity, index);
        let count = count.filter(|count| in_bounds(*count)).ok_or_else(unclear)?;
        Ok((found.sku.clone(), count))
    }

    /// The sku of an item by its sku, name or alias.
    pub fn sku_named(&self, item: &str) -> Option<Name> {
        self.slot_item(item).ok().map(|index| self.items[index].sku.clone())
    }

    /// The one item of a slot's words.
    fn slot_item(&self, item: &str) -> Result<usize, Unclear> {
        let item = item.trim();
        let sku = Name::parse(&item.to_lowercase().replace('_', "-")).ok();
        if let Some(index) = sku.and_then(|sku| self.item_of(&sku)) {
            return Ok(index);
        }
        let said = tokens(item);
        let unknown = || Unclear::heard(MissingPart::Item, as_said(&said));
        let pieces = pieces(self, &said).map_err(|_| unknown())?;
        let [(SentencePiece::Name(named), _)] = &pieces[..] else { return Err(unknown()) };
        match named.items[..] {
            [item] => Ok(item),
            _ => Err(self.one_of(&named.items)),
        }
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|t| !t.is_empty())
}
