//! The one table of what owners can have done or shown, by whichever door: MQTT
//! (`<base>/request/<verb>`), HTTP (`/api/v1/commands/<verb>`) and the command line
//! (`homepay <verb with spaces>`) read their verbs here, and the reference is written from it.

use super::bill::{BillForm, bill_of_form};
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use homepay_files::household::LimitEdit;
use homepay_text::problem::{hint, shown};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a verb may be told. Which fields it needs is said by its entry in [`VERBS`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerbArguments {
    /// The order, for verbs `order/…`; `id` does as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The order, limit, alert or bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How much, decimal text in the home's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// A device; for `freeze` and `thaw` the whole home is meant without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The edit of a limit: what is named is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitEdit>,
    /// The bill to enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillForm>,
    /// Until when, RFC 3339 with offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The same in unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// Something that an owner can have done or shown.
#[derive(Debug)]
pub struct Verb {
    pub name: &'static str,
    /// Words of older clients, which mean the same.
    pub aliases: &'static [&'static str],
    /// Its arguments by name; those that end with `?` need not be said.
    pub arguments: &'static [&'static str],
    /// What it does and answers, for the reference.
    pub summary: &'static str,
    /// Where HTTP shows the same, for a verb that changes nothing.
    pub look: Option<&'static str>,
    /// The subcommand of the command line, where it is not the name.
    pub subcommand: &'static str,
    reads: fn(&ArgumentReader<'_>) -> Result<OwnerCommand, String>,
}

/// Arguments as they are read, and by which household.
struct ArgumentReader<'a> {
    arguments: &'a VerbArguments,
    home: &'a Home,
    household: &'a Household,
}

const fn verb(
    name: &'static str,
    aliases: &'static [&'static str],
    arguments: &'static [&'static str],
    summary: &'static str,
    reads: fn(&ArgumentReader<'_>) -> Result<OwnerCommand, String>,
) -> Verb {
    Verb { name, aliases, arguments, summary, look: None, subcommand: name, reads }
}

const fn look(
    name: &'static str,
    arguments: &'static [&'static str],
    summary: &'static str,
    (look, subcommand): (&'static str, &'static str),
    reads: fn(&ArgumentReader<'_>) -> Result<OwnerCommand, String>,
) -> Verb {
    Verb { name, aliases: &[], arguments, summary, look: Some(look), subcommand, reads }
}

/// All verbs. Who may: over MQTT an owner's key, which signs the request; over HTTP and at the command
/// line the user who runs the daemon.
pub const VERBS: [Verb; 20] = [
    verb(
        "order/approve",
        &["approve"],
        &["order_id"],
        "Approves an order that waits for an owner; answers with the order.",
        |of| Ok(OwnerCommand::Approve(of.order()?)),
    ),
    verb(
        "order/reject",
        &["reject"],
        &["order_id"],
        "Refuses an order that waits for an owner; answers with the order.",
        |of| Ok(OwnerCommand::Reject(of.order()?)),
    ),
    verb(
        "order/cancel",
        &["cancel"],
        &["order_id"],
        "Withdraws an order that is not paid; answers with the order.",
        |of| Ok(OwnerCommand::Cancel(of.order()?)),
    ),
    verb(
        "order/refund",
        &["refund"],
        &["order_id", "amount?"],
        "Gives money back, all that is left without an amount; answers with the order.",
        |of| Ok(OwnerCommand::Refund(of.order()?, of.amount()?)),
    ),
    verb(
        "order/fulfil",
        &["fulfil"],
        &["order_id", "amount?"],
        "It was delivered: takes the amount, or all of it, from the hold; answers with the order.",
        |of| Ok(OwnerCommand::Fulfil(of.order()?, of.amount()?)),
    ),
    verb(
        "limit/set",
        &["limit-set"],
        &["limit"],
        "Changes what is named of a limit and leaves the rest; answers with before and after.",
        |of| {
            let edit = of.arguments.limit.clone().ok_or("limit is missing")?;
            let limit = edit.applied(of.home, of.household)?;
            Ok(OwnerCommand::SetLimit(Box::new(limit)))
        },
    ),
    verb("limit/remove", &["limit-remove"], &["id"], "Takes a limit out of force.", |of| {
        Ok(OwnerCommand::RemoveLimit(of.named()?))
    }),
    verb("freeze", &[], &["device?"], "A device, or the whole home, takes no orders.", |of| {
        Ok(OwnerCommand::Freeze(of.device()?))
    }),
    verb("thaw", &[], &["device?"], "A device, or the whole home, takes orders again.", |of| {
        Ok(OwnerCommand::Thaw(of.device()?))
    }),
    verb("alert/ack", &["alert-ack"], &["id"], "Takes note of an alert.", |of| {
        Ok(OwnerCommand::AckAlert(of.id()?.to_owned()))
    }),
    verb(
        "alert/snooze",
        &["alert-snooze"],
        &["id", "until"],
        "Says no more of an alert until then (`until_ms` = the same in unix milliseconds).",
        |of| Ok(OwnerCommand::SnoozeAlert(of.id()?.to_owned(), of.until()?)),
    ),
    verb(
        "bill/add",
        &["bill-add"],
        &["bill"],
        "Enters a bill to pay. The same bill under the same id is one bill.",
        |of| {
            let form = of.arguments.bill.as_ref().ok_or("bill is missing")?;
            Ok(OwnerCommand::AddBill(Box::new(bill_of_form(form, of.home, of.household)?)))
        },
    ),
    verb(
        "bill/pay",
        &["bill-pay"],
        &["id"],
        "Pays a bill now, through the limits; answers with the order that pays it.",
        |of| Ok(OwnerCommand::PayBill(of.named()?)),
    ),
    verb("bill/cancel", &["bill-cancel"], &["id"], "Takes a bill back that is not paid.", |of| {
        Ok(OwnerCommand::CancelBill(of.named()?))
    }),
    verb(
        "notify/test",
        &[],
        &["id?"],
        "Sends a trial message by an entry of `[[notify]]`, or by all; `notify` shows what came of it.",
        |of| Ok(OwnerCommand::TryNotify(of.arguments.id.as_ref().map(|_| of.named()).transpose()?)),
    ),
    look("status", &[], "Answers with the home's state.", ("/v1/status", "status"), inspect),
    look(
        "bill/list",
        &[],
        "Answers with bills to pay and the bills made for use.",
        ("/v1/bills", "bill/list"),
        inspect,
    ),
    look(
        "limit/list",
        &[],
        "Answers with every limit: what was spent, what is held and what is left.",
        ("/v1/limits", "limit/list"),
        inspect,
    ),
    look("alert/list", &[], "Answers with the alerts.", ("/v1/alerts", "alert/list"), inspect),
    look(
        "cost",
        &["device"],
        "Answers with what a run of the device costs now, and when it is cheapest within a day.",
        ("/v1/devices/{id}/run", "usage/before-run"),
        |of| {
            of.device()?.ok_or("device is missing")?;
            Ok(OwnerCommand::Inspect)
        },
    ),
];

