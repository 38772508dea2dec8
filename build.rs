//! Lists the device profiles under `devices/` and the tariffs under `tariffs/`, so that a new one
//! is a file and no Rust.

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
    std::fs::write(Path::new(&out).join("tariffs.rs"), tariffs(&root)).expect("the tariffs' list");
}

/// The files `tariffs/<country>/*.toml` with their texts.
fn tariffs(root: &str) -> String {
    let tariffs = Path::new(root).join("tariffs");
    println!("cargo:rerun-if-changed={}", tariffs.display());
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder of tariffs");
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    };
    let mut list = String::from("&[");
    for country in names(&tariffs) {
        let folder = tariffs.join(&country);
        for name in names(&folder).iter().filter(|name| name.ends_with(".toml")) {
            let (path, file) = (format!("tariffs/{country}/{name}"), folder.join(name));
            let _ = writeln!(list, "({path:?}, include_str!({:?})),", file.display().to_string());
        }
    }
    list.push(']');
    list
}
