//! Prices for other units than those that are counted.

use super::read;

/// A tariff of heat with a price, a charge and a credit for each unit.
fn heat(unit: &str, more: &str) -> String {
    format!(
        "id = \"heat\"\nutility = \"heat\"\ncurrency = \"EUR\"\n{unit}\n{more}\n\
         [[adders]]\nname = \"levy\"\nrate = \"2.5\"\n\
         [[credits]]\nname = \"bonus\"\nper_unit = \"1\"\n\
         [[versions]]\nfrom = \"2026-01-01\"\nprice = \"25.55\"\n"
    )
}

#[test]
fn a_price_for_any_unit_of_heat_is_one_for_a_kwh() {
    // One GJ is 1000 / 3.6 kWh, one MWh a thousand.
    for (unit, price, levy, bonus) in [
        ("", "25.55", "2.5", "1"),
        ("unit = \"kWh\"", "25.55", "2.5", "1"),
        ("unit = \"€/GJ\"", "0.09198", "0.009", "0.0036"),
        ("unit = \"GJ\"", "0.09198", "0.009", "0.0036"),
        ("unit = \"EUR/MWh\"", "0.02555", "0.0025", "0.001"),
        ("unit = \"ct/kWh\"", "0.2555", "0.025", "0.01"),
        ("unit = \"MJ\"", "91.98", "9", "3.6"),
    ] {
        let told = read(&heat(unit, ""));
        let plan = told.unwrap_or_else(|problems| panic!("{unit}: {problems:?}")).plan;
        let version = &plan.versions[0];
        assert_eq!(plan.unit, "kWh", "{unit}");
        assert_eq!(version.seasons[0].rates[0][0].to_string(), price, "{unit}");
        assert_eq!(version.adders[0].rates[0].to_string(), levy, "{unit}");
        let homepay_domain::tariff::CreditBy::Unit { amount, .. } = &version.credits[0].by else {
            panic!("a credit for each unit")
        };
        assert_eq!(amount.to_string(), bonus, "{unit}");
    }
}

#[test]
fn a_unit_that_would_be_read_wrongly_is_refused() {
    for (text, says) in [
        (heat("unit = \"m³\"", ""), "does not price heat"),
        (heat("unit = \"Wh\"", ""), "does not price heat"),
        (heat("unit = \"CNY/GJ\"", ""), "is not in the tariff's currency EUR"),
        (heat("unit = \"€/GJ\"", "").replace("currency = \"EUR\"\n", ""), "says a currency"),
        (
            heat("unit = \"€/GJ\"", "").replace("\"heat\"\ncurr", "\"electricity\"\ncurr"),
            "electricity",
        ),
        (
            heat("unit = \"€/GJ\"", "").replace("\"1\"\n", "\"1\"\nup_to = \"100\"\n"),
            "up_to is counted in kWh: write prices for one kWh, too (× 0.0036)",
        ),
    ] {
        let told = read(&text).expect_err(says);
        assert!(told.iter().any(|problem| problem.what.contains(says)), "{says}: {told:?}");
    }
    // Electricity is sold by the MWh, too.
    let text = "currency = \"EUR\"\nunit = \"EUR/MWh\"\n\
        [[versions]]\nfrom = \"2026-01-01\"\nprice = \"250\"\n";
    let plan = read(text).expect("it reads").plan;
    assert_eq!(plan.versions[0].seasons[0].rates[0][0].to_string(), "0.25");
}
