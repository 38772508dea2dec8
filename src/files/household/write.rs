//! The household as TOML: what is written reads back to the same, in an order that stays.

use super::alerts::{PERIODS, SEVERITIES};
use super::budgets;
use super::catalog::CAPTURES;
use super::devices::KINDS;
use super::limit_form::{FIELDS, FieldKind, LimitForm, form_of_limit};
use super::parts::PHASES;
use super::people::ROLES;
use super::scope_form::{AmountForm, ScopeForm, UNLIMITED};
use super::tariff_written::tariff_fields;
use homepay_domain::alert::{AlertRule, Watched};
use homepay_domain::budget::Budget;
use homepay_domain::household::{Device, Home, Household, Item, SpotFrom, SpotSource};
use homepay_domain::ids::Name;
use homepay_domain::label::Label;
use homepay_text::span;
use serde_json::Value;
use std::fmt::Write;
use toml_edit::{Array, InlineTable, Value as TomlValue};

/// One table as it is written.
pub(super) struct TableEntry {
    /// The table's name, such as `devices`.
    pub(super) table: &'static str,
    /// What one is called, such as `device`.
    pub(super) word: &'static str,
    pub(super) id: String,
    /// Its keys, in order.
    pub(super) fields: Vec<KeyValue>,
}

/// A key as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyValue {
    pub(super) key: &'static str,
    /// Its value in TOML.
    pub(super) value: String,
    /// What may be shown of it; a secret shows less than it is.
    pub(super) shown: String,
}

/// The key of a PIN's hash: so few digits are soon found from it, so that it is never written out.
const PIN_HASH_KEY: &str = "pin_hash";

/// Writes a household as TOML. Keys of devices and owners are written out, hashes of PINs are not:
/// whoever stays keeps their PIN when it is applied.
pub fn write_household(household: &Household, home: &Home) -> String {
    let mut out = String::new();
    // A rule that sleeps is refused where a file is read; whoever applies this keeps it.
    let mut household = household.clone();
    for limit in household.limits.values_mut() {
        *limit = limit.without_idle_rules();
    }
    for entry in entries(&household, home) {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "[[{}]]", entry.table);
        for field in entry.fields.into_iter().filter(|field| field.key != PIN_HASH_KEY) {
            let _ = writeln!(out, "{} = {}", field.key, field.value);
        }
    }
    out
}

/// All tables, in the order of the file.
pub(super) fn entries(household: &Household, home: &Home) -> Vec<TableEntry> {
    let mut all = Vec::new();
    let mut add = |table, word, id: &str, fields: Fields| {
        all.push(TableEntry { table, word, id: id.to_owned(), fields: fields.0 });
    };
    for (id, member) in &household.members {
        let mut fields = Fields::named("id", id);
        fields.text("name", &member.name).text("role", word(&ROLES, &member.role));
        if let Some(pin) = &member.pin {
            fields.secret(PIN_HASH_KEY, pin.expose(), "set");
        }
        add("members", "member", id.as_str(), fields);
    }
    for (id, key) in &household.owner_keys {
        let mut fields = Fields::named("id", id);
        fields.text("member", key.member.as_str());
        fields.secret("key", key.key.expose(), "…");
        add("owner_keys", "owner key", id.as_str(), fields);
    }
    for (id, payee) in &household.payees {
        let mut fields = Fields::named("id", id);
        fields.label("name", &payee.name);
        add("payees", "payee", id.as_str(), fields);
    }
    for (sku, item) in &household.catalog {
        add("catalog", "item", sku.as_str(), item_fields(sku, item, home));
    }
    for (id, tariff) in &household.tariffs {
        add("tariffs", "tariff", id.as_str(), tariff_fields(id, tariff));
    }
    for (id, source) in &household.spot_prices {
        let fields = spot_fields(id, source);
        add("spot_prices", "list of prices", id.as_str(), fields);
    }
    for (id, room) in &household.rooms {
        let mut fields = Fields::named("id", id);
        fields.label("name", &room.name);
        add("rooms", "room", id.as_str(), fields);
    }
    for (id, device) in &household.devices {
        add("devices", "device", id.as_str(), device_fields(id, device));
    }
    for rule in &household.alerts {
        let (id, fields) = alert_fields(rule, home);
        add("alerts", "alert", &id, fields);
    }
    for budget in &household.budgets {
        let id = format!("{} {}", budget.category, word(&budgets::PERIODS, &budget.period));
        add("budgets", "budget", &id, budget_fields(budget, home));
    }
    for (id, limit) in &household.limits {
        add("limits", "limit", id.as_str(), limit_fields(&form_of_limit(limit, home)));
    }
    all
}

