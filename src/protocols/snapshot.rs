//! What translation needs of a home. When the household changes, what depends on the change is made anew.

use super::homeassistant::number;
use super::native::price_message;
use super::voice;
use hmac::{Hmac, KeyInit};
use homepay_devices::pattern::Captures;
use homepay_devices::topic_filter::{TopicFilter, joined};
use homepay_devices::voices::voice_profile;
use homepay_devices::{NATIVE, places_of};
use homepay_domain::household::{DeviceKind, Home, Household, Secret};
use homepay_domain::ids::Name;
use homepay_domain::replay::window_name;
use homepay_language::speech::Lexicon;
use homepay_text::keys::key_bytes;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A home as translation sees it.
pub struct Snapshot {
    pub base: String,
    pub home: Home,
    pub household: Arc<Household>,
    /// What sentences can name.
    pub lexicon: Arc<Lexicon>,
    /// Keys by signer and name.
    keys: Arc<BTreeMap<(String, Name), SigningKey>>,
    pub(super) routes: Arc<DeviceRoutes>,
}

/// By which topics devices are found.
#[derive(Default)]
pub(super) struct DeviceRoutes {
    /// Speakers that do not sign, by their way of speaking and their `topic`, or else their id.
    pub(super) voices: BTreeMap<&'static str, BTreeMap<String, Name>>,
    /// Where devices with other profiles are heard, by topic.
    exact: BTreeMap<String, Vec<TopicSubscription>>,
    /// The same where a part of the topic is not known before.
    wild: Vec<TopicSubscription>,
}

/// A signer's key, ready to check a message with.
#[derive(Clone)]
pub struct SigningKey {
    pub mac: Hmac<Sha256>,
    /// What its replay window is kept under.
    pub window: Arc<str>,
}

/// A device that is heard somewhere.
#[derive(Clone, Debug)]
struct TopicSubscription {
    device: Name,
    identity: Arc<Captures>,
    heard: TopicFilter,
}

/// A device that a message is of.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    pub device: &'a Name,
    /// Which of its profile's messages.
    pub message: usize,
    /// What the captures hold.
    pub captures: Captures,
}

impl Snapshot {
    /// Makes a snapshot. Keys that cannot be read are left out: nothing verifies under them.
    pub fn new(base: &str, home: Home, household: impl Into<Arc<Household>>) -> Snapshot {
        let household = household.into();
        let (keys, lexicon) = (signing_keys(&household).into(), Lexicon::of(&household).into());
        let routes = DeviceRoutes::of(&household).into();
        Snapshot { base: base.to_owned(), home, household, lexicon, keys, routes }
    }

    /// The same home with a changed household. Lexicon, keys and routes are kept where nothing that
    /// they are made of changed, as by an edit of a limit.
    #[must_use]
    pub fn followed_by(&self, household: Arc<Household>) -> Snapshot {
        let before = &self.household;
        let are_same_devices = before.devices == household.devices;
        let keeps_lexicon = are_same_devices && before.catalog == household.catalog;
        let keeps_keys = are_same_devices && before.owner_keys == household.owner_keys;
        Snapshot {
            base: self.base.clone(),
            home: self.home.clone(),
            lexicon: match keeps_lexicon {
                true => self.lexicon.clone(),
                false => Lexicon::of(&household).into(),
            },
            keys: match keeps_keys {
                true => self.keys.clone(),
                false => signing_keys(&household).into(),
            },
            routes: match are_same_devices {
                true => self.routes.clone(),
                false => DeviceRoutes::of(&household).into(),
            },
            household,
        }
    }

    pub fn key(&self, signer: &str, key: &Name) -> Option<SigningKey> {
        self.keys.get(&(signer.to_owned(), key.clone())).cloned()
    }

    /// The devices that a message on a topic of their own is of.
    pub fn hits(&self, topic: &str) -> Vec<Hit<'_>> {
        let exact = self.routes.exact.get(topic).into_iter().flatten();
        let exact = exact.map(|ear| Hit {
            device: &ear.device,
            message: ear.heard.message(),
            captures: ear.identity.as_ref().clone(),
        });
        let wild = self.routes.wild.iter().filter_map(|ear| {
            let found = ear.heard.captures(topic, &ear.identity)?;
            let captures = joined(&ear.identity, found);
            Some(Hit { device: &ear.device, message: ear.heard.message(), captures })
        });
        let mut hits: Vec<Hit<'_>> = exact.collect();
        for hit in wild {
            if hits.iter().all(|other| other.device != hit.device) {
                hits.push(hit);
            }
        }
        hits
    }

    /// What to subscribe to: the hub's own topics, and those of devices with other profiles.
    pub fn subscriptions(&self) -> Vec<String> {
        let base = &self.base;
        let mut filters = vec![
            format!("{base}/device/+/order"),
            format!("{base}/device/+/confirm"),
            format!("{base}/device/+/reading"),
            format!("{base}/request/#"),
        ];
        filters.extend(number::subscriptions(base));
        let voices = self.household.devices.values().flat_map(|device| {
            let protocol = voice::protocol_of(device.profile.as_str());
            protocol.map_or(Vec::new(), |protocol| protocol.subscriptions(base, device))
        });
        filters.extend(voices);
        filters.extend(price_message::topics(self));
        filters.extend(self.routes.exact.keys().cloned());
        filters.extend(self.routes.wild.iter().map(|ear| ear.heard.filter.clone()));
        filters.sort();
        filters.dedup();
        filters
    }
}

