//! What can be bought: from a list to begin with, or as lines of the owner's own.

use super::{Progress, StepRefused, add, answer, free_id, proven, quoted};
use crate::Pages;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// How many lines of the owner's own are taken at a time.
const OWN_LINES_MAX: usize = 500;

/// The shop that goods are bought at until the owner says otherwise.
const FIRST_PAYEE: &str = "shop";

static STARTER: LazyLock<Vec<StarterItem>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Starter {
        goods: Vec<StarterItem>,
    }
    let read: Result<Starter, _> = toml::from_str(include_str!("goods.toml"));
    read.map(|starter| starter.goods).unwrap_or_default()
});

/// An item of the list to begin with; texts by language tag, prices by currency.
#[derive(Deserialize)]
struct StarterItem {
    sku: String,
    name: BTreeMap<String, String>,
    aliases: BTreeMap<String, Vec<String>>,
    unit: BTreeMap<String, String>,
    category: String,
    price: BTreeMap<String, String>,
}

/// An item as the form shows it.
struct Offered {
    sku: String,
    name: String,
    unit: String,
    price: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "wizard_goods.html")]
struct GoodsStep {
    p: Page,
    progress: Progress,
    fault: Option<String>,
    currency: &'static str,
    offered: Vec<Offered>,
    count: usize,
    shop: String,
    own: String,
}

/// The form's fields: `take-<sku>`, `price-<sku>`, and what has a name.
type GoodsFields = BTreeMap<String, String>;

fn step(pages: &Pages, page: Page, progress: Progress, said: Option<&GoodsFields>) -> GoodsStep {
    let household = pages.api.view().book.household.clone();
    let (tag, currency) = (page.lang.tag(), pages.api.home.currency.code());
    let is_new =
        |item: &&StarterItem| !household.catalog.keys().any(|sku| sku.as_str() == item.sku);
    let text = |of: &BTreeMap<String, String>| of.get(tag).cloned().unwrap_or_default();
    let offered = STARTER.iter().filter(is_new).map(|item| {
        let suggested = item.price.get(currency).cloned().unwrap_or_default();
        let price = said.and_then(|said| said.get(&format!("price-{}", item.sku)).cloned());
        Offered {
            sku: item.sku.clone(),
            name: text(&item.name),
            unit: text(&item.unit),
            price: price.unwrap_or(suggested),
            is_chosen: said.is_some_and(|said| said.contains_key(&format!("take-{}", item.sku))),
        }
    });
    let kept = |field: &str| said.and_then(|said| said.get(field).cloned());
    GoodsStep {
        offered: offered.collect(),
        progress,
        fault: None,
        currency,
        count: household.catalog.len(),
        shop: kept("shop").unwrap_or_else(|| page.t("wizard-shop-name")),
        own: kept("own").unwrap_or_default(),
        p: page,
    }
}

pub(super) async fn form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let progress = Progress::at(&pages, &signed, "goods");
    show(&step(&pages, signed.page, progress, None))
}

pub(super) async fn add_goods(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<GoodsFields>,
) -> Response {
    let progress = Progress::at(&pages, &signed, "goods");
    let password = said.get("password").cloned().unwrap_or_default();
    let done = match proven(&pages, &desk, &signed, password).await {
        Ok(()) => added(&pages, &signed, &said).await,
        Err(refused) => Err(refused),
    };
    let again = {
        let (pages, progress) = (pages.clone(), progress.clone());
        move |page, why| {
            show(&GoodsStep { fault: Some(why), ..step(&pages, page, progress, Some(&said)) })
        }
    };
    answer(signed.page, &progress, done, again)
}

async fn added(pages: &Pages, signed: &SignedIn, said: &GoodsFields) -> Result<(), StepRefused> {
    let page = &signed.page;
    let household = pages.api.view().book.household.clone();
    let mut tables = String::new();
    let payee = match household.payees.keys().next() {
        Some(payee) => payee.to_string(),
        None => {
            let shop = said.get("shop").map(|shop| shop.trim()).filter(|shop| !shop.is_empty());
            let shop = shop.map_or_else(|| page.t("wizard-shop-name"), str::to_owned);
            let id = FIRST_PAYEE;
            tables.push_str(&format!("[[payees]]\nid = \"{id}\"\nname = {}\n", quoted(&shop)));
            id.to_owned()
        }
    };
    let chosen = STARTER.iter().filter(|item| said.contains_key(&format!("take-{}", item.sku)));
    for item in chosen {
        let price = said.get(&format!("price-{}", item.sku)).map_or("", |price| price.trim());
        tables.push_str(&starter_table(item, price, &payee));
    }
    let own = own_lines(said.get("own").map_or("", String::as_str), &household).map_err(
        |(line, fault)| {
            let words = page.with(fault, &[("line", &line.to_string())]);
            StepRefused::wrong(words)
        },
    )?;
    for item in &own {
        tables.push_str(&own_table(item, &payee));
    }
    if !tables.contains("[[catalog]]") {
        return Err(StepRefused::wrong(page.t("wizard-no-goods")));
    }
    add(pages, signed, &tables).await
}

