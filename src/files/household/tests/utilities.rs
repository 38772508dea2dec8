//! What is delivered besides electricity: heat and cold by energy, gas by volume or by energy.

use super::{files, home};
use crate::household::{read_household, write_household};
use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::meter::Quantity;
use homepay_domain::tariff::{Slot, SlotUse};
use homepay_domain::time::UnixMs;
use jiff::civil::date;

fn house(utility: &str, more: &str) -> String {
    format!(
        "[[payees]]\nid = \"works\"\nname = \"Works\"\n\
         [[tariffs]]\nid = \"t\"\nutility = \"{utility}\"\npayee = \"works\"\n{more}\n\
         [[devices]]\nid = \"meter\"\nkind = \"meter\"\nname = \"Meter\"\n\
         profile = \"generic-json\"\ntopic = \"home/meter\"\ntariff = \"t\"\n"
    )
}

fn read(text: &str) -> Result<Household, Vec<String>> {
    let read = read_household(text, "household.toml", &home(), &files);
    read.map_err(|problems| problems.into_iter().map(|problem| problem.what).collect())
}

/// What a month comes to in which so much was counted.
fn bill(text: &str, quantity: Quantity, used: &str, unit: &str) -> String {
    let household = read(text).expect("a household");
    let again = read(&write_household(&household, &home())).expect("what is written is read");
    assert_eq!(again, household, "an export says the same");
    let mut book = Book::new(home());
    book.household = household.into();
    let micro = quantity.micro(used.parse().expect("a number"), unit).expect("fits");
    let slot = Slot::of(UnixMs(1_793_500_000_000));
    let used = SlotUse { slot, minute: 0, micro, estimated: false, imported: false };
    let id = Name::parse("meter").expect("a name");
    book.usage.add(&id, quantity, &[used]);
    let (tariff, of) = book.household.tariffs.iter().next().expect("a tariff");
    let days = (date(2026, 11, 1), date(2026, 12, 1));
    let bill = Billing::of(&book).bill((tariff, of), days).expect("a bill");
    home().currency.text(bill.total)
}

#[test]
fn heat_cold_and_gas_are_billed() {
    let price = |price: &str, unit: &str| {
        format!("versions = [{{ from = \"2026-01-01\", price = \"{price}\", unit = \"{unit}\" }}]")
    };
    // 2.5 GJ at 25 a GJ; 694.444 kWh at 0.09.
    for (utility, quantity) in [("heat", Quantity::Heat), ("cooling", Quantity::Cooling)] {
        for (price, unit) in
            [(price("25", "GJ"), "GJ"), (price("0.09", "kWh"), "GJ"), (price("90", "MWh"), "GJ")]
        {
            assert_eq!(bill(&house(utility, &price), quantity, "2.5", unit), "62.50", "{price}");
        }
    }
    // 100 m³ × 11.264 × 0.9672 = 1089.45408 kWh, at 0.12; and by the m³.
    let calorific = "calorific = [{ from = \"2026-01-01\", calorific_value = \"9\" }, \
        { from = \"2026-11-01\", calorific_value = \"11.264\", correction_factor = \"0.9672\" }]";
    let gas = house("gas", &format!("{}\n{calorific}", price("0.12", "kWh")));
    assert_eq!(bill(&gas, Quantity::Gas, "100", "m³"), "130.73");
    // The same by the MWh and by the GJ.
    for (price, unit) in [("120", "MWh"), ("33.3333333333", "GJ")] {
        let versions = format!(
            "versions = [{{ from = \"2026-01-01\", price = \"{price}\", unit = \"{unit}\" }}]"
        );
        let gas = house("gas", &format!("{versions}\n{calorific}"));
        assert_eq!(bill(&gas, Quantity::Gas, "100", "m³"), "130.73", "{unit}");
        let bare = house("gas", &versions);
        assert!(read(&bare).expect_err("no calorific").join("").contains("calorific"), "{unit}");
    }
    let gas = house("gas", &price("3.05", "m³"));
    assert_eq!(bill(&gas, Quantity::Gas, "100", "m³"), "305.00");
    // As in Britain: 39.6 MJ/m³ × 1.02264 / 3.6 = 11.24904 kWh a m³.
    let calorific = "calorific = [{ from = \"2026-01-01\", calorific_value = \"39.6 MJ/m3\", \
        correction_factor = \"1.02264\" }]";
    let gas = house("gas", &format!("{}\n{calorific}", price("0.10", "kWh")));
    assert_eq!(bill(&gas, Quantity::Gas, "100", "m³"), "112.49");
}

#[test]
fn what_would_be_billed_as_nothing_is_refused() {
    let flat = "versions = [{ from = \"2026-01-01\", price = \"0.12\", unit = \"kWh\" }]";
    for (utility, more, says) in [
        ("electrcity", flat, "did you mean \"electricity\"?"),
        ("steam", flat, "there are: electricity, water, gas, heat, cooling"),
        ("gas", flat, "calorific"),
        ("heat", &flat.replace("kWh", "m³"), "does not price heat"),
        ("electricity", &flat.replace("kWh", "GJ"), "does not price electricity"),
    ] {
        let told = read(&house(utility, more)).expect_err("a mistake");
        assert!(told.iter().any(|what| what.contains(says)), "{utility}: {told:?}");
    }
    let late = "calorific = [{ from = \"2026-03-01\", calorific_value = \"11\" }]";
    let told = read(&house("gas", &format!("{flat}\n{late}"))).expect_err("a mistake");
    assert!(told.iter().any(|what| what.contains("calorific begins on 2026-03-01")), "{told:?}");
}
