//! The files that pages need, built in.

use crate::Shared;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::LazyLock;

/// A file: its name, its kind and its bytes.
type Asset = (&'static str, &'static str, &'static [u8]);

const ASSETS: [Asset; 5] = [
    ("app.css", "text/css; charset=utf-8", include_bytes!("assets/app.css")),
    ("app.js", "text/javascript; charset=utf-8", include_bytes!("assets/app.js")),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_bytes!("assets/htmx.min.js")),
    ("hx-sse.min.js", "text/javascript; charset=utf-8", include_bytes!("assets/hx-sse.min.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

/// Browsers keep a file for a year: another version has another address.
const KEPT: &str = "public, max-age=31536000, immutable";

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    ASSETS.iter().for_each(|(_, _, bytes)| hash.update(bytes));
    hex::encode(&hash.finalize()[..4])
});

/// Tells versions of the files apart.
pub(crate) fn version() -> &'static str {
    &VERSION
}

pub(crate) fn router() -> Router<Shared> {
    ASSETS.into_iter().fold(Router::new(), |routes, (name, kind, bytes)| {
        let kept = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, KEPT),
            (header::VARY, "accept-encoding"),
        ];
        let small = Bytes::from(packed(bytes));
        let file = get(async move |headers: HeaderMap| {
            if takes_gzip(&headers) && small.len() < bytes.len() {
                (kept, [(header::CONTENT_ENCODING, "gzip")], small).into_response()
            } else {
                (kept, bytes).into_response()
            }
        });
        routes.route(&format!("/assets/{name}"), file)
    })
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    // Nothing can be wrong with writing into memory; what is not packed is sent as it is.
    let written = packer.write_all(bytes).and_then(|()| packer.finish());
    written.unwrap_or_else(|_| bytes.to_vec())
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get(header::ACCEPT_ENCODING).and_then(|codings| codings.to_str().ok());
    let mut codings = codings.unwrap_or_default().split(',').map(str::trim);
    codings
        .any(|coding| coding == "gzip" || coding.starts_with("gzip;") && !coding.ends_with("q=0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn files_of_others_are_those_that_are_named() {
        let named = include_str!("assets/VENDOR.md");
        let mut others = 0;
        for (name, _, bytes) in ASSETS {
            let row = named.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let Some(row) = row else {
                assert!(name.starts_with("app.") || name == "icon.svg", "{name} is whose?");
                continue;
            };
            let hash = hex::encode(Sha256::digest(bytes));
            assert!(row.contains(&hash), "{name} has {hash}, VENDOR.md says: {row}");
            others += 1;
        }
        assert_eq!(others, 2);
    }

    #[test]
    fn a_first_visit_is_small() {
        const BYTES_MAX: usize = 60_000;
        let all: usize = ASSETS.iter().map(|(_, _, bytes)| packed(bytes).len()).sum();
        assert!(all < BYTES_MAX, "{all} bytes");
    }

    #[test]
    fn who_takes_gzip_says_so() {
        let takes = |codings: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(codings));
            takes_gzip(&headers)
        };
        assert!(takes("gzip, deflate, br") && takes("br, gzip") && takes("gzip;q=0.5"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("x-gzip-like"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
