//! The corner of Structured Fields (RFC 9651) that signatures use: strings, byte sequences, and
//! a dictionary with one member that is an inner list with parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest field that is read, in bytes.
const FIELD_BYTES_MAX: usize = 2048;
/// The most components or parameters that are read.
const MEMBERS_MAX: usize = 16;

/// One covered component: `"@path";req` is the request's path, seen from a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Name of the component, such as `@method` or `content-digest`.
    pub name: String,
    /// True when it belongs to the request that the signed response answers.
    pub of_request: bool,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bare {
    /// An RFC 8941 integer, up to 15 digits.
    Integer(i64),
    /// An RFC 8941 string, without its quotes.
    Text(String),
}

/// `Signature-SignatureInput` with exactly one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureInput {
    /// The dictionary member's key, such as `sig1`.
    pub label: String,
    /// Everything after `label=`, byte for byte: the value of `@signature-params`.
    pub raw: String,
    /// What is covered, in the order received.
    pub components: Vec<Component>,
    /// The parameters, in the order received.
    pub params: Vec<(String, Bare)>,
}

impl SignatureInput {
    /// A parameter that is a whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.params.iter().find(|(n, _)| n == name).and_then(|(_, value)| match value {
            Bare::Integer(number) => Some(*number),
            Bare::Text(_) => None,
        })
    }

    /// A parameter that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).and_then(|(_, value)| match value {
            Bare::Text(text) => Some(text.as_str()),
            Bare::Integer(_) => None,
        })
    }
}

/// Writes a quoted string. `None` for characters that the form cannot carry.
pub fn quote(text: &str) -> Option<String> {
    if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Some(out)
}

/// Reads a field that is one quoted string and nothing more.
pub fn unquote(field: &str) -> Option<String> {
    let mut reader = FieldParser::new(field.trim())?;
    let text = reader.string()?;
    reader.rest.is_empty().then_some(text)
}

/// Reads `label=:base64:`, the form of `Signature` and `Content-Digest`, for one label.
pub fn byte_sequence(field: &str, label: &str) -> Option<Vec<u8>> {
    let mut reader = FieldParser::new(field.trim())?;
    if reader.key()? != label {
        return None;
    }
    reader.eat('=')?;
    let inner = reader.rest.strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(inner).ok()
}

/// Reads `Signature-SignatureInput`. `None` for more than one member: who signs twice means two things.
pub fn signature_input(field: &str) -> Option<SignatureInput> {
    let mut reader = FieldParser::new(field.trim())?;
    let label = reader.key()?;
    reader.eat('=')?;
    let raw = reader.rest.to_owned();
    let components = reader.inner_list()?;
    let mut params: Vec<(String, Bare)> = Vec::new();
    while reader.eat(';').is_some() {
        let name = reader.key()?;
        reader.eat('=')?;
        let value = reader.bare()?;
        if params.len() >= MEMBERS_MAX || params.iter().any(|(n, _)| *n == name) {
            return None;
        }
        params.push((name, value));
    }
    reader.rest.is_empty().then_some(SignatureInput { label, raw, components, params })
}

struct FieldParser<'a> {
    rest: &'a str,
}

impl<'a> FieldParser<'a> {
    fn new(text: &'a str) -> Option<FieldParser<'a>> {
        (text.len() <= FIELD_BYTES_MAX && text.is_ascii()).then_some(FieldParser { rest: text })
    }

    fn eat(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    fn take_while(&mut self, good: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|b| !good(b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn key(&mut self) -> Option<String> {
        let first = *self.rest.as_bytes().first()?;
        if !(first.is_ascii_lowercase() || first == b'*') {
            return None;
        }
        let key = self.take_while(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'*')
        });
        Some(key.to_owned())
    }

    fn string(&mut self) -> Option<String> {
        self.eat('"')?;
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(out);
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => out.push(escaped),
                    Some(_) | None => return None,
                },
                ' '..='~' => out.push(c),
                _ => return None,
            }
        }
        None
    }

    fn bare(&mut self) -> Option<Bare> {
        if self.rest.starts_with('"') {
            return self.string().map(Bare::Text);
        }
        let digits = self.take_while(|b| b.is_ascii_digit() || b == b'-');
        (digits.len() <= 16).then(|| digits.parse().ok())?.map(Bare::Integer)
    }

    fn inner_list(&mut self) -> Option<Vec<Component>> {
        self.eat('(')?;
        let mut list: Vec<Component> = Vec::new();
        loop {
            self.take_while(|b| b == b' ');
            if self.eat(')').is_some() {
                return Some(list);
            }
            let name = self.string()?;
            let of_request = self.eat(';').is_some();
            if of_request && self.key()? != "req" {
                return None;
            }
            if !(self.rest.starts_with(' ') || self.rest.starts_with(')')) {
                return None;
            }
            let component = Component { name, of_request };
            if list.len() >= MEMBERS_MAX || list.contains(&component) {
                return None;
            }
            list.push(component);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_go_out_and_come_back() {
        for text in ["", "ord-1-auth", "a \"b\" \\c"] {
            let quoted = quote(text).expect("printable");
            assert_eq!(unquote(&quoted).as_deref(), Some(text));
        }
        assert_eq!(quote("厨"), None);
        for bad in ["plain", "\"open", "\"a\"b", "\"\\n\"", "\"a\", \"b\"", ""] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_input_keeps_its_order_and_its_bytes() {
        let field = "sig1=(\"@status\" \"@path\";req);created=17;alg=\"hmac-sha256\"";
        let input = signature_input(field).expect("well formed");
        assert_eq!(input.raw, &field[5..]);
        assert_eq!(input.integer("created"), Some(17));
        assert_eq!(input.text("alg"), Some("hmac-sha256"));
        assert!(input.components[1].of_request && !input.components[0].of_request);
        for bad in [
            "sig1=(\"a\" \"a\");created=1",
            "sig1=(\"a\");created=1;created=2",
            "sig1=(\"a\");created=1, sig2=(\"a\");created=1",
            "sig1=(\"a\"",
            "sig1=(\"a\"\"b\")",
            "sig1=(\"a\";sf)",
            "=(\"a\")",
            "sig1=(\"a\");created=-",
        ] {
            assert_eq!(signature_input(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_byte_sequence_is_read_for_its_label_alone() {
        assert_eq!(byte_sequence("sig1=:AAE=:", "sig1"), Some(vec![0, 1]));
        for bad in ["sig2=:AAE=:", "sig1=AAE=", "sig1=:AAE=:, x=:AA==:", "sig1=:", "sig1=:*:"] {
            assert_eq!(byte_sequence(bad, "sig1"), None, "{bad}");
        }
    }
}
