//! Lists the device profiles under `devices/`, so that a new one is a folder and no Rust.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is made");
    let folder = Path::new(&manifest).join("../../devices");
    let profiles = families(&folder, "profile.toml");
    std::fs::write(Path::new(&out).join("profiles.rs"), profiles).expect("the profiles' list");
}

/// The files `<folder>/<family>/<file>` with their texts.
fn families(folder: &Path, file: &str) -> String {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut families: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder of families")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|family| folder.join(family).join(file).is_file())
        .collect();
    families.sort();
    let mut list = String::from("&[");
    for family in families {
        let file = folder.join(&family).join(file);
        let _ = writeln!(list, "({family:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push(']');
    list
}
