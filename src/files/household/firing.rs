//! Rules that can never warn, and rules that hardly will: whether anything can cost what they watch.

use super::tables::ParseContext;
use homepay_devices::registry::registry;
use homepay_domain::alert::{AlertRule, Watched};
use homepay_domain::household::{Device, DeviceKind, Household};
use homepay_domain::ids::Name;
use homepay_domain::meter::Quantity;
use homepay_domain::tariff::{Tariff, Version};
use homepay_domain::usage::priced_quantity;
use rust_decimal::Decimal;

/// Why a rule does not warn.
enum Silence {
    /// It never can: why, and what to do.
    Never(String),
    /// Only what does not depend on use can reach it.
    FeesOnly(String),
}

/// Notes the rules that can never warn.
pub(super) fn rules_that_never_warn(context: &ParseContext<'_>, household: &Household) {
    // Where a rule cannot be read, its place among the others is not known.
    if context.alerts.len() != household.alerts.len() {
        return;
    }
    for (sheet, rule) in context.alerts.iter().zip(&household.alerts) {
        if let Some(Silence::Never(why)) = silence(household, rule) {
            sheet.wrong(sheet.at(), format!("{why}: this would never warn"));
        }
    }
}

/// Rules and devices of which hardly anything will come, in words.
pub fn idle(household: &Household) -> Vec<String> {
    let devices = household.devices.iter().filter_map(|(id, device)| {
        let tariff = tariff_of(household, device)?;
        let why = counts_nothing(id, device, tariff)?;
        Some(format!("note: {why}; until then nothing of it is billed"))
    });
    let rules = household.alerts.iter().filter_map(|rule| match silence(household, rule)? {
        Silence::Never(_) => None,
        Silence::FeesOnly(why) => {
            Some(format!("note: {why}: only what is due without use can warn"))
        }
    });
    devices.chain(rules).collect()
}

fn silence(household: &Household, rule: &AlertRule) -> Option<Silence> {
    let tariffs = household.tariffs.iter();
    match &rule.watched {
        Watched::Device(id) => {
            let device = household.devices.get(id)?;
            let tariff = tariff_of(household, device)?;
            let free = || is_free(tariff).then(|| prices_are_zero(device.tariff.as_ref()));
            counts_nothing(id, device, tariff).or_else(free).map(Silence::Never)
        }
        Watched::Bill(id) => {
            let tariff = household.tariffs.get_key_value(id)?;
            of_tariff(household, tariff)
        }
        Watched::Category(category) => {
            of_all(household, tariffs.filter(|(_, tariff)| tariff.utility == *category))
        }
        Watched::Home => of_all(household, tariffs),
    }
}

/// Of several tariffs one that can cost is enough.
fn of_all<'a>(
    household: &Household,
    tariffs: impl Iterator<Item = (&'a Name, &'a Tariff)>,
) -> Option<Silence> {
    let mut first = None;
    for tariff in tariffs {
        let silence = of_tariff(household, tariff)?;
        if first.is_none() || matches!(silence, Silence::FeesOnly(_)) {
            first = Some(silence);
        }
    }
    first
}

fn of_tariff(household: &Household, (id, tariff): (&Name, &Tariff)) -> Option<Silence> {
    let under = |device: &&Device| {
        let uses = matches!(device.kind, DeviceKind::Appliance | DeviceKind::Meter);
        uses && device.tariff.as_ref() == Some(id)
    };
    let mut devices = household.devices.iter().filter(|(_, device)| under(device)).peekable();
    // That no device is under it is said where the rule is read.
    devices.peek()?;
    let idle: Option<Vec<String>> =
        devices.map(|(of, device)| counts_nothing(of, device, tariff)).collect();
    let idle = idle.map(|all| all.join("; "));
    let why = idle.or_else(|| is_free(tariff).then(|| prices_are_zero(Some(id))))?;
    Some(if has_fees(tariff) { Silence::FeesOnly(why) } else { Silence::Never(why) })
}

fn tariff_of<'a>(household: &'a Household, device: &Device) -> Option<&'a Tariff> {
    let uses = matches!(device.kind, DeviceKind::Appliance | DeviceKind::Meter);
    device.tariff.as_ref().filter(|_| uses).and_then(|id| household.tariffs.get(id))
}

/// Why nothing of a device can be counted under a tariff, where nothing can.
fn counts_nothing(id: &Name, device: &Device, tariff: &Tariff) -> Option<String> {
    let profile = registry().get(device.profile.as_str())?;
    let model = device.model.as_deref();
    let wanted = priced_quantity(tariff);
    // What a meter of heat or cold tells as energy is that.
    let energy = matches!(wanted, Quantity::Energy | Quantity::Heat | Quantity::Cooling);
    let counted = |of: Quantity| of == wanted || (energy && of == Quantity::Energy);
    if profile.counts(model, counted) {
        return None;
    }
    let of_model = model.map_or("without a model".to_owned(), |of| format!("model \"{of}\""));
    let power = if energy { ", or a model that adds up power" } else { "" };
    Some(format!(
        "{id} tells no {} that could be counted (profile {}, {of_model}): name a sensor that counts \
         it{power}",
        wanted.as_str(),
        profile.id
    ))
}

fn prices_are_zero(tariff: Option<&Name>) -> String {
    let tariff = tariff.map_or("", Name::as_str);
    format!("the prices of {tariff} are 0: write what a unit costs")
}

/// True where no unit costs anything, whenever it is used.
fn is_free(tariff: &Tariff) -> bool {
    let costs = |price: &Decimal| *price > Decimal::ZERO;
    let free = |version: &Version| {
        let rates = version.seasons.iter().flat_map(|season| season.rates.iter().flatten());
        let added = version.adders.iter().flat_map(|adder| &adder.rates);
        version.spot.is_none() && !rates.chain(added).any(costs)
    };
    tariff.plan.versions.iter().all(free)
}

/// True where something is due without any use.
fn has_fees(tariff: &Tariff) -> bool {
    tariff.plan.versions.iter().any(|version| {
        let fixed = version.fixed.iter().map(|fixed| fixed.amount);
        let least = version.minimum.iter().map(|minimum| minimum.amount);
        fixed.chain(least).any(|amount| amount > Decimal::ZERO)
    })
}
