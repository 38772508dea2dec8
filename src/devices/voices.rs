//! Profiles of speakers that do not sign, and by which protocol each is heard.

/// The profiles of speakers that do not sign.
pub const PROFILES: [&str; 4] = ["hermes", "ha-assist", "xiaoai", "xiaoai-event"];

/// By which way a speaker hears and speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// Rhasspy, or whatever else speaks Hermes. The device's `topic` is its site.
    Hermes,
    /// Home Assistant's Assist. The device's `topic` is its satellite, or Home Assistant's device.
    Assist,
    /// XiaoAI as a conversation sensor in Home Assistant. The device's `topic` is where its state
    /// stream has it.
    XiaoAi,
    /// XiaoAI by a virtual event of the central hub: fixed phrases, without time or id.
    XiaoAiEvent,
}

impl Door {
    /// The door of a profile, if it is a speaker's.
    pub fn of_profile(profile: &str) -> Option<Door> {
        match profile {
            "hermes" => Some(Door::Hermes),
            "ha-assist" => Some(Door::Assist),
            "xiaoai" => Some(Door::XiaoAi),
            "xiaoai-event" => Some(Door::XiaoAiEvent),
            _ => None,
        }
    }

    /// The same where a model says more than the profile.
    pub fn of_profile_and_model(profile: &str, model: Option<&str>) -> Option<Door> {
        match (profile, model) {
            ("ha-statestream", Some("xiaoai-conversation")) => Some(Door::XiaoAi),
            (profile, _) => Door::of_profile(profile),
        }
    }
}
