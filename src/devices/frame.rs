//! Frames of Xiaomi's local hub: fields of a length (u32, little endian), a type (u8), and bytes.

const PAYLOAD: u8 = 2;

/// The most fields of one frame.
const FIELDS_MAX: usize = 16;

/// Bytes before a field's own.
const HEAD_BYTES: usize = 5;

/// The JSON text within a frame.
///
/// # Errors
/// Says what the frame lacks.
pub fn payload(frame: &[u8]) -> Result<&str, String> {
    let mut rest = frame;
    for _ in 0..FIELDS_MAX {
        let Some((head, body)) = rest.split_at_checked(HEAD_BYTES) else { break };
        let [a, b, c, d, kind] = head else { break };
        let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
        let Some((field, after)) = body.split_at_checked(length) else {
            return Err("a field is longer than the frame".to_owned());
        };
        if *kind == PAYLOAD {
            let text = field.strip_suffix(&[0]).unwrap_or(field);
            return std::str::from_utf8(text).map_err(|_| "the payload is not text".to_owned());
        }
        rest = after;
    }
    Err("the frame holds no payload".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart() {
        let good = b"\x04\0\0\0\0\x78\x56\x34\x12\x03\0\0\0\x02{}\0";
        assert_eq!(payload(good), Ok("{}"));
        for bad in [&b""[..], b"\xff\xff\xff\xff\x02", b"\x01\0\0\0\x01a", b"\x01\0\0\0\x02\xff"] {
            assert!(payload(bad).is_err(), "{bad:?}");
        }
    }
}
