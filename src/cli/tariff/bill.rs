//! Test bills: of use that is given, or of what the store has.

use super::args::BillArgs;
use super::find::{household, tariff};
use super::given::{GivenUse, given, prior, spot, terms};
use crate::cli::client::Client;
use crate::cli::out::{Out, table};
use crate::cli::{Done, Exit, Failure};
use crate::config::Loaded;
use homepay_domain::bill::Billing;
use homepay_domain::household::{Device, DeviceKind};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::midnight;
use homepay_domain::meter::{Quantity, units_text};
use homepay_domain::tariff::{Bill, BillLine, MeteredUse, Shares, Tariff};
use homepay_domain::usage::priced_quantity;
use homepay_store::sqlite::reader::Reader;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(super) async fn bill(loaded: &Loaded, client: &Client, args: &BillArgs, out: Out) -> Done {
    if args.to <= args.from {
        return Err(Failure::usage("--to is the day after the last: it is after --from"));
    }
    if args.gives_use() {
        return of_given(loaded, client, args, out).await;
    }
    if let Some(name) = args.only_for_given() {
        return Err(Failure::usage(format!(
            "{name} goes with use that is given (--use, --kwh or --register); what is stored is \
             billed by the household: write it there, under the tariff"
        )));
    }
    let household = household(loaded, client).await?;
    let wanted = args.wanted();
    if let Some(wanted) = wanted
        && !household.tariffs.keys().any(|id| id.as_str() == wanted)
    {
        let what = format!(
            "the household has no tariff {wanted}: for a bill of another give its use \
             (--use FILE, --kwh N or --register WINDOW=N)"
        );
        return Err(Failure::no(what));
    }
    let home = loaded.settings.home();
    let reader = Reader::open(&loaded.settings.store.path).await?;
    let since = Billing::counts_since((&home, &household), args.from);
    let zone = &home.zone;
    let usage = reader.usage(midnight(since, zone), midnight(args.to, zone)).await?;
    let billing = Billing { home: &home, household: &household, usage: &usage };
    let days = (args.from, args.to);
    let (mut bills, mut lines) = (Vec::new(), Vec::new());
    let mut unpriced = false;
    for (id, tariff) in
        household.tariffs.iter().filter(|(id, _)| wanted.is_none_or(|w| w == id.as_str()))
    {
        let bill = billing.bill((id, tariff), days);
        unpriced |= bill.is_err();
        bills.push(match &bill {
            Ok(bill) => bill_doc(bill, id.as_str()),
            Err(why) => json!({"tariff": id, "total": null, "why": why.to_string()}),
        });
        for device in household.devices.iter().filter(|(_, d)| d.tariff.as_ref() == Some(id)) {
            lines.push(device_line(billing, device, (id, tariff), days));
        }
    }
    let value = json!({
        "from": args.from, "to": args.to, "currency": home.currency.code(),
        "bills": bills, "lines": lines,
    });
    out.document(&value, |v| {
        let columns = &[
            ("tariff", "tariff"),
            ("device", "device"),
            ("used", "used"),
            ("unit", "unit"),
            ("cost", "cost"),
            ("estimated", "estimated"),
        ];
        let bills = v["bills"].as_array().into_iter().flatten().map(shown);
        let bills: Vec<String> = bills.collect();
        format!("{}\n{}", bills.join("\n"), table(&v["lines"], columns))
    });
    Ok(if unpriced { Exit::No } else { Exit::Done })
}

async fn of_given(loaded: &Loaded, client: &Client, args: &BillArgs, out: Out) -> Done {
    let Some(wanted) = args.wanted() else {
        return Err(Failure::usage("which tariff? Name one: see homepay tariff list"));
    };
    let mut tariff = tariff(loaded, client, wanted).await?;
    tariff.terms = terms(args, &tariff.terms)?;
    let home = loaded.settings.home();
    let supply = tariff.supply(&home);
    let quantity = priced_quantity(&tariff);
    let by_energy = quantity == Quantity::Gas && tariff.plan.unit == "kWh";
    if by_energy && args.used.is_some() && tariff.calorific.is_empty() {
        return Err(Failure::usage(format!(
            "{wanted} prices gas in kWh, and nothing says what a m³ holds: write it into the \
             household with its calorific value, and name it by its id there"
        )));
    }
    let used = match given(args, &tariff.plan, supply.zone, quantity)? {
        GivenUse::Slots(used) => GivenUse::Slots(tariff.as_priced(used, &home)),
        registers @ GivenUse::Registers(_) => registers,
    };
    let measured = match &used {
        GivenUse::Slots(used) => MeteredUse::Slots(used),
        GivenUse::Registers(registers) => MeteredUse::Registers(registers),
    };
    let (prior, spot) = (prior(args, quantity)?, spot(args, supply.currency)?);
    let bill = supply
        .bill(measured, &prior, &spot, (args.from, args.to))
        .map_err(|why| Failure::no(why.to_string()))?;
    out.document(&bill_doc(&bill, wanted), shown);
    Ok(Exit::Done)
}

/// Digits of an exact figure that a person is shown: what counters count in. Where use that crosses a
/// tier is divided, it has up to 28.
const SHOWN_DIGITS: u32 = 6;

