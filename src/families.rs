//! What the build scripts of `devices` and `files` share: data files that become a list in the program.

use std::fmt::Write as _;
use std::path::Path;

/// The files `<folder>/<family>/<file>` with their texts.
pub fn families(folder: &Path, file: &str) -> String {
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
