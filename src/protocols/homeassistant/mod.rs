//! Home Assistant as an owner's panel: a number entity for each plain limit of each speaker.
//!
//! `<base>/dev/<device>/limit_daily/set` lowers a limit, `<base>/dev/<device>/limit_daily` shows it
//! as it stands, and `…/attributes` says why a wish was refused. A device's id is written there with
//! underscores, as Home Assistant writes ids. Nobody signs on these topics, so they only narrow.

pub mod announce;
pub mod entity_inspect;
pub mod number;

/// Where a device's entities are, with the base topic.
pub(crate) fn place(base: &str, device: &homepay_domain::ids::Name) -> String {
    format!("{base}/{ROOM}/{}", underscored(device))
}

/// The level of topics under the base that entities have to themselves.
pub(crate) const ROOM: &str = "dev";

/// An id as Home Assistant writes ids.
pub(crate) fn underscored(device: &homepay_domain::ids::Name) -> String {
    device.as_str().replace('-', "_")
}
