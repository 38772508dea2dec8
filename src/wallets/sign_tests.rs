use super::*;
use crate::vectors::{headers, text, unhex, vectors};
use serde_json::Value;

const CREATED: i64 = 1_795_300_000;

struct Case {
    key: Vec<u8>,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn published() -> (Case, Value) {
    let vector = vectors()["homepay_profile_rfc9421_candidate"].clone();
    let case = Case {
        key: unhex(&text(&vector["key_hex"])),
        target: "/v1/authorizations?dry=0".to_owned(),
        headers: headers(&vector["headers"]),
        body: text(&vector["body"]).into_bytes(),
    };
    (case, vector)
}

impl Case {
    fn view(&self) -> RequestView<'_> {
        RequestView {
            method: "POST",
            authority: "wallet.test:8080",
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
        }
    }

    fn key(&self) -> SigningSecret<'_> {
        SigningSecret { id: "hub-1", secret: &self.key }
    }

    fn verify_at(&self, seconds: i64) -> Result<VerifiedSignature, SignFault> {
        verify_request(self.view(), self.key(), UnixMs(seconds * 1000))
    }

    fn edit(&mut self, name: &str, from: &str, to: &str) {
        let found = self.headers.iter_mut().find(|(n, _)| n == name);
        let value = &mut found.expect("the header").1;
        assert!(value.contains(from), "{name} has no {from}");
        *value = value.replace(from, to);
    }
}

#[test]
fn digests_are_the_published_ones() {
    for case in vectors()["content_digest"].as_array().expect("cases") {
        assert_eq!(content_digest(text(&case["body"]).as_bytes()), text(&case["sha-256"]));
    }
}

#[test]
fn the_profile_signs_as_the_outside_library_did() {
    let (case, vector) = published();
    let plain: Vec<(String, String)> = case
        .headers
        .iter()
        .filter(|(n, _)| n == "content-type" || n == "idempotency-key")
        .cloned()
        .collect();
    let view = RequestView { headers: &plain, ..case.view() };
    let nonce: [u8; 16] = std::array::from_fn(|i| u8::try_from(i).expect("small"));
    let signed =
        sign_request(view, case.key(), UnixMs(CREATED * 1000), AGE_S_MAX, nonce).expect("signs");
    for name in ["content-digest", "signature-input", "signature"] {
        assert_eq!(header_value(&signed, name), header_value(&case.headers, name), "{name}");
    }
    let raw = header_value(&signed, "signature-input").expect("there");
    let input = signature_input(&raw).expect("reads");
    let base = signature_base(Signed::Request(case.view()), &input.components, &input.raw);
    assert_eq!(base, Ok(text(&vector["signature_base"])));
}

#[test]
fn a_good_signature_counts_for_as_long_as_it_says() {
    let (case, _) = published();
    let verified = case.verify_at(CREATED).expect("good");
    assert_eq!((verified.nonce.len(), verified.expires_s), (16, CREATED + 300));
    assert!(case.verify_at(CREATED + 299).is_ok());
    assert!(case.verify_at(CREATED - SKEW_S_MAX).is_ok());
    assert_eq!(case.verify_at(CREATED + 300), Err(SignFault::NotFresh("expired")));
    let old = Err(SignFault::NotFresh("created too long ago"));
    assert_eq!(case.verify_at(CREATED + 301), old);
    let early = Err(SignFault::NotFresh("created in the future"));
    assert_eq!(case.verify_at(CREATED - SKEW_S_MAX - 1), early);
}

#[test]
fn whatever_is_covered_cannot_be_changed() {
    for (name, from, to) in [
        ("content-type", "json", "jsom"),
        ("idempotency-key", "000001", "000002"),
        ("content-digest", "polf", "polg"),
    ] {
        let (mut case, _) = published();
        case.edit(name, from, to);
        assert_eq!(case.verify_at(CREATED), Err(SignFault::Wrong), "{name}");
    }
    let (mut case, _) = published();
    case.target = "/v1/authorizations?dry=1".to_owned();
    assert_eq!(case.verify_at(CREATED), Err(SignFault::Wrong));
    let (mut case, _) = published();
    case.target = "/v1/authorization?dry=0".to_owned();
    assert_eq!(case.verify_at(CREATED), Err(SignFault::Wrong));
    let (case, _) = published();
    for view in [
        RequestView { method: "PUT", ..case.view() },
        RequestView { authority: "wallet.test", ..case.view() },
    ] {
        let judged = verify_request(view, case.key(), UnixMs(CREATED * 1000));
        assert_eq!(judged, Err(SignFault::Wrong));
    }
    let (mut case, _) = published();
    case.body.push(b' ');
    assert_eq!(case.verify_at(CREATED), Err(SignFault::Digest));
}