fn inspect(_: &ArgumentReader<'_>) -> Result<OwnerCommand, String> {
    Ok(OwnerCommand::Inspect)
}

impl Verb {
    /// The verb of a name or an older word.
    pub fn find(word: &str) -> Option<&'static Verb> {
        const ALL: &[Verb] = &VERBS;
        ALL.iter().find(|verb| verb.name == word || verb.aliases.contains(&word))
    }

    /// Why there is no such verb, with the one that was probably meant.
    pub fn unknown(word: &str) -> String {
        let names = || VERBS.iter().map(|verb| verb.name);
        let (word, near, all) = (shown(word), hint(word, names()), names().collect::<Vec<_>>());
        format!("there is no request \"{word}\"{near}: there are {}", all.join(", "))
    }

    /// What an owner wants.
    ///
    /// # Errors
    /// Says which argument is missing or cannot be read.
    pub fn command(
        &self,
        arguments: &VerbArguments,
        home: &Home,
        household: &Household,
    ) -> Result<OwnerCommand, String> {
        (self.reads)(&ArgumentReader { arguments, home, household })
    }
}

impl ArgumentReader<'_> {
    fn id(&self) -> Result<&str, String> {
        self.arguments.id.as_deref().ok_or_else(|| "id is missing".to_owned())
    }

    fn named(&self) -> Result<Name, String> {
        Name::parse(self.id()?).map_err(|e| e.to_string())
    }

    /// The hub's own bills are approved too, so that their ids are taken as they are.
    fn order(&self) -> Result<OrderId, String> {
        let VerbArguments { order_id, id, .. } = self.arguments;
        let id = order_id.as_ref().or(id.as_ref()).ok_or("order_id is missing")?;
        Ok(OrderId::from_store(id))
    }

    fn amount(&self) -> Result<Option<Minor>, String> {
        let read = |text: &String| self.home.currency.parse(text).map_err(|e| e.to_string());
        self.arguments.amount.as_ref().map(read).transpose()
    }

    fn device(&self) -> Result<Option<Name>, String> {
        let device = self.arguments.device.as_deref().map(Name::parse);
        device.transpose().map_err(|e| e.to_string())
    }

    fn until(&self) -> Result<UnixMs, String> {
        match (&self.arguments.until, self.arguments.until_ms) {
            (_, Some(ms)) => Ok(UnixMs(ms)),
            (Some(text), None) => {
                let at: Timestamp = text.parse().map_err(|_| {
                    format!("until: {} is no instant: write 2026-11-30T08:00:00+08:00", shown(text))
                })?;
                Ok(UnixMs(at.as_millisecond()))
            }
            (None, None) => Err("until is missing".to_owned()),
        }
    }
}
