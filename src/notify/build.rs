//! Lists the channels under `channels/`, so that a new one is a file and no Rust.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let out = std::env::var("OUT_DIR").expect("cargo names a folder for what is made");
    let folder = Path::new(&manifest).join("../../channels");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder of channels")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let mut list = String::from("&[");
    for file in files {
        let id = file.file_stem().expect("a file has a name").display().to_string();
        let _ = writeln!(list, "({id:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push(']');
    std::fs::write(Path::new(&out).join("channels.rs"), list).expect("the channels' list");
}
