//! Bills to pay, and those made for use.

use super::client::Client;
use super::out::{Out, table};
use super::{Done, Exit};
use clap::Subcommand;
use homepay_protocols::native::bill::BillForm;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub(super) enum BillCommand {
    /// Enter a bill; the same one again changes nothing
    Add {
        /// Who is paid: a payee of the household
        #[arg(long)]
        payee: String,
        /// What kind of spending it is, as limits name it
        #[arg(long)]
        category: String,
        /// How much
        #[arg(long)]
        amount: String,
        /// The last day to pay it in time, as 2026-11-30
        #[arg(long)]
        due: String,
        /// Its id; made of payee and day without it
        #[arg(long)]
        id: Option<String>,
        /// What it is for
        #[arg(long)]
        note: Option<String>,
        /// auto = by itself within the limits, approve = the owner is asked, manual = a reminder
        #[arg(long, default_value = "auto")]
        pay: String,
    },
    /// All bills to pay, by due day, and those made for use
    List,
    /// Pay one now, through the limits
    Pay { id: String },
    /// Take one back that is not paid
    Cancel { id: String },
}

pub(super) async fn bill(client: &Client, command: BillCommand, out: Out) -> Done {
    match command {
        BillCommand::Add { payee, category, amount, due, id, note, pay } => {
            let form = BillForm { id, payee, category, amount, due, note, pay: Some(pay) };
            let done = client.command("bill/add", &json!({ "bill": form })).await?;
            out.document(&done, |_| {
                format!("bill {} of {} is due {}", form.id(), form.payee, form.due)
            });
        }
        BillCommand::List => {
            let bills = client.get("/v1/bills").await?;
            let columns = &[
                ("bill", "id"),
                ("payee", "payee"),
                ("for", "note"),
                ("amount", "amount"),
                ("due", "due"),
                ("pay", "pay"),
                ("on", "pay_day"),
                ("stage", "stage"),
                ("why", "reason"),
                ("receipt", "receipt"),
            ];
            let of_use = &[
                ("for use", "tariff"),
                ("period", "period"),
                ("from", "from"),
                ("to", "to"),
                ("total", "total"),
                ("next bill adds", "carried"),
            ];
            out.document(&bills, |bills| {
                format!("{}\n\n{}", table(&bills["bills"], columns), table(&bills["usage"], of_use))
            });
        }
        BillCommand::Pay { id } => {
            let done = client.command("bill/pay", &json!({ "id": id })).await?;
            let order = &done["order"];
            out.document(&done, |_| {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("–").to_owned();
                let (state, code) = (text(&order["state"]), &order["reason"]["code"]);
                let why = code.as_str().map_or(String::new(), |code| {
                    format!(": {code}, see homepay order explain {}", text(&order["order_id"]))
                });
                format!("bill {id} is {state}{why}")
            });
            if order["state"] == "declined" {
                return Ok(Exit::No);
            }
        }
        BillCommand::Cancel { id } => {
            let done = client.command("bill/cancel", &json!({ "id": id })).await?;
            out.document(&done, |_| format!("bill {id} is cancelled"));
        }
    }
    Ok(Exit::Done)
}
