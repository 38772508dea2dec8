//! What a test bill is given at the command line: use, registers, market prices, terms.

use super::args::BillArgs;
use super::find::text_of;
use crate::cli::Failure;
use crate::cli::usage::{file_text, use_of_file};
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::tariff::{
    BILLING_DAY_MAX, Crossing, Plan, Prior, Register, SpotPrices, Terms, Use,
};
use homepay_files::tariff::spot::{PriceListUnit, SpotList, read_spot};
use homepay_text::amount::plain_decimal;
use jiff::tz::TimeZone;

/// What was used, as it was given.
pub(super) enum GivenUse {
    Slots(Use),
    Registers(Vec<Register>),
}

/// Reads the use that was given.
pub(super) fn given(
    args: &BillArgs,
    plan: &Plan,
    zone: &TimeZone,
    quantity: Quantity,
) -> Result<GivenUse, Failure> {
    if let Some(path) = &args.used {
        let fault = |what: String| Failure::usage(format!("{}: {what}", path.display()));
        let text = file_text(path).map_err(fault)?;
        let read = use_of_file(&text, zone, quantity, &args.said);
        return read.map(|(used, _)| GivenUse::Slots(used)).map_err(fault);
    }
    let unit = quantity.unit();
    let version = plan.version(args.from).or(plan.versions.len().checked_sub(1));
    let windows = version.and_then(|at| plan.versions.get(at)).map(|version| &version.windows);
    let windows = windows.map(Vec::as_slice).unwrap_or_default();
    if let Some(kwh) = &args.kwh {
        let [window] = windows else {
            let names = windows.join(", ");
            let what = format!("the tariff has the windows {names}: write --register WINDOW=N");
            return Err(Failure::usage(format!("--kwh {kwh}: {what}")));
        };
        let micro = micro("--kwh", kwh, unit, quantity)?;
        return Ok(GivenUse::Registers(vec![Register { window: window.clone(), micro }]));
    }
    let mut registers = Vec::new();
    for text in &args.register {
        let Some((window, amount)) = text.split_once('=') else {
            return Err(Failure::usage(format!("--register {text}: write WINDOW=N")));
        };
        let micro = micro("--register", amount, unit, quantity)?;
        registers.push(Register { window: window.to_owned(), micro });
    }
    Ok(GivenUse::Registers(registers))
}

fn micro(what: &str, text: &str, unit: &str, quantity: Quantity) -> Result<i64, Failure> {
    plain_decimal(text)
        .filter(|value| !value.is_sign_negative() || value.is_zero())
        .and_then(|value| quantity.micro(value, unit))
        .ok_or_else(|| Failure::usage(format!("{what} {text}: write a number of {unit}")))
}

/// What the tiers' counter had reached.
pub(super) fn prior(args: &BillArgs, quantity: Quantity) -> Result<Prior, Failure> {
    match &args.prior {
        None => Ok(Prior::Counted),
        Some(text) => {
            let micro = micro("--prior", text, quantity.unit(), quantity)?;
            Ok(Prior::Known(vec![micro]))
        }
    }
}

/// The market prices that were given.
pub(super) fn spot(args: &BillArgs, currency: Currency) -> Result<SpotPrices, Failure> {
    let Some(path) = &args.spot else { return Ok(SpotPrices::default()) };
    let unit =
        args.spot_unit.as_deref().map(PriceListUnit::parse).transpose().map_err(Failure::usage)?;
    let fault = |what| Failure::usage(format!("{}: {what}", path.display()));
    let list = read_spot(&text_of(path)?, unit).and_then(SpotList::whole).map_err(fault)?;
    match list.currency.filter(|other| *other != currency) {
        Some(other) => Err(fault(format!("prices are in {other}, the tariff's in {currency}"))),
        None => Ok(list.prices),
    }
}

/// The terms of the household with what is said here in their place.
pub(super) fn terms(args: &BillArgs, of: &Terms) -> Result<Terms, Failure> {
    let mut terms = of.clone();
    if let Some(split) = &args.split {
        terms.crossing_split = Some(match split.as_str() {
            "proportional" => Crossing::Proportional,
            "chronological" => Crossing::Chronological,
            other => {
                let what = format!("--split {other}: write proportional or chronological");
                return Err(Failure::usage(what));
            }
        });
    }
    if args.billing_day.is_some_and(|day| !(1..=BILLING_DAY_MAX).contains(&day)) {
        return Err(Failure::usage(format!("--billing-day: write 1 to {BILLING_DAY_MAX}")));
    }
    if args.cycle_months.is_some_and(|months| !(1..=12).contains(&months)) {
        return Err(Failure::usage("--cycle-months: write 1 to 12"));
    }
    terms.household_size = args.household_size.or(terms.household_size);
    terms.baseline = args.baseline.clone().or(terms.baseline);
    terms.billing_day = args.billing_day.or(terms.billing_day);
    terms.cycle_start = args.cycle_start.or(terms.cycle_start);
    terms.cycle_months = args.cycle_months.or(terms.cycle_months);
    Ok(terms)
}
