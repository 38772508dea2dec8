//! The owner's own device profiles, one folder each with a `profile.toml`, and channels, one file each.

use super::Problem;
use homepay_devices::registry::install;
use homepay_notify::registry::{Channels, channels};
use std::path::{Path, PathBuf};

/// Where they are unless the configuration says otherwise.
pub const FOLDER: &str = "/etc/homepay/devices";

/// Where the owner's own channels are unless the configuration says otherwise.
pub const CHANNELS_FOLDER: &str = "/etc/homepay/channels";

/// The file in each of the folders.
const FILE: &str = "profile.toml";

/// The longest file that is read, in bytes.
const PROFILE_BYTES_MAX: u64 = 256 * 1024;

/// Reads the profiles of a folder, in the place of shipped ones with the same id. A folder that is
/// not there holds none.
///
/// # Errors
/// All that is wrong with them, with file and line.
pub fn read_own(folder: &Path) -> Result<(), Vec<Problem>> {
    let (own, mut problems) = texts(folder, |path| path.join(FILE));
    if let Err(found) = install(&own) {
        problems.extend(found);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Reads the channels of a folder, each a file, in the place of shipped ones with the same id. A folder
/// that is not there holds none.
///
/// # Errors
/// All that is wrong with them, with file and line.
pub fn read_channels(folder: &Path) -> Result<Channels, Vec<Problem>> {
    let (own, mut problems) = texts(folder, |path| path);
    match channels(&own) {
        Ok(all) if problems.is_empty() => return Ok(all),
        Ok(_) => {}
        Err(found) => problems.extend(found),
    }
    Err(problems)
}

/// Files with their texts.
type FileTexts = Vec<(String, String)>;

/// The TOML files that a folder's entries stand for, with their texts, and which cannot be read.
fn texts(folder: &Path, file_of: impl Fn(PathBuf) -> PathBuf) -> (FileTexts, Vec<Problem>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(file_of(entry.ok()?.path())))
        .filter(|file| file.is_file() && file.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    let (mut own, mut problems) = (Vec::new(), Vec::new());
    for path in files {
        let file = path.display().to_string();
        let size = std::fs::metadata(&path).map_or(0, |m| m.len());
        let text = if size > PROFILE_BYTES_MAX {
            Err(format!("has {size} bytes: such a file has at most {PROFILE_BYTES_MAX}"))
        } else {
            std::fs::read_to_string(&path).map_err(|e| format!("cannot be read: {e}"))
        };
        match text {
            Ok(text) => own.push((file, text)),
            Err(what) => problems.push(Problem { file, line: 0, what }),
        }
    }
    (own, problems)
}