/// An exact figure, as a person is shown it.
fn rounded(exact: &str) -> String {
    let rounded = exact.parse::<Decimal>().map(|d| d.round_dp(SHOWN_DIGITS).normalize());
    rounded.map_or_else(|_| exact.to_owned(), |rounded| rounded.to_string())
}

/// A bill as JSON.
fn bill_doc(bill: &Bill, tariff: &str) -> Value {
    let currency = bill.currency;
    let line = |line: &BillLine| {
        json!({
            "kind": line.kind, "what": line.what, "window": line.window, "tier": line.tier,
            "season": line.season, "version": line.version,
            "quantity": line.quantity.to_string(), "unit": line.unit,
            "rate": line.rate.map(|rate| rate.to_string()), "on": line.on,
            "amount_exact": line.amount.to_string(), "amount": currency.text(line.shown),
            "estimated": line.estimated,
        })
    };
    json!({
        "tariff": tariff, "from": bill.from, "to": bill.to, "currency": currency.code(),
        "lines": bill.lines.iter().map(line).collect::<Vec<_>>(),
        "use_exact": bill.exact_of_use.to_string(),
        "fixed_exact": bill.exact_of_fixed.to_string(),
        "credits_exact": bill.exact_of_credits.to_string(),
        "total_exact": bill.exact.to_string(), "total": currency.text(bill.total),
        "rounded": bill.rounded.iter().map(|group| json!({
            "of": group.of, "exact": group.exact.to_string(), "total": currency.text(group.total),
        })).collect::<Vec<_>>(),
        "estimated": bill.estimated,
        "provenance": {
            "measured": units_text(bill.provenance.measured),
            "estimated": units_text(bill.provenance.estimated),
            "imported": units_text(bill.provenance.imported),
        },
    })
}

/// A bill as a person reads it.
fn shown(bill: &Value) -> String {
    let text = |key: &str| bill[key].as_str().unwrap_or_default().to_owned();
    if bill["total"].is_null() {
        return format!("{}: no total: {}", text("tariff"), text("why"));
    }
    let columns = &[
        ("for", "what"),
        ("window", "window"),
        ("tier", "tier"),
        ("season", "season"),
        ("since", "version"),
        ("quantity", "quantity"),
        ("of", "unit"),
        ("rate", "rate"),
        ("amount", "amount"),
        ("on", "on"),
    ];
    let mut lines = bill["lines"].clone();
    for line in lines.as_array_mut().into_iter().flatten() {
        line["quantity"] = json!(line["quantity"].as_str().map(rounded));
        let on = line["on"].as_array().into_iter().flatten().filter_map(Value::as_str);
        line["on"] = json!(on.collect::<Vec<_>>().join(" + "));
    }
    let lines = table(&lines, columns);
    let estimated = if bill["estimated"] == json!(true) { ", an estimate" } else { "" };
    let of = |kind: &str| bill["provenance"][kind].as_str().unwrap_or("0").to_owned();
    let known: Vec<String> = ["measured", "estimated", "imported"]
        .into_iter()
        .filter(|kind| of(kind) != "0")
        .map(|kind| format!("{} {kind}", of(kind)))
        .collect();
    let known =
        if known.is_empty() { String::new() } else { format!("\nused: {}", known.join(", ")) };
    let groups = bill["rounded"].as_array().into_iter().flatten().map(rounded_group);
    let groups: String = groups.collect();
    format!(
        "{}, {} until before {}\n{lines}\n{groups}total {} {} (exactly {}){estimated}{known}",
        text("tariff"),
        text("from"),
        text("to"),
        text("total"),
        text("currency"),
        rounded(&text("total_exact")),
    )
}

/// Lines that were rounded together, as a person reads it.
fn rounded_group(group: &Value) -> String {
    let of = group["of"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let text = |key: &str| group[key].as_str().unwrap_or_default();
    let of = of.collect::<Vec<_>>().join(" + ");
    format!("{of}: {} (exactly {})\n", text("total"), rounded(text("exact")))
}

fn device_line(
    billing: Billing<'_>,
    (device_id, device): (&Name, &Device),
    (id, tariff): (&Name, &Tariff),
    days: (jiff::civil::Date, jiff::civil::Date),
) -> Value {
    let used = billing.used(device_id, tariff, days);
    let estimated = used.slots().iter().any(|of_slot| of_slot.estimated);
    // A missing price gives no total.
    let shares = billing.shares((id, tariff), device.kind, days).ok();
    let share = shares.and_then(|shares: Shares| {
        shares.devices.into_iter().find(|(of, _)| of == device_id).map(|(_, share)| share)
    });
    let cost = match device.kind {
        DeviceKind::Appliance | DeviceKind::Meter => share,
        DeviceKind::Speaker | DeviceKind::Production => None,
    };
    json!({
        "tariff": id, "device": device_id, "kind": device.kind, "used": units_text(used.total()),
        "unit": tariff.plan.unit, "estimated": estimated,
        "cost": cost.as_ref().map(|share| billing.home.currency.text(share.shown)),
        "cost_exact": cost.map(|share| share.exact.normalize().to_string()),
    })
}