#[test]
fn parameters_are_taken_as_they_came() {
    let (mut case, _) = published();
    let (from, to) = ("created=1795300000;keyid=\"hub-1\";", "keyid=\"hub-1\";created=1795300000;");
    case.edit("signature-input", from, to);
    assert_eq!(case.verify_at(CREATED), Err(SignFault::Wrong));
    for (from, to, fault) in [
        ("hmac-sha256", "ed25519", SignFault::Parameter("alg")),
        (";alg=\"hmac-sha256\"", "", SignFault::Parameter("alg")),
        ("hub-1", "hub-2", SignFault::Parameter("keyid")),
        (REQUEST_TAG, RESPONSE_TAG, SignFault::Parameter("tag")),
        ("expires=1795300300", "expires=1795300301", SignFault::Parameter("expires")),
        (";expires=1795300300", "", SignFault::Parameter("expires")),
        (" \"content-digest\"", "", SignFault::NotCovered("content-digest")),
        (" \"@query\"", "", SignFault::NotCovered("@query")),
        (" \"idempotency-key\"", "", SignFault::NotCovered("idempotency-key")),
        ("\"@method\"", "\"@method\";req", SignFault::NotCovered("@method")),
        ("\"@query\"", "\"@query\" \"x-none\"", SignFault::Absent("x-none".to_owned())),
        ("sig1=", "sig2=", SignFault::Malformed("signature")),
    ] {
        let (mut case, _) = published();
        case.edit("signature-input", from, to);
        assert_eq!(case.verify_at(CREATED), Err(fault), "{from} -> {to}");
    }
}

#[test]
fn a_get_leaves_out_the_idempotency_key_alone() {
    let key = SigningSecret { id: "k1", secret: b"0123456789abcdef0123456789abcdef" };
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let view = RequestView {
        method: "GET",
        authority: "w",
        target: "/v1/balance",
        headers: &headers,
        body: b"",
    };
    let signed =
        sign_request(view, key, UnixMs(CREATED * 1000), AGE_S_MAX, [7; 16]).expect("signs");
    let view = RequestView { headers: &signed, ..view };
    assert!(verify_request(view, key, UnixMs(CREATED * 1000)).is_ok());
    let mut added = signed.clone();
    added.push(("idempotency-key".to_owned(), "\"late\"".to_owned()));
    let judged =
        verify_request(RequestView { headers: &added, ..view }, key, UnixMs(CREATED * 1000));
    assert_eq!(judged, Err(SignFault::NotCovered("idempotency-key")));
}

#[test]
fn a_response_is_bound_to_its_request() {
    let (case, _) = published();
    let key = SigningSecret { id: "hub-1", secret: b"the key of the responses, not of requests" };
    let at = UnixMs(CREATED * 1000);
    let plain = ResponseView { status: 201, headers: &[], body: b"{}" };
    let signed = sign_response(plain, case.view(), key, at, [9; 16]).expect("signs");
    let response = ResponseView { headers: &signed, ..plain };
    assert!(verify_response(response, case.view(), key, at).is_ok());
    let judge = |response, request| verify_response(response, request, key, at);
    let status = ResponseView { status: 402, ..response };
    assert_eq!(judge(status, case.view()), Err(SignFault::Wrong));
    let body = ResponseView { body: b"[]", ..response };
    assert_eq!(judge(body, case.view()), Err(SignFault::Digest));
    for other in ["/v1/other?dry=0", "/v1/authorizations?dry=1", "/v1/authorizations"] {
        let request = RequestView { target: other, ..case.view() };
        assert_eq!(judge(response, request), Err(SignFault::Wrong), "{other}");
    }
    let mut uncovered = signed.clone();
    for (_, value) in uncovered.iter_mut().filter(|(name, _)| name == "signature-input") {
        *value = value.replace(" \"@query\";req", "");
    }
    let response_without = ResponseView { headers: &uncovered, ..plain };
    assert_eq!(judge(response_without, case.view()), Err(SignFault::NotCovered("@query")));
    let (mut other, _) = published();
    other.edit("signature", "jepx", "jepy");
    assert_eq!(judge(response, other.view()), Err(SignFault::Wrong));
    assert_eq!(verify_response(response, case.view(), case.key(), at), Err(SignFault::Wrong));
}

#[test]
fn a_request_cannot_be_reflected_as_a_response() {
    let (case, _) = published();
    let echo = ResponseView { status: 200, headers: &case.headers, body: &case.body };
    let judged = verify_response(echo, case.view(), case.key(), UnixMs(CREATED * 1000));
    assert_eq!(judged, Err(SignFault::NotCovered("@status")));
}
