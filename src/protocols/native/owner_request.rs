//! Owners' requests over MQTT, and their answers.

use super::bill::{BillForm, BillsView};
use super::decoded::Decoded;
use super::encode::OrderView;
use super::envelope::Envelope;
use super::states::HomeState;
use super::verbs::{Verb, VerbArguments};
use crate::snapshot::{Snapshot, owner_signer};
use crate::views::alerts::AlertsView;
use crate::views::commands::FaultView;
use crate::views::limits::{LimitEditView, LimitsView};
use crate::views::run_cost::RunCostView;
use homepay_domain::actor::Actor;
use homepay_domain::event::{Event, Stamp};
use homepay_domain::household::Role;
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_files::household::LimitEdit;
use homepay_ports::{MESSAGE_BYTES_MAX, Message, Publication};
use homepay_text::clip::clip;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an owner asked for, and how to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRequest {
    /// The verb, such as `order/approve`.
    pub verb: String,
    /// The caller's mark, given back with the answer.
    pub transaction: String,
    pub event: Event,
    /// The device that `cost` asks about.
    pub device: Option<Name>,
}

/// The body of a request. Which fields are needed depends on the verb.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestBody {
    /// Chosen by the caller; the response carries it unchanged.
    pub transaction: String,
    /// The order, for verbs `order/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// For `freeze` and `thaw`, where without it the whole home is meant; and for `cost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The edit that `limit/set` makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitEdit>,
    /// The bill that `bill/add` enters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillForm>,
    /// For `alert/…`, `limit/remove`, `bill/pay` and `bill/cancel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For `order/refund` and `order/fulfil`, decimal text; without it all of it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// For `alert/snooze`, RFC 3339 with offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The same in unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// The longest transaction mark, in bytes.
const TRANSACTION_BYTES_MAX: usize = 128;

pub fn read(snapshot: &Snapshot, message: &Message, verb: &str) -> Decoded {
    let envelope = match envelope_of(message) {
        Ok(envelope) => envelope,
        Err(why) => {
            return Decoded::Refused { device: None, order: None, code: Code::Malformed, why };
        }
    };
    let key = Name::parse(&envelope.key).ok();
    let key = key.filter(|key| snapshot.household.owner_keys.contains_key(key));
    let read = authentic(snapshot, message, &envelope)
        .and_then(|stamp| request(snapshot, stamp, verb, &envelope.body));
    let (code, why) = match read {
        Ok(request) => return Decoded::Request(request),
        Err(fault) => fault,
    };
    // What nobody signed is answered only where it is a request that there is.
    let is_told = code != Code::BadSignature || Verb::find(verb).is_some();
    match transaction_of(&envelope.body).filter(|_| is_told) {
        Some(transaction) => {
            Decoded::RefusedRequest { key, code, verb: verb.to_owned(), transaction, why }
        }
        None => Decoded::Refused { device: None, order: None, code, why },
    }
}

/// The caller's mark, also in a body that says too much, or something wrong.
fn transaction_of(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Marked {
        transaction: String,
    }
    let Marked { transaction } = serde_json::from_str(body).ok()?;
    (transaction.len() <= TRANSACTION_BYTES_MAX).then_some(transaction)
}

fn envelope_of(message: &Message) -> Result<Envelope, String> {
    if message.payload.len() > MESSAGE_BYTES_MAX {
        return Err(format!("more than {MESSAGE_BYTES_MAX} bytes"));
    }
    serde_json::from_slice(&message.payload).map_err(|e| format!("not an envelope: {e}"))
}

/// Why a request is refused.
type RequestRejection = (Code, String);

