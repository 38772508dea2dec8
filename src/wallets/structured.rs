//! The corner of Structured Fields (RFC 9651) that signatures use: strings, byte sequences, and
//! a dictionary with one member that is an inner list with parameters.

use sfv::{BareItem, Dictionary, FieldType, InnerList, Item, ListEntry, Parser};

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

/// `Signature-Input` with exactly one member.
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
    let text = sfv::String::from_string(text.to_owned()).ok()?;
    Some(Item::new(text).serialize())
}

/// Reads a field that is one quoted string and nothing more.
pub fn unquote(field: &str) -> Option<String> {
    let item: Item = Parser::new(sized(field)?).parse().ok()?;
    let BareItem::String(text) = item.bare_item else { return None };
    item.params.is_empty().then(|| text.as_str().to_owned())
}

/// Reads `label=:base64:`, the form of `Signature` and `Content-Digest`, for one label.
pub fn byte_sequence(field: &str, label: &str) -> Option<Vec<u8>> {
    let (found, ListEntry::Item(item)) = only_member(field)? else { return None };
    let BareItem::ByteSequence(bytes) = item.bare_item else { return None };
    (found == label && item.params.is_empty()).then_some(bytes)
}

/// Reads `Signature-Input`. `None` for more than one member: who signs twice means two things.
pub fn signature_input(field: &str) -> Option<SignatureInput> {
    let (label, ListEntry::InnerList(list)) = only_member(field)? else { return None };
    let raw = sized(field)?.strip_prefix(&label)?.strip_prefix('=')?.to_owned();
    let InnerList { items, params } = list;
    let mut components: Vec<Component> = Vec::new();
    for item in items {
        let component = component(item)?;
        if components.len() >= MEMBERS_MAX || components.contains(&component) {
            return None;
        }
        components.push(component);
    }
    if params.len() > MEMBERS_MAX {
        return None;
    }
    let params: Option<Vec<(String, Bare)>> =
        params.into_iter().map(|(name, value)| Some((name.into(), bare(value)?))).collect();
    Some(SignatureInput { label, raw, components, params: params? })
}

fn sized(field: &str) -> Option<&str> {
    (field.len() <= FIELD_BYTES_MAX).then_some(field.trim())
}

/// The one member of a dictionary in its canonical form, which is what is signed. Of what stands there
/// twice, a member or a parameter, RFC 9651 keeps the last: such a field is not canonical.
fn only_member(field: &str) -> Option<(String, ListEntry)> {
    let field = sized(field)?;
    let dictionary: Dictionary = Parser::new(field).parse().ok()?;
    if dictionary.len() != 1 || dictionary.serialize()? != field {
        return None;
    }
    let (label, member) = dictionary.into_iter().next()?;
    Some((label.into(), member))
}

fn component(item: Item) -> Option<Component> {
    let BareItem::String(name) = item.bare_item else { return None };
    let of_request = match item.params.len() {
        0 => false,
        1 if item.params.get("req") == Some(&BareItem::Boolean(true)) => true,
        _ => return None,
    };
    Some(Component { name: name.into(), of_request })
}

fn bare(value: BareItem) -> Option<Bare> {
    match value {
        BareItem::Integer(number) => Some(Bare::Integer(number.into())),
        BareItem::String(text) => Some(Bare::Text(text.into())),
        BareItem::Boolean(_)
        | BareItem::ByteSequence(_)
        | BareItem::Date(_)
        | BareItem::Decimal(_)
        | BareItem::DisplayString(_)
        | BareItem::Token(_) => None,
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
            "sig1=(\"a\");created=1, sig1=(\"b\");created=1",
            "sig1=(\"a\");created=1;ok",
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
