//! What the books know of how devices were heard, for `check` without the daemon.

use super::open::HOME_ID;
use super::reader::Reader;
use crate::StoreError;
use homepay_domain::ids::Name;
use homepay_domain::sighting::Sighting;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// How devices were heard.
#[derive(Clone, Debug, Default)]
pub struct HeardDevices {
    /// Those that told a figure at least once.
    pub measured: BTreeSet<Name>,
    /// When they were heard, and what was not taken of what they said.
    pub sightings: BTreeMap<Name, Sighting>,
}

impl Reader {
    /// How every device was heard so far.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn heard_devices(&self) -> Result<HeardDevices, StoreError> {
        let mut heard = HeardDevices::default();
        let meters = sqlx::query("select distinct device from meters where home = ?");
        for row in meters.bind(HOME_ID).fetch_all(self.pool()).await? {
            heard.measured.extend(Name::parse(row.try_get("device")?).ok());
        }
        let sightings = sqlx::query("select device, doc from sightings where home = ?");
        for row in sightings.bind(HOME_ID).fetch_all(self.pool()).await? {
            let sighting = serde_json::from_str(row.try_get("doc")?)?;
            if let Ok(device) = Name::parse(row.try_get("device")?) {
                heard.sightings.insert(device, sighting);
            }
        }
        Ok(heard)
    }
}