fn signing_keys(household: &Household) -> BTreeMap<(String, Name), SigningKey> {
    let mut keys = BTreeMap::new();
    let mut add = |signer: String, id: &Name, secret: &Secret| {
        if let Ok(Ok(mac)) = key_bytes(secret).map(|b| Hmac::<Sha256>::new_from_slice(&b)) {
            let window = window_name(&signer, id, secret).into();
            keys.insert((signer, id.clone()), SigningKey { mac, window });
        }
    };
    for (id, device) in &household.devices {
        for (key, secret) in &device.keys {
            add(device_signer(id), key, secret);
        }
    }
    for (id, key) in &household.owner_keys {
        add(owner_signer(id), id, &key.key);
    }
    keys
}

impl DeviceRoutes {
    fn of(household: &Household) -> DeviceRoutes {
        let mut voices: BTreeMap<&'static str, BTreeMap<String, Name>> = BTreeMap::new();
        for (id, device) in &household.devices {
            let voice = voice_profile(device.profile.as_str());
            if let Some(voice) = voice.filter(|_| device.kind == DeviceKind::Speaker) {
                let place = device.topic.clone().unwrap_or_else(|| id.to_string());
                voices.entry(voice).or_default().entry(place).or_insert_with(|| id.clone());
            }
        }
        let (exact, wild) = ears(household);
        DeviceRoutes { voices, exact, wild }
    }
}

/// Where the devices with other profiles than the hub's own are heard.
fn ears(
    household: &Household,
) -> (BTreeMap<String, Vec<TopicSubscription>>, Vec<TopicSubscription>) {
    let mut exact: BTreeMap<String, Vec<TopicSubscription>> = BTreeMap::new();
    let mut wild = Vec::new();
    for (id, device) in &household.devices {
        let profile = device.profile.as_str();
        let read = profile != NATIVE && voice_profile(profile).is_none();
        let Some(topic) = device.topic.as_ref().filter(|_| read) else {
            continue;
        };
        for (identity, heard) in places_of(device.profile.as_str(), topic) {
            let filter = heard.filter.clone();
            let found = (!heard.is_wild()).then(|| heard.captures(&filter, &identity)).flatten();
            let identity = match found {
                Some(found) => Arc::new(joined(&identity, found)),
                None => identity.clone(),
            };
            let ear = TopicSubscription { device: id.clone(), identity, heard };
            if ear.heard.is_wild() {
                wild.push(ear);
            } else {
                exact.entry(ear.heard.filter.clone()).or_default().push(ear);
            }
        }
    }
    (exact, wild)
}

/// The signer's name of a device.
pub fn device_signer(device: &Name) -> String {
    format!("device:{device}")
}

/// The signer's name of an owner's key.
pub fn owner_signer(key: &Name) -> String {
    format!("owner:{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::household::{Lang, Rules};
    use homepay_domain::money::Currency;
    use homepay_files::household::read_household;

    const HALL: &str = "[[devices]]\nid = \"hall\"\nkind = \"speaker\"\nname = \"Hall\"\n\
        profile = \"ha-assist\"\ntopic = \"hall\"\n";

    const LIMIT: &str = "[[limits]]\nid = \"day\"\nscope = { home = true }\nperiod = \"day\"\n\
        amount = \"9.00\"\n";

    fn household(home: &Home, text: &str) -> Arc<Household> {
        read_household(text, "house", home, &|_| Err(String::new())).expect("a household").into()
    }

    #[test]
    fn only_what_changed_is_made_anew() {
        let zone = jiff::tz::TimeZone::UTC;
        let currency = Currency::from_code("CNY").expect("a currency");
        let home = Home { zone, currency, lang: Lang::En, rules: Rules::default() };
        let before = Snapshot::new("homepay", home.clone(), household(&home, HALL));
        let limited = before.followed_by(household(&home, &format!("{HALL}{LIMIT}")));
        assert_eq!(limited.household.limits.len(), 1);
        assert!(Arc::ptr_eq(&before.lexicon, &limited.lexicon));
        assert!(Arc::ptr_eq(&before.routes, &limited.routes));
        assert!(Arc::ptr_eq(&before.keys, &limited.keys));
        let renamed = HALL.replace("\"hall\"", "\"porch\"");
        let moved = limited.followed_by(household(&home, &renamed));
        let named = |snapshot: &Snapshot| snapshot.subscriptions();
        assert!(!Arc::ptr_eq(&limited.routes, &moved.routes));
        assert!(!Arc::ptr_eq(&limited.keys, &moved.keys));
        assert_eq!(
            named(&moved),
            named(&Snapshot::new("homepay", home.clone(), household(&home, &renamed)))
        );
        assert_eq!(moved.routes.voices["ha-assist"]["porch"].as_str(), "porch");
    }
}