/// The stamp of a request that an owner signed.
fn authentic(
    snapshot: &Snapshot,
    message: &Message,
    envelope: &Envelope,
) -> Result<(Stamp, Actor), RequestRejection> {
    let unknown = || (Code::BadSignature, format!("no owner key {}", clip(&envelope.key)));
    let key = Name::parse(&envelope.key).map_err(|_| unknown())?;
    let owner = snapshot.household.owner_keys.get(&key).ok_or_else(unknown)?;
    let stamp = envelope
        .authenticate(snapshot, &owner_signer(&key), &message.topic, &message.payload)
        .map_err(|code| (code, format!("owner key {key} does not verify")))?;
    let role = snapshot.household.members.get(&owner.member).map(|m| m.role);
    if role != Some(Role::Owner) {
        let why = format!("{} is not an owner: only owners' keys sign requests", owner.member);
        return Err((Code::Forbidden, why));
    }
    if message.retained {
        return Err((Code::Retained, "a request is never taken from a retained message".into()));
    }
    let member = owner.member.clone();
    Ok((stamp, Actor::OwnerKey { key, member }))
}

fn request(
    snapshot: &Snapshot,
    (stamp, actor): (Stamp, Actor),
    verb: &str,
    body: &str,
) -> Result<OwnerRequest, RequestRejection> {
    let bad = |why: String| (Code::Malformed, why);
    // A list would be read as the fields in their order.
    if !body.trim_start().starts_with('{') {
        return Err(bad("not a request: write an object {…}".to_owned()));
    }
    let body: RequestBody =
        serde_json::from_str(body).map_err(|e| bad(format!("not a request: {e}")))?;
    if body.transaction.len() > TRANSACTION_BYTES_MAX {
        return Err(bad(format!("transaction is longer than {TRANSACTION_BYTES_MAX} bytes")));
    }
    let Some(known) = Verb::find(verb) else {
        return Err((Code::NotFound, Verb::unknown(&clip(verb))));
    };
    let transaction = body.transaction.clone();
    let device = body.device.as_deref().and_then(|id| Name::parse(id).ok());
    let command = known.command(&body.arguments(), &snapshot.home, &snapshot.household);
    let wish = command.map_err(bad)?;
    let event = Event::OwnerCommanded { stamp: Some(stamp), actor, command: wish };
    Ok(OwnerRequest { verb: verb.to_owned(), transaction, event, device })
}

impl RequestBody {
    fn arguments(self) -> VerbArguments {
        let RequestBody { order_id, id, amount, device, limit, bill, until, until_ms, .. } = self;
        VerbArguments { order_id, id, amount, device, limit, bill, until, until_ms }
    }
}

/// The answer to a request, on `<base>/response/<verb>`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResponseBody {
    /// Version of this form; always 1.
    pub v: u8,
    /// Chosen by the caller; the response carries it unchanged.
    pub transaction: String,
    /// Whether it was done: `ok` or `error`.
    pub status: Outcome,
    /// What was asked for or done; null where there is nothing to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<ResponseData>,
    /// What is wrong, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultView>,
}

/// What a response tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ResponseData {
    /// The order that a command was about, as it stands now.
    Order(Box<OrderView>),
    /// The limits that were set.
    Limits {
        limits: Vec<LimitEditView>,
    },
    Home(Box<HomeState>),
    Bills(BillsView),
    Run(RunCostView),
    /// Every limit of the household, as `limit/list` asks for.
    AllLimits(LimitsView),
    Alerts(AlertsView),
    /// Done, and nothing to add.
    Nothing(()),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request was carried out.
    Ok,
    /// The request changed nothing at all.
    Error,
}

/// The answer to a request.
pub fn response(
    base: &str,
    (verb, transaction): (&str, &str),
    outcome: Result<ResponseData, (Code, String)>,
) -> Publication {
    let transaction = transaction.to_owned();
    let body = match outcome {
        Ok(data) => {
            ResponseBody { v: 1, transaction, status: Outcome::Ok, data: Some(data), error: None }
        }
        Err((code, message)) => {
            let error = Some(FaultView { code: code.as_str().to_owned(), message });
            ResponseBody { v: 1, transaction, status: Outcome::Error, data: None, error }
        }
    };
    Publication {
        topic: format!("{base}/response/{verb}"),
        payload: serde_json::to_vec(&body).expect("texts are plain values"),
        retain: false,
    }
}
