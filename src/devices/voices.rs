//! The profiles of speakers that do not sign: the one list of voice protocols.

/// Hands the list of voice protocols to a macro: module and type in `homepay-protocols`, and the word by
/// which a device of the household names it. To add one: a module there with the type, and a line here.
#[macro_export]
macro_rules! voice_protocols {
    ($with:ident) => {
        $with! {
            hermes::Hermes = "hermes",
            assist::Assist = "ha-assist",
            xiaoai::XiaoAi = "xiaoai",
            xiaoai::XiaoAiEvent = "xiaoai-event",
        }
    };
}

macro_rules! words {
    ($($module:ident::$protocol:ident = $word:literal,)+) => {
        /// The profiles of speakers that do not sign.
        pub const VOICE_PROFILES: &[&str] = &[$($word),+];
    };
}

voice_protocols!(words);

/// The word of [`VOICE_PROFILES`] that a profile is, if it is a speaker's.
pub fn voice_profile(profile: &str) -> Option<&'static str> {
    VOICE_PROFILES.iter().copied().find(|word| *word == profile)
}

/// The same where a model says more than the profile.
pub fn voice_profile_of_model(profile: &str, model: Option<&str>) -> Option<&'static str> {
    match (profile, model) {
        ("ha-statestream", Some("xiaoai-conversation")) => voice_profile("xiaoai"),
        (profile, _) => voice_profile(profile),
    }
}
