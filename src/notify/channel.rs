//! A channel: a service that tells people, as its file describes it.

use super::signature::Signature;
use super::template::TextTemplate;
use homepay_domain::alert::Severity;
use homepay_domain::label::Label;
use serde_json::Value;

/// A key that the owner gives for a channel, such as a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelKey {
    pub name: String,
    /// Never shown, and also given as `<name>_file`.
    pub is_secret: bool,
    pub is_optional: bool,
    /// What holds where the owner gives none.
    pub usual: Option<String>,
    /// What it looks like.
    pub example: Option<String>,
}

/// A JSON value whose texts have fields.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyNode {
    Text(TextTemplate),
    Plain(Value),
    Table(Vec<(String, BodyNode)>),
    List(Vec<BodyNode>),
}

/// How the body is written.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyForm {
    Json(Vec<(String, BodyNode)>),
    Form(Vec<(String, TextTemplate)>),
}

/// What in the body of an answer with status 2xx says that the message was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyTest {
    /// Names from the top of the JSON body down.
    pub path: Vec<String>,
    /// What stands there where it was taken.
    pub is: Value,
    /// What stands there where it may be taken later.
    pub later: Vec<Value>,
    /// Where the reason stands.
    pub why: Vec<String>,
}

/// What a severity is called by the service.
#[derive(Clone, Debug, PartialEq)]
pub struct Priorities {
    pub info: Value,
    pub warning: Value,
    pub critical: Value,
}

impl Priorities {
    pub fn of(&self, severity: Severity) -> &Value {
        match severity {
            Severity::Info => &self.info,
            Severity::Warning => &self.warning,
            Severity::Critical => &self.critical,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: String,
    /// What people call it.
    pub name: Label,
    /// Where its service describes the interface.
    pub source: Option<String>,
    pub keys: Vec<ChannelKey>,
    pub method: &'static str,
    pub url: TextTemplate,
    /// Left out where a key in it was not given.
    pub headers: Vec<(String, TextTemplate)>,
    pub body: BodyForm,
    pub signature: Option<Signature>,
    pub priorities: Priorities,
    pub taken_if: Option<BodyTest>,
}