fn budget_fields(budget: &Budget, home: &Home) -> Fields {
    let money = |amount| home.currency.text(amount);
    let mut fields = Fields::named("category", &budget.category);
    fields
        .text("period", word(&budgets::PERIODS, &budget.period))
        .text("amount", &money(budget.amount))
        .text("rollover", word(&budgets::ROLLOVERS, &budget.rollover))
        .maybe("rollover_max", budget.rollover_max.map(money))
        .maybe("from", budget.from.map(|from| from.to_string()));
    fields
}

/// Keys as they are gathered; what is unset is left out.
pub(super) struct Fields(Vec<KeyValue>);

impl Fields {
    pub(super) fn named(key: &'static str, id: &Name) -> Fields {
        let mut fields = Fields(Vec::new());
        fields.text(key, id.as_str());
        fields
    }

    pub(super) fn put(&mut self, key: &'static str, value: impl Into<TomlValue>) -> &mut Fields {
        let value = value.into().to_string();
        self.0.push(KeyValue { key, shown: value.clone(), value });
        self
    }

    pub(super) fn secret(
        &mut self,
        key: &'static str,
        value: impl Into<TomlValue>,
        shown: &str,
    ) -> &mut Fields {
        let value = value.into().to_string();
        self.0.push(KeyValue { key, value, shown: shown.to_owned() });
        self
    }

    pub(super) fn text(&mut self, key: &'static str, text: &str) -> &mut Fields {
        self.put(key, text)
    }

    pub(super) fn label(&mut self, key: &'static str, label: &Label) -> &mut Fields {
        match label {
            Label::Same(name) => self.text(key, name),
            Label::PerLanguage { zh_cn, en } => {
                self.put(key, InlineTable::from_iter([("zh-CN", zh_cn), ("en", en)]))
            }
        }
    }

    pub(super) fn maybe(
        &mut self,
        key: &'static str,
        text: Option<impl AsRef<str>>,
    ) -> &mut Fields {
        if let Some(text) = text {
            self.text(key, text.as_ref());
        }
        self
    }

    pub(super) fn list(&mut self, key: &'static str, texts: &[String]) -> &mut Fields {
        if texts.is_empty() { self } else { self.put(key, Array::from_iter(texts)) }
    }
}

fn item_fields(sku: &Name, item: &Item, home: &Home) -> Fields {
    let priced_in = item.currency.unwrap_or(home.currency);
    let mut fields = Fields::named("sku", sku);
    fields
        .label("name", &item.name)
        .list("aliases", &item.aliases)
        .maybe("unit", item.unit.as_ref())
        .text("price", &priced_in.text(item.price))
        .maybe("currency", item.currency.map(|currency| currency.code()))
        .maybe("category", item.category.as_ref())
        .maybe("payee", item.payee.as_ref())
        .text("capture", word(&CAPTURES, &item.capture));
    fields
}

fn device_fields(id: &Name, device: &Device) -> Fields {
    let mut fields = Fields::named("id", id);
    fields
        .text("kind", word(&KINDS, &device.kind))
        .label("name", &device.name)
        .maybe("room", device.room.as_ref())
        .text("profile", device.profile.as_str())
        .maybe("topic", device.topic.as_ref())
        .maybe("model", device.model.as_ref());
    match device.channel.as_slice() {
        [] => {}
        [one] => {
            fields.text("channel", one);
        }
        several => {
            fields.put("channel", Array::from_iter(several));
        }
    }
    if !device.registers.is_empty() {
        fields.put("registers", InlineTable::from_iter(&device.registers));
    }
    fields.maybe("phases", device.phases_net.then(|| word(&PHASES, &true).to_owned()).as_ref());
    if let Some(watts) = device.max_power_w {
        fields.put("max_power_w", i64::from(watts));
    }
    fields.maybe("modulus", device.modulus.map(|modulus| modulus.to_string()));
    fields.maybe("tariff", device.tariff.as_ref());
    fields.maybe("run_kwh", device.run_kwh.map(|run| run.to_string()));
    if !device.keys.is_empty() {
        let keys = device.keys.iter().map(|(id, secret)| (id.as_str(), secret.expose()));
        let ids: Vec<&str> = device.keys.keys().map(Name::as_str).collect();
        fields.secret("keys", InlineTable::from_iter(keys), &ids.join(", "));
    }
    fields
}

