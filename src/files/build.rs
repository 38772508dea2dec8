//! Lists the tariffs under `tariffs/`, and the sources of prices and use under `prices/` and `usages/`, so
//! that a new one is a file and no Rust.

use std::fmt::Write as _;
use std::path::Path;

#[path = "../families.rs"]
mod families;

use families::families;

fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let root = format!("{manifest}/../..");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is made");
    for (folder, list) in [("prices", "prices.rs"), ("usages", "usages.rs")] {
        let families = families(&Path::new(&root).join(folder), "source.toml");
        std::fs::write(Path::new(&out).join(list), families).expect("a list of sources");
    }
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
    // What tests go by is in no program that a household gets.
    let is_for_tests = std::env::var("PROFILE").is_ok_and(|profile| profile == "debug")
        || std::env::var("CARGO_FEATURE_PLANTED_FAULTS").is_ok();
    for country in names(&tariffs).into_iter().filter(|name| name != "test" || is_for_tests) {
        let folder = tariffs.join(&country);
        for name in names(&folder).iter().filter(|name| name.ends_with(".toml")) {
            let (path, file) = (format!("tariffs/{country}/{name}"), folder.join(name));
            let _ = writeln!(list, "({path:?}, include_str!({:?})),", file.display().to_string());
        }
    }
    list.push(']');
    list
}
