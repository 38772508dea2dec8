//! The OpenAPI documents, judged by an outside validator that runs under `$HOMEPAY_TEST_PYTHON` (default
//! `python3`). A missing package fails the test.

use std::path::Path;
use std::process::Command;

#[test]
fn every_openapi_document_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut judged = 0;
    for file in std::fs::read_dir(root.join("schemas")).unwrap() {
        let file = file.unwrap().path();
        if !file.to_string_lossy().ends_with(".openapi.json") {
            continue;
        }
        let peer = root.join("tests/it/peer_openapi.py");
        let done = Command::new(&python).arg(peer).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let why = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "pip install openapi-spec-validator? {file:?}: {said}{why}");
        judged += 1;
    }
    assert_eq!(judged, 3, "wallet, console, API");
}
