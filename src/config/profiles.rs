//! The owner's own device profiles: one folder each, with a `profile.toml`.

use super::Problem;
use homepay_devices::registry::install;
use std::path::Path;

/// Where they are unless the configuration says otherwise.
pub const FOLDER: &str = "/etc/homepay/devices";

/// The file in each of the folders.
const FILE: &str = "profile.toml";

/// The longest profile that is read, in bytes.
const PROFILE_BYTES_MAX: u64 = 256 * 1024;

/// Reads the profiles of a folder, in the place of shipped ones with the same id. A folder that is
/// not there holds none.
///
/// # Errors
/// All that is wrong with them, with file and line.
pub fn read_own(folder: &Path) -> Result<(), Vec<Problem>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join(FILE)))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    let mut own = Vec::new();
    let mut problems = Vec::new();
    for path in files {
        let file = path.display().to_string();
        let size = std::fs::metadata(&path).map_or(0, |m| m.len());
        let text = if size > PROFILE_BYTES_MAX {
            Err(format!("has {size} bytes: a profile has at most {PROFILE_BYTES_MAX}"))
        } else {
            std::fs::read_to_string(&path).map_err(|e| format!("cannot be read: {e}"))
        };
        match text {
            Ok(text) => own.push((file, text)),
            Err(what) => problems.push(Problem { file, line: 0, what }),
        }
    }
    if let Err(found) = install(&own) {
        problems.extend(found);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
