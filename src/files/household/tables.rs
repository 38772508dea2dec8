//! A household's file, read in full: what is wrong with it is all said at once.

use super::known::Known;
use super::{alerts, budgets, catalog, devices, firing, limits, parts, people, spot, tariffs};
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::Name;
use homepay_text::problem::{Problem, hint, shown};
use homepay_text::toml_table::{Diagnostics, Located, TomlTable};
use std::collections::{BTreeMap, BTreeSet};

/// Reads a household. `file` is what problems name; `files` gives the text of a file that this
/// one names, by the name as written.
///
/// # Errors
/// Every mistake of the file, by line.
pub fn read_household(
    text: &str,
    file: &str,
    home: &Home,
    files: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Household, Vec<Problem>> {
    let (page, table) = Diagnostics::open(file, text);
    let household = {
        let top = TomlTable::new(&page, table.get_ref(), 0);
        ParseContext::new(&page, &top, home, files).household()
    };
    let problems = page.into_problems();
    if problems.is_empty() { Ok(household) } else { Err(problems) }
}

/// The tables of one kind, and the ids that they give.
pub(super) struct Tables<'a> {
    /// What one is called.
    pub(super) word: &'static str,
    /// Each table with its id; none where the id cannot be read, or is another's.
    pub(super) sheets: Vec<(Option<Name>, TomlTable<'a>)>,
    /// Each id with its line.
    pub(super) ids: BTreeMap<Name, usize>,
}

/// What is needed to read any table.
pub(super) struct ParseContext<'a> {
    pub(super) page: &'a Diagnostics<'a>,
    pub(super) home: &'a Home,
    pub(super) files: &'a dyn Fn(&str) -> Result<String, String>,
    pub(super) members: Tables<'a>,
    pub(super) owner_keys: Tables<'a>,
    pub(super) payees: Tables<'a>,
    pub(super) catalog: Tables<'a>,
    pub(super) rooms: Tables<'a>,
    pub(super) devices: Tables<'a>,
    pub(super) tariffs: Tables<'a>,
    pub(super) limits: Tables<'a>,
    pub(super) spot_prices: Tables<'a>,
    pub(super) alerts: Vec<TomlTable<'a>>,
    pub(super) budgets: Vec<TomlTable<'a>>,
}

