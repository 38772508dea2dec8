//! Publications of one turn in one row: they are committed together and leave together, and a row
//! each would cost most of what a small turn costs.
//!
//! Numbers outside: a parcel's number shifted by [`PLACE_BITS`], plus the place in it. Encoding: for
//! each publication one byte for retain, then topic and payload, each after its length in bytes as a
//! little-endian u32.

use crate::StoreError;
use homepay_ports::Publication;
use std::collections::BTreeMap;

/// Bits of a publication's number that are its place in the parcel.
const PLACE_BITS: u32 = 12;

/// How many publications one parcel holds at most.
pub(super) const PLACES_MAX: usize = 1 << PLACE_BITS;

/// The number of a publication.
pub(super) fn number(parcel: i64, place: usize) -> u64 {
    (parcel.unsigned_abs() << PLACE_BITS) | u64::try_from(place).unwrap_or(0)
}

/// The parcel of a publication.
fn parcel_of(number: u64) -> i64 {
    i64::try_from(number >> PLACE_BITS).unwrap_or(0)
}

/// Its place in it.
fn place_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX) & (PLACES_MAX - 1)
}

/// Puts publications into one row.
pub(super) fn pack(publications: &[Publication]) -> Vec<u8> {
    let size = |p: &Publication| p.topic.len() + p.payload.len() + 9;
    let mut parcel = Vec::with_capacity(publications.iter().map(size).sum());
    for publication in publications {
        parcel.push(u8::from(publication.retain));
        for part in [publication.topic.as_bytes(), &publication.payload] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            parcel.extend(length.to_le_bytes());
            parcel.extend(part);
        }
    }
    parcel
}

/// Takes them out again.
pub(super) fn unpack(parcel: &[u8]) -> Result<Vec<Publication>, StoreError> {
    let mut publications = Vec::new();
    let mut rest = parcel;
    while !rest.is_empty() {
        publications.push(next(&mut rest).ok_or_else(|| {
            StoreError::Damaged(format!("a parcel of {} bytes ends too early", parcel.len()))
        })?);
    }
    Ok(publications)
}

fn next(rest: &mut &[u8]) -> Option<Publication> {
    let (retain, left) = rest.split_first()?;
    *rest = left;
    let topic = String::from_utf8(part(rest)?.to_vec()).ok()?;
    let payload = part(rest)?.to_vec();
    Some(Publication { topic, payload, retain: *retain != 0 })
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, left) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (part, left) = left.split_at_checked(length)?;
    *rest = left;
    Some(part)
}

/// What of a parcel the broker does not have yet.
#[derive(Debug)]
struct PendingBatch {
    waits: Vec<bool>,
    count: usize,
}

/// Which publications of which parcels the broker does not have yet.
#[derive(Debug, Default)]
pub(super) struct OutboxBatches {
    open: BTreeMap<i64, PendingBatch>,
    /// Parcels of which the broker has everything: they leave with the next commit.
    pub done: Vec<i64>,
}

impl OutboxBatches {
    /// A parcel stands committed.
    pub fn opened(&mut self, parcel: i64, places: usize) {
        self.open.insert(parcel, PendingBatch { waits: vec![true; places], count: places });
    }

    /// A parcel was found in the outbox: unless it is known, the broker has nothing of it yet.
    pub fn found(&mut self, parcel: i64, places: usize) {
        if !self.open.contains_key(&parcel) && !self.done.contains(&parcel) {
            self.opened(parcel, places);
        }
    }

    /// A parcel's turn came to nothing.
    pub fn forget(&mut self, parcel: i64) {
        self.open.remove(&parcel);
    }

    /// The broker has a publication.
    pub fn published(&mut self, id: u64) {
        let parcel = parcel_of(id);
        let Some(left) = self.open.get_mut(&parcel) else { return };
        let Some(waits) = left.waits.get_mut(place_of(id)) else { return };
        left.count -= usize::from(std::mem::take(waits));
        if left.count == 0 {
            self.open.remove(&parcel);
            self.done.push(parcel);
        }
    }

    /// True while the broker does not have it.
    pub fn waits(&self, id: u64) -> bool {
        let parcel = self.open.get(&parcel_of(id));
        parcel.and_then(|left| left.waits.get(place_of(id))).is_some_and(|waits| *waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(topic: &str, payload: &[u8], retain: bool) -> Publication {
        Publication { topic: topic.to_owned(), payload: payload.to_vec(), retain }
    }

    #[test]
    fn what_is_packed_comes_out_and_what_is_cut_is_told() {
        let all = [
            publication("homepay/order", b"{\"v\":1}", false),
            publication("厨房", &[0, 255, 10], true),
            publication("empty", b"", false),
        ];
        let parcel = pack(&all);
        assert_eq!(unpack(&parcel).expect("whole"), all);
        assert!(unpack(&parcel[..parcel.len() - 1]).is_err());
        assert!(unpack(&[]).expect("nothing").is_empty());
    }

    #[test]
    fn a_parcel_is_done_with_its_last_publication() {
        let mut parcels = OutboxBatches::default();
        parcels.opened(7, 2);
        let (first, last) = (number(7, 0), number(7, 1));
        parcels.published(last);
        parcels.published(last);
        assert!(parcels.waits(first) && !parcels.waits(last) && parcels.done.is_empty());
        parcels.published(first);
        assert_eq!(parcels.done, [7]);
    }
}
