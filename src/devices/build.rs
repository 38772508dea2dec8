//! Lists the device profiles under `devices/`, so that a new one is a folder and no Rust.

use std::path::Path;

#[path = "../families.rs"]
mod families;

use families::families;

fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is made");
    let folder = Path::new(&manifest).join("../../devices");
    let profiles = families(&folder, "profile.toml");
    std::fs::write(Path::new(&out).join("profiles.rs"), profiles).expect("the profiles' list");
}
