//! Lists the device profiles under `devices/`, so that a new family is one folder and no Rust.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is made");
    let devices = Path::new(&root).join("devices");
    println!("cargo:rerun-if-changed={}", devices.display());
    let mut families: Vec<String> = std::fs::read_dir(&devices)
        .expect("the folder of devices")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|family| devices.join(family).join("profile.toml").is_file())
        .collect();
    families.sort();
    let mut list = String::from("&[");
    for family in families {
        let file = devices.join(&family).join("profile.toml");
        let _ = writeln!(list, "({family:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push(']');
    std::fs::write(Path::new(&out).join("profiles.rs"), list).expect("the list of profiles");
}