impl<'a> ParseContext<'a> {
    fn new(
        page: &'a Diagnostics<'a>,
        top: &TomlTable<'a>,
        home: &'a Home,
        files: &'a dyn Fn(&str) -> Result<String, String>,
    ) -> ParseContext<'a> {
        let context = ParseContext {
            page,
            home,
            files,
            members: rows(page, top, "members", ("member", "id")),
            owner_keys: rows(page, top, "owner_keys", ("owner key", "id")),
            payees: rows(page, top, "payees", ("payee", "id")),
            catalog: rows(page, top, "catalog", ("item", "sku")),
            rooms: rows(page, top, "rooms", ("room", "id")),
            devices: rows(page, top, "devices", ("device", "id")),
            tariffs: rows(page, top, "tariffs", ("tariff", "id")),
            limits: rows(page, top, "limits", ("limit", "id")),
            spot_prices: rows(page, top, "spot_prices", ("list of prices", "id")),
            alerts: top.sheets("alerts"),
            budgets: top.sheets("budgets"),
        };
        top.finish("a household");
        context
    }

    fn household(&self) -> Household {
        let household = Household {
            members: each(&self.members, |sheet| people::member(sheet)),
            owner_keys: each(&self.owner_keys, |sheet| people::owner_key(self, sheet)),
            payees: each(&self.payees, people::payee),
            catalog: each(&self.catalog, |sheet| catalog::item(self, sheet)),
            rooms: each(&self.rooms, people::room),
            devices: each(&self.devices, |sheet| devices::device(self, sheet)),
            tariffs: each(&self.tariffs, |sheet| tariffs::tariff(self, sheet)),
            spot_prices: each(&self.spot_prices, |sheet| spot::source(self, sheet)),
            alerts: alerts::alerts(self),
            budgets: budgets::budgets(self),
            limits: limits::limits(self),
        };
        catalog::one_name_one_item(self);
        parts::one_topic_one_device(self);
        parts::windows_known(self, &household);
        firing::rules_that_never_warn(self, &household);
        household
    }

    /// The names that limits may speak of, also of things that are faulty otherwise: their own
    /// mistakes are said where they stand.
    pub(super) fn known(&self) -> Known {
        let peeked = |rows: &Tables<'_>, key: &str| {
            let texts = rows.sheets.iter().filter_map(|(_, sheet)| sheet.peek(key));
            texts.filter_map(|text| Name::parse(text).ok()).collect::<Vec<_>>()
        };
        let utilities = peeked(&self.tariffs, "utility");
        let budgeted = self.budgets.iter().filter_map(|sheet| sheet.peek("category"));
        let budgeted = budgeted.filter_map(|text| Name::parse(text).ok());
        Known {
            devices: self.devices.ids.keys().cloned().collect(),
            rooms: peeked(&self.devices, "room").into_iter().collect(),
            members: self.members.ids.keys().cloned().collect(),
            categories: peeked(&self.catalog, "category")
                .into_iter()
                .chain(utilities)
                .chain(budgeted)
                .collect(),
            payees: self.payees.ids.keys().cloned().collect(),
        }
    }

    /// Categories that money may be spent on: of items, tariffs and limits.
    pub(super) fn spent_on(&self) -> BTreeSet<Name> {
        let peeked = |rows: &Tables<'_>, key: &str| {
            let texts = rows.sheets.iter().filter_map(|(_, sheet)| sheet.peek(key));
            texts.filter_map(|text| Name::parse(text).ok()).collect::<Vec<_>>()
        };
        let limited = self.limits.sheets.iter().filter_map(|(_, sheet)| {
            let scope = sheet.find("scope")?.get_ref().as_table()?;
            Name::parse(scope.get("category")?.get_ref().as_str()?).ok()
        });
        let named = [peeked(&self.catalog, "category"), peeked(&self.tariffs, "utility")];
        named.into_iter().flatten().chain(limited).collect()
    }

    /// A name that must be one of `rows`.
    pub(super) fn refer(&self, rows: &Tables<'_>, name: Option<Located<Name>>) -> Option<Name> {
        let Located { value: name, at } = name?;
        if !rows.ids.contains_key(&name) {
            let near = hint(name.as_str(), rows.ids.keys().map(Name::as_str));
            self.page.absent(at, format!("there is no {} \"{name}\"{near}", rows.word));
        }
        Some(name)
    }
}

fn rows<'a>(
    page: &Diagnostics<'a>,
    top: &TomlTable<'a>,
    table: &'static str,
    (word, key): (&'static str, &'static str),
) -> Tables<'a> {
    let mut ids: BTreeMap<Name, usize> = BTreeMap::new();
    let mut sheets = Vec::new();
    for sheet in top.sheets(table) {
        let mut id = None;
        if let Some(Located { value: name, at }) = sheet.need_name(key) {
            if let Some(line) = ids.get(&name) {
                let name = shown(name.as_str());
                page.wrong(at, format!("there is already a {word} \"{name}\", on line {line}"));
            } else {
                ids.insert(name.clone(), page.line(at));
                id = Some(name);
            }
        }
        sheets.push((id, sheet));
    }
    Tables { word, sheets, ids }
}

fn each<'a, T>(rows: &Tables<'a>, read: impl Fn(&TomlTable<'a>) -> Option<T>) -> BTreeMap<Name, T> {
    let mut things = BTreeMap::new();
    for (id, sheet) in &rows.sheets {
        let thing = read(sheet);
        sheet.finish(rows.word);
        if let (Some(id), Some(thing)) = (id, thing) {
            things.insert(id.clone(), thing);
        }
    }
    things
}
