//! A day of use in as few bytes as it needs: in memory, and as a row of the books.
//!
//! Encoding: first which slots are estimated, as one number of 96 bits; then slot by slot the use
//! in micro-units. Numbers are LEB128, use is zigzag (a correction may take away); a zero is
//! followed by how many more zeros come, so that an idle day takes a few bytes. Where anything of the
//! day was imported, or slots are divided, there follow: which slots are imported, and each later part
//! of a slot as slot, minute and use.

use crate::tariff::{SLOT_MIN, SLOT_S};
use std::collections::BTreeMap;

/// Slots of a day of UTC.
pub const SLOTS_PER_DAY: usize = 96;

const _: () = assert!(SLOTS_PER_DAY as i64 * SLOT_S == 86_400);

/// Payload bits of a byte, and the bit that says that more come.
const BITS: u32 = 7;
const MORE: u8 = 0x80;

/// The use of each slot of a day of UTC, unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotDay {
    /// Use in micro-units by slot; of a slot that is divided, of its first part.
    pub micro: [i64; SLOTS_PER_DAY],
    /// A bit for each slot: a part of its use was shared out by time.
    pub estimated: u128,
    /// A bit for each slot: a part of its use is from a supplier's file.
    pub imported: u128,
    /// Use in micro-units by slot and minute, of the later parts of slots that are divided.
    pub parts: BTreeMap<(u8, u8), i64>,
}

impl Default for SlotDay {
    fn default() -> SlotDay {
        SlotDay { micro: [0; SLOTS_PER_DAY], estimated: 0, imported: 0, parts: BTreeMap::new() }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedDay(Box<[u8]>);

impl SlotDay {
    pub fn pack(&self) -> PackedDay {
        let mut bytes = Vec::with_capacity(SLOTS_PER_DAY);
        put(&mut bytes, self.estimated);
        let mut slots = self.micro.iter().peekable();
        while let Some(micro) = slots.next() {
            put(&mut bytes, zigzag(*micro));
            if *micro == 0 {
                let mut zeros = 0;
                while slots.next_if(|next| **next == 0).is_some() {
                    zeros += 1;
                }
                put(&mut bytes, zeros);
            }
        }
        if self.imported != 0 || !self.parts.is_empty() {
            put(&mut bytes, self.imported);
            for ((place, minute), micro) in &self.parts {
                bytes.extend([*place, *minute]);
                put(&mut bytes, zigzag(*micro));
            }
        }
        PackedDay(bytes.into())
    }
}

impl PackedDay {
    /// Takes what [`PackedDay::bytes`] gave; `None` when it is no day.
    pub fn from_bytes(bytes: &[u8]) -> Option<PackedDay> {
        read(bytes).map(|_| PackedDay(bytes.into()))
    }

    /// Its bytes, to be kept.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn day(&self) -> SlotDay {
        // What stands here was packed or looked at; nothing at all is an empty day.
        read(&self.0).unwrap_or_default()
    }
}

fn read(mut bytes: &[u8]) -> Option<SlotDay> {
    if bytes.is_empty() {
        return None;
    }
    let mut day = SlotDay { estimated: take(&mut bytes)?, ..SlotDay::default() };
    let mut place = 0;
    while place < SLOTS_PER_DAY {
        let micro = unzigzag(take(&mut bytes)?)?;
        *day.micro.get_mut(place)? = micro;
        place += 1;
        if micro == 0 {
            place = place.checked_add(usize::try_from(take(&mut bytes)?).ok()?)?;
        }
    }
    if !bytes.is_empty() {
        day.imported = take(&mut bytes)?;
    }
    while let [place, minute, rest @ ..] = bytes {
        let known =
            usize::from(*place) < SLOTS_PER_DAY && (1..SLOT_MIN).contains(&u16::from(*minute));
        bytes = rest;
        let micro = unzigzag(take(&mut bytes)?)?;
        let new = day.parts.insert((*place, *minute), micro).is_none();
        if !known || !new {
            return None;
        }
    }
    (place == SLOTS_PER_DAY && bytes.is_empty()).then_some(day)
}

fn zigzag(micro: i64) -> u128 {
    u128::from(((micro << 1) ^ (micro >> 63)).cast_unsigned())
}

fn unzigzag(number: u128) -> Option<i64> {
    let number = u64::try_from(number).ok()?;
    Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
}

fn put(bytes: &mut Vec<u8>, mut number: u128) {
    loop {
        let low = number.to_le_bytes()[0] & !MORE;
        number >>= BITS;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | MORE);
    }
}

fn take(bytes: &mut &[u8]) -> Option<u128> {
    let (mut number, mut shift) = (0_u128, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u128::from(byte & !MORE).checked_shl(shift)?;
        if byte & MORE == 0 {
            return Some(number);
        }
        shift += BITS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out() {
        let mut day = SlotDay::default();
        assert!(day.pack().bytes().len() <= 4, "an idle day is small");
        assert_eq!(day.pack().day(), day);
        for (place, micro) in day.micro.iter_mut().enumerate() {
            let place = i64::try_from(place).expect("small");
            *micro = [0, place * 1_234, -place, 0, 0, i64::MAX, i64::MIN][(place % 7) as usize];
        }
        day.estimated = 1 | 1 << 95;
        assert_eq!(day.pack().day(), day);
        day.imported = 1 << 95;
        day.parts.insert((0, 4), -7);
        day.parts.insert((95, 14), i64::MAX);
        let packed = day.pack();
        assert_eq!(packed.day(), day);
        assert_eq!(PackedDay::from_bytes(packed.bytes()), Some(packed));
    }

    #[test]
    fn what_is_cut_or_too_long_is_no_day() {
        let whole = SlotDay { micro: [5; SLOTS_PER_DAY], estimated: 3, ..SlotDay::default() };
        let divided = SlotDay { parts: [((3, 4), 700)].into(), ..whole.clone() };
        let (whole, divided) = (whole.pack(), divided.pack());
        for (packed, least) in [(&whole, 0), (&divided, whole.bytes().len() + 2)] {
            for length in least..packed.bytes().len() {
                assert_eq!(PackedDay::from_bytes(&packed.bytes()[..length]), None, "{length}");
            }
        }
        for (place, minute) in [(96, 4), (3, 0), (3, 15)] {
            let mut wrong = whole.bytes().to_vec();
            wrong.extend([0, place, minute, 2]);
            assert_eq!(PackedDay::from_bytes(&wrong), None, "{place} {minute}");
        }
        assert_eq!(PackedDay::from_bytes(&[0, 0, 96]), None, "97 slots");
        assert_eq!(PackedDay::from_bytes(&[MORE; 40]), None, "a number without end");
    }
}
