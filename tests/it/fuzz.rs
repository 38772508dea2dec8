//! The decoders of `fuzz/`, fed with a bounded number of broken inputs on every run. What
//! `cargo fuzz` does for hours is begun here, without its nightly compiler.

#[path = "../../fuzz/src/lib.rs"]
mod decoders;

use decoders::ENTRIES;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Inputs for each decoder.
const INPUTS: u64 = 1_000;

/// The longest input, in bytes.
const BYTES_MAX: usize = 4_096;

/// Pieces that decoders trip over.
const NASTY: [&[u8]; 16] = [
    b"\"",
    b"\\u0000",
    b"\xff\xfe",
    b"1e999",
    b"-",
    b"99999999999999999999999999999",
    b"NaN",
    b"null",
    b"{",
    b"]",
    b"\n[[catalog]]\n",
    "半".as_bytes(),
    "两百".as_bytes(),
    "。".as_bytes(),
    b"'''",
    b"\xf0\x9f\x98\x80",
];

struct FuzzRng(u64);

impl FuzzRng {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// One to eight small changes of a seed: bytes flipped, cut, doubled, or something nasty put in.
fn broken(dice: &mut FuzzRng, seeds: &[&str]) -> Vec<u8> {
    let mut bytes = seeds[dice.roll(seeds.len())].as_bytes().to_vec();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(bytes.len());
        match dice.roll(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.roll(8),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let end = at + dice.roll(bytes.len() - at);
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let new = NASTY[dice.roll(NASTY.len())];
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

#[test]
fn no_decoder_panics_or_takes_what_it_may_not() {
    for (index, entry) in ENTRIES.iter().enumerate() {
        let mut dice = FuzzRng(1 + u64::try_from(index).unwrap());
        for seed in entry.seeds {
            (entry.run)(seed.as_bytes());
        }
        (entry.run)(b"");
        for _ in 0..INPUTS {
            let input = broken(&mut dice, entry.seeds);
            let ran = catch_unwind(AssertUnwindSafe(|| (entry.run)(&input)));
            assert!(ran.is_ok(), "{}: {:?}", entry.name, String::from_utf8_lossy(&input));
        }
    }
}

#[test]
fn every_decoder_has_a_fuzz_target() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for entry in ENTRIES {
        assert!(manifest.contains(&format!("name = \"{}\"", entry.name)), "{}", entry.name);
        let file = format!("{}/fuzz/fuzz_targets/{}.rs", env!("CARGO_MANIFEST_DIR"), entry.name);
        let target = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(target.contains(&format!("entry(\"{}\")", entry.name)), "{file}");
        assert_eq!(decoders::entry(entry.name) as usize, entry.run as usize);
    }
}
