//! All channels: those that are shipped, and the owner's own, which win.

use super::channel::Channel;
use homepay_text::problem::Problem;
use std::collections::BTreeMap;

/// The shipped channels: id, and the file. `build.rs` lists them.
pub const SHIPPED_CHANNELS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/channels.rs"));

pub type Channels = BTreeMap<String, Channel>;

/// The shipped channels with the owner's own, files with their texts, in the place of those with the
/// same id.
///
/// # Errors
/// Every mistake in the owner's own, with file and line.
pub fn channels(own: &[(String, String)]) -> Result<Channels, Vec<Problem>> {
    let shipped = SHIPPED_CHANNELS.iter().map(|(id, text)| {
        let read = Channel::read(&format!("channels/{id}.toml"), text);
        ((*id).to_owned(), read.expect("a test reads every shipped channel"))
    });
    let (mut all, mut problems) = (shipped.collect::<Channels>(), Vec::new());
    for (file, text) in own {
        match Channel::read(file, text) {
            Ok(channel) => {
                all.insert(channel.id.clone(), channel);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}
