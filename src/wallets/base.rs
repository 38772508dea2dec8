//! The signature base of RFC 9421 (section 2.5): what the bytes are that a signature covers.

use super::structured::Component;
use std::fmt::Write as _;

/// A request as far as a signature sees it.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// The HTTP method, `GET` or `POST`.
    pub method: &'a str,
    /// The host and, where it is not the scheme's own, the port: the `Host` header.
    pub authority: &'a str,
    /// Path and, where there is one, `?query`.
    pub target: &'a str,
    /// Header names in lower case, with their values.
    pub headers: &'a [(String, String)],
    /// The body as it is sent; `content-digest` is over these bytes.
    pub body: &'a [u8],
}

/// A response as far as a signature sees it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseView<'a> {
    /// The HTTP status code, as `@status` covers it.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: &'a [(String, String)],
    /// The body as it is sent; `content-digest` is over these bytes.
    pub body: &'a [u8],
}

/// What is signed: a request, or a response with the request it answers.
#[derive(Clone, Copy, Debug)]
pub enum Signed<'a> {
    /// A request, signed by whoever sends it.
    Request(RequestView<'a>),
    /// A response, and the request that it answers.
    Response(ResponseView<'a>, RequestView<'a>),
}

impl<'a> Signed<'a> {
    /// The headers of the signed message itself.
    pub fn headers(&self) -> &'a [(String, String)] {
        match self {
            Signed::Request(request) => request.headers,
            Signed::Response(response, _) => response.headers,
        }
    }

    /// The body of the signed message itself.
    pub fn body(&self) -> &'a [u8] {
        match self {
            Signed::Request(request) => request.body,
            Signed::Response(response, _) => response.body,
        }
    }

    fn value(&self, component: &Component) -> Option<String> {
        match (self, component.of_request) {
            (Signed::Request(request), false) | (Signed::Response(_, request), true) => {
                request_value(request, &component.name)
            }
            (Signed::Response(response, _), false) => response_value(response, &component.name),
            (Signed::Request(_), true) => None,
        }
    }
}

fn request_value(request: &RequestView<'_>, name: &str) -> Option<String> {
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (request.target, ""),
    };
    match name {
        "@method" => Some(request.method.to_owned()),
        "@authority" => Some(request.authority.to_ascii_lowercase()),
        "@path" => Some(if path.is_empty() { "/".to_owned() } else { path.to_owned() }),
        "@query" => Some(format!("?{query}")),
        _ => header_value(request.headers, name),
    }
}

fn response_value(response: &ResponseView<'_>, name: &str) -> Option<String> {
    match name {
        "@status" => Some(response.status.to_string()),
        _ => header_value(response.headers, name),
    }
}

/// A header's value: several of one name are joined by a comma, as RFC 9421 section 2.1 says.
pub fn header_value(headers: &[(String, String)], name: &str) -> Option<String> {
    let mut all = headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.trim());
    let mut joined = all.next()?.to_owned();
    for more in all {
        joined.push_str(", ");
        joined.push_str(more);
    }
    Some(joined)
}

/// The base over `components`, closed by `raw_params` exactly as it was sent or received.
///
/// # Errors
/// The name of the component that is missing or that carries a control character.
pub fn signature_base(
    signed: Signed<'_>,
    components: &[Component],
    raw_params: &str,
) -> Result<String, String> {
    let mut base = String::with_capacity(512);
    for component in components {
        let value = signed
            .value(component)
            .filter(|value| !value.chars().any(|c| c.is_control() && c != '\t'))
            .ok_or_else(|| component.name.clone())?;
        let req = if component.of_request { ";req" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(base, "\"{}\"{req}: {value}", component.name);
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(raw_params);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structured::signature_input;
    use crate::vectors::{headers, text, unhex, vectors};
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit, Mac};

    #[test]
    fn the_published_request_gives_the_published_base_and_signature() {
        let case = &vectors()["rfc9421_b_2_5_hmac_sha256"];
        let headers = headers(&case["request"]["headers"]);
        let input = signature_input(&text(&case["signature_input"])).expect("reads");
        let request = RequestView {
            method: "POST",
            authority: "example.com",
            target: "/foo?param=Value&Pet=dog",
            headers: &headers,
            body: b"{\"hello\": \"world\"}",
        };
        let base = signature_base(Signed::Request(request), &input.components, &input.raw)
            .expect("all components are there");
        assert_eq!(base, text(&case["signature_base"]));
        let base64 = base64::engine::general_purpose::STANDARD;
        let key = base64.decode(text(&case["shared_secret_b64"])).expect("base64");
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("any length");
        mac.update(base.as_bytes());
        assert_eq!(base64.encode(mac.finalize().into_bytes()), text(&case["signature_b64"]));
    }

    #[test]
    fn hmac_is_the_published_one() {
        let set = &vectors()["rfc4231_hmac_sha256"]["cases"];
        for case in set.as_array().expect("cases") {
            let key = unhex(&text(&case["key_hex"]));
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("any length");
            mac.update(&unhex(&text(&case["data_hex"])));
            let want = unhex(&text(&case["full_hmac_sha256_hex"]));
            mac.verify_slice(&want).expect("the published code");
        }
    }
}
