//! Files' bytes as text: UTF-8, UTF-16, or what Western European programs wrote before it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are looked at to know UTF-16 that has no mark.
const LOOKED_AT_BYTES: usize = 512;

/// The text of some bytes: by its mark, else as UTF-8 or UTF-16, else as Windows-1252, which holds
/// Latin-1.
#[must_use]
pub fn decoded(bytes: &[u8]) -> String {
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None => (guessed(bytes), bytes),
    };
    encoding.decode_without_bom_handling(rest).0.into_owned()
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    // Every other byte of Western text in UTF-16 is zero.
    let looked_at = bytes.get(..LOOKED_AT_BYTES.min(bytes.len())).unwrap_or_default();
    let zeros = |odd: usize| {
        looked_at.iter().enumerate().filter(|(at, byte)| at % 2 == odd && **byte == 0).count()
    };
    let many = looked_at.len() / 4;
    match std::str::from_utf8(bytes) {
        _ if looked_at.len() > 1 && zeros(1) > many => UTF_16LE,
        _ if looked_at.len() > 1 && zeros(0) > many => UTF_16BE,
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_whatever_they_are_encoded() {
        let text = "Zähler;Größe m³;27 €\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
        let (little, big): (Vec<u8>, Vec<u8>) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        let latin: Vec<u8> = WINDOWS_1252.encode(text).0.into_owned();
        let marked = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(&[0xEF, 0xBB, 0xBF], text.as_bytes()),
            marked(&[0xFF, 0xFE], &little),
            marked(&[0xFE, 0xFF], &big),
            little,
            big,
            latin,
        ] {
            assert_eq!(decoded(&bytes), text, "{bytes:?}");
        }
        assert_eq!(decoded(&[]), "");
    }
}