fn starter_table(item: &StarterItem, price: &str, payee: &str) -> String {
    let both = |of: &BTreeMap<String, String>| {
        let texts = of.iter().map(|(tag, text)| format!("{tag} = {}", quoted(text)));
        format!("{{ {} }}", texts.collect::<Vec<_>>().join(", "))
    };
    let aliases: BTreeSet<&String> = item.aliases.values().flatten().collect();
    let aliases = aliases.into_iter().map(|alias| quoted(alias)).collect::<Vec<_>>().join(", ");
    let unit = item.unit.get("zh-CN").map_or("", String::as_str);
    format!(
        "[[catalog]]\nsku = {}\nname = {}\naliases = [{aliases}]\nunit = {}\nprice = {}\n\
         category = {}\npayee = {}\n",
        quoted(&item.sku),
        both(&item.name),
        quoted(unit),
        quoted(price),
        quoted(&item.category),
        quoted(payee)
    )
}

/// A line of the owner's own.
struct OwnItem {
    sku: String,
    name: String,
    price: String,
    unit: String,
    category: String,
}

fn own_table(item: &OwnItem, payee: &str) -> String {
    let unit = if item.unit.is_empty() {
        String::new()
    } else {
        format!("unit = {}\n", quoted(&item.unit))
    };
    format!(
        "[[catalog]]\nsku = {}\nname = {}\nprice = {}\n{unit}category = {}\npayee = {}\n",
        quoted(&item.sku),
        quoted(&item.name),
        quoted(&item.price),
        quoted(&item.category),
        quoted(payee)
    )
}

/// Lines `name, price, unit, category` as a spreadsheet gives them: with commas, semicolons or tabs. The
/// last two may be left out. Gives the number of the line that is wrong, and the words for it.
fn own_lines(text: &str, household: &Household) -> Result<Vec<OwnItem>, (usize, &'static str)> {
    let first = text.lines().next().unwrap_or_default();
    let separator = [b'\t', b';', b','].into_iter().find(|c| first.as_bytes().contains(c));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut items: Vec<OwnItem> = Vec::new();
    for (place, row) in reader.records().enumerate() {
        let line = place.saturating_add(1);
        let row = row.map_err(|_| (line, "wizard-bad-line"))?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        if items.len() >= OWN_LINES_MAX {
            return Err((line, "wizard-too-many-lines"));
        }
        let (name, price) = (field(0), field(1));
        if name.is_empty() || price.is_empty() {
            return Err((line, "wizard-bad-line"));
        }
        let is_taken = |id: &Name| {
            household.catalog.contains_key(id) || items.iter().any(|item| item.sku == id.as_str())
        };
        let sku = free_id(&name, "item", is_taken);
        let category = if field(3).is_empty() { "grocery".to_owned() } else { field(3) };
        items.push(OwnItem { sku, name, price, unit: field(2), category });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::household::Lang;
    use homepay_domain::money::Currency;

    #[test]
    fn what_is_offered_has_both_languages_and_prices_that_can_be_read() {
        assert!(STARTER.len() >= 8);
        for item in STARTER.iter() {
            for lang in [Lang::ZhCn, Lang::En] {
                for texts in [&item.name, &item.unit] {
                    assert!(
                        texts.get(lang.tag()).is_some_and(|text| !text.is_empty()),
                        "{}",
                        item.sku
                    );
                }
            }
            for code in ["CNY", "EUR", "USD"] {
                let currency = Currency::from_code(code).expect("a currency");
                assert!(currency.parse(&item.price[code]).is_ok(), "{} {code}", item.sku);
            }
        }
    }

    #[test]
    fn own_lines_come_as_spreadsheets_give_them() {
        let household = Household::default();
        let read = |text| own_lines(text, &household);
        let items = read("面条, 12.50, 袋\n\"Tea, green\"\t\n").err();
        assert_eq!(items, Some((2, "wizard-bad-line")), "two kinds of separators");
        let items = read("面条;12,50;袋\nGreen tea;8.00;;drinks\n面条;13.00").expect("three lines");
        let told: Vec<_> = items
            .iter()
            .map(|i| (i.sku.as_str(), i.name.as_str(), i.price.as_str(), i.category.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("item", "面条", "12,50", "grocery"),
                ("green-tea", "Green tea", "8.00", "drinks"),
                ("item-2", "面条", "13.00", "grocery"),
            ]
        );
        assert!(read("").expect("nothing").is_empty());
    }
}
