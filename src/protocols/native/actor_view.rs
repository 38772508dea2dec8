//! Who acted, as the outside sees it.

use homepay_domain::actor::Actor;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActorView {
    /// `owner_key`, `local_user`, `speaker`, `member`, `home_assistant` or `system`.
    pub by: &'static str,
    /// The member, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The owner's key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The user's number on the hub's machine, at the control socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The session at the console, by its public id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The device that ordered or answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl From<&Actor> for ActorView {
    fn from(actor: &Actor) -> ActorView {
        let nobody = ActorView::default();
        match actor {
            Actor::OwnerKey { key, member } => ActorView {
                by: "owner_key",
                key: Some(key.to_string()),
                member: Some(member.to_string()),
                ..nobody
            },
            Actor::LocalUser { uid } => ActorView { by: "local_user", uid: Some(*uid), ..nobody },
            Actor::Speaker { device, member } => ActorView {
                by: "speaker",
                device: Some(device.to_string()),
                member: member.as_ref().map(ToString::to_string),
                ..nobody
            },
            Actor::Member { member, session } => ActorView {
                by: "member",
                member: Some(member.to_string()),
                session: Some(session.to_string()),
                ..nobody
            },
            Actor::HomeAssistant => ActorView { by: "home_assistant", ..nobody },
            Actor::System => ActorView { by: "system", ..nobody },
        }
    }
}