fn spot_fields(id: &Name, source: &SpotSource) -> Fields {
    let mut fields = Fields::named("id", id);
    match &source.from {
        SpotFrom::Topic(topic) => fields.text("topic", topic),
        SpotFrom::File(file) => fields.text("file", file),
        SpotFrom::Url(url) => fields.text("url", url),
        SpotFrom::Published(by) => {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            fields.text("source", &by.source).maybe("zone", some(&by.zone).as_ref());
            fields.maybe("url", some(&by.url).as_ref()).maybe("token_file", by.token_file.as_ref());
            fields.maybe("tax", by.with_tax.then(|| "in".to_owned()).as_ref())
        }
    };
    fields.text("every", &span::text(source.every_s)).maybe("unit", source.unit.as_ref());
    fields
}

fn alert_fields(rule: &AlertRule, home: &Home) -> (String, Fields) {
    let mut fields = Fields(Vec::new());
    let subject = match &rule.watched {
        Watched::Device(device) => {
            fields.text("device", device.as_str());
            format!("device {device}")
        }
        Watched::Category(category) => {
            fields.text("category", category.as_str());
            format!("category {category}")
        }
        Watched::Home => {
            fields.put("home", true);
            "home".to_owned()
        }
        Watched::Bill(tariff) => {
            fields.text("tariff", tariff.as_str());
            format!("tariff {tariff}")
        }
    };
    let period = word(&PERIODS, &rule.period);
    let bands = Array::from_iter(rule.bands.iter().map(|band| i64::from(*band)));
    fields
        .text("period", period)
        .text("cost", &home.currency.text(rule.cost))
        .put("bands", bands)
        .maybe("severity", rule.severity.map(|severity| word(&SEVERITIES, &severity)))
        .maybe("repeat", rule.repeat_s.map(span::text));
    if rule.speak {
        fields.put("speak", true);
    }
    (format!("{subject} a {period}"), fields)
}

fn limit_fields(form: &LimitForm) -> Fields {
    let mut fields = Fields(Vec::new());
    fields.text("id", &form.id).put("scope", scope_table(&form.scope));
    let written = serde_json::json!(form);
    for (key, kind, _) in FIELDS {
        match (kind, &written[key]) {
            // Nothing is written, but of an amount, of which nothing is a word, too.
            (_, Value::Null) if *key == "amount" && form.amount == AmountForm::Unlimited => {
                fields.text(key, UNLIMITED);
            }
            (_, Value::Null) => {}
            (FieldKind::Text | FieldKind::Date, value) => {
                fields.text(key, value.as_str().unwrap_or_default());
            }
            (FieldKind::Count, value) => {
                fields.put(key, value.as_i64().unwrap_or_default());
            }
            (FieldKind::Texts, value) => {
                fields.list(key, &texts_of(value));
            }
            (FieldKind::Names, value) => {
                let verb = if value["allow"].is_null() { "block" } else { "allow" };
                let names = Array::from_iter(&texts_of(&value[verb]));
                fields.put(key, InlineTable::from_iter([(verb, names)]));
            }
        }
    }
    fields
}

fn texts_of(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn scope_table(scope: &ScopeForm) -> InlineTable {
    let named = [
        ("device", &scope.device),
        ("room", &scope.room),
        ("member", &scope.member),
        ("category", &scope.category),
        ("payee", &scope.payee),
    ];
    let home = scope.home.then(|| ("home", TomlValue::from(true)));
    let names = named.into_iter().filter_map(|(key, name)| Some((key, name.as_ref()?.into())));
    home.into_iter().chain(names).collect()
}

/// The word that stands for a value in a table of all of them.
pub(super) fn word<'a, T: PartialEq>(words: &[(&'a str, T)], value: &T) -> &'a str {
    words.iter().find(|(_, other)| other == value).map_or("", |(word, _)| word)
}

/// A text as TOML has it.
pub fn quoted(text: &str) -> String {
    TomlValue::from(text).to_string()
}
