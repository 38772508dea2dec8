//! Answers to what is asked of the hub by voice. They take plain values and look nothing up.

use super::counts::spoken_count;
use super::{Phrases, spoken_amount, spoken_time};
use crate::speech::{QuestionSpan, SpokenUnit, spoken_unit};
use fluent_bundle::FluentArgs;
use homepay_domain::household::{Home, Item, Lang};
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::money::Minor;
use homepay_domain::order::OrderLine;
use homepay_domain::time::UnixMs;
use rust_decimal::Decimal;

impl Phrases {
    /// What is left to spend in a period, and until when. `None` = no limit holds there.
    pub fn left(
        &self,
        home: &Home,
        lang: Lang,
        span: QuestionSpan,
        left: Option<Minor>,
        until: Option<UnixMs>,
        now: UnixMs,
    ) -> String {
        let mut args = FluentArgs::new();
        args.set("span", self.span(lang, span));
        let Some(left) = left else { return self.put(lang, "answer-left-unlimited", &args) };
        args.set("left", spoken_amount(home.currency, lang, left));
        // "Today" has said it where it ends with the day, "this month" where with the month.
        let today = now.in_zone(&home.zone).date();
        let end = match span {
            QuestionSpan::Today => plus_days(today, 1),
            QuestionSpan::Month => plus_days(today.last_of_month(), 1),
        };
        let end = midnight(end, &home.zone);
        let Some(until) = until.filter(|until| left.is_positive() && *until != end) else {
            let id = if left.is_positive() { "answer-left" } else { "answer-left-nothing" };
            return self.put(lang, id, &args);
        };
        args.set("until", spoken_time(&home.zone, lang, until, now));
        self.put(lang, "answer-left-until", &args)
    }

    /// What a device cost in a period. `None` = it has no price, so that nothing can be said.
    pub fn cost(
        &self,
        home: &Home,
        lang: Lang,
        device: &str,
        span: QuestionSpan,
        cost: Option<Minor>,
    ) -> String {
        let mut args = FluentArgs::new();
        args.set("device", device);
        args.set("span", self.span(lang, span));
        let Some(cost) = cost else { return self.put(lang, "answer-cost-unknown", &args) };
        args.set("cost", spoken_amount(home.currency, lang, cost));
        self.put(lang, "answer-cost", &args)
    }

    /// What a run of a device costs now, and when it is cheapest. `None` = it is not known yet.
    pub fn run_cost(
        &self,
        home: &Home,
        lang: Lang,
        device: &str,
        cost: Option<(Minor, Option<(UnixMs, Minor)>)>,
        now: UnixMs,
    ) -> String {
        let mut args = FluentArgs::new();
        args.set("device", device);
        let money = |amount| spoken_amount(home.currency, lang, amount);
        let Some((cost, later)) = cost else { return self.put(lang, "answer-run-unknown", &args) };
        args.set("cost", money(cost));
        let Some((begin, least)) = later else { return self.put(lang, "answer-run", &args) };
        args.set("begin", spoken_time(&home.zone, lang, begin, now));
        args.set("least", money(least));
        self.put(lang, "answer-run-later", &args)
    }

    /// What was spent in a period.
    pub fn spent(&self, home: &Home, lang: Lang, span: QuestionSpan, spent: Minor) -> String {
        let mut args = FluentArgs::new();
        args.set("span", self.span(lang, span));
        args.set("spent", spoken_amount(home.currency, lang, spent));
        let id = if spent.is_positive() { "answer-spent" } else { "answer-spent-nothing" };
        self.put(lang, id, &args)
    }

    /// What one of an item costs.
    pub fn price(&self, home: &Home, lang: Lang, item: &Item) -> String {
        let currency = item.currency.unwrap_or(home.currency);
        let (unit, name) = (item.unit.as_deref(), item.name.of(lang));
        let mut args = FluentArgs::new();
        args.set("one", spoken_count(currency, lang, Decimal::ONE, unit, name));
        args.set("name", name);
        args.set("price", spoken_amount(currency, lang, item.price));
        let by_amount = unit.is_some_and(|unit| spoken_unit(unit, lang) == SpokenUnit::Money);
        self.put(lang, if by_amount { "answer-price-money" } else { "answer-price" }, &args)
    }

    /// What was ordered last: what it is for, what it costs, and when. `None` = nothing yet.
    pub fn last_order(
        &self,
        home: &Home,
        lang: Lang,
        last: Option<(&[OrderLine], Minor, UnixMs)>,
        now: UnixMs,
    ) -> String {
        let Some((lines, amount, at)) = last else { return self.plain(lang, "answer-last-none") };
        let mut args = FluentArgs::new();
        args.set("items", self.items(home.currency, lang, lines));
        args.set("amount", spoken_amount(home.currency, lang, amount));
        args.set("at", spoken_time(&home.zone, lang, at, now));
        self.put(lang, "answer-last", &args)
    }

    /// The last order is being refunded: its lines and what comes back.
    pub fn refunding(&self, home: &Home, lang: Lang, lines: &[OrderLine], amount: Minor) -> String {
        let mut args = FluentArgs::new();
        args.set("items", self.items(home.currency, lang, lines));
        args.set("amount", spoken_amount(home.currency, lang, amount));
        self.put(lang, "answer-refunding", &args)
    }

    /// There is no order that could be refunded.
    pub fn nothing_to_refund(&self, lang: Lang) -> String {
        self.plain(lang, "answer-nothing-to-refund")
    }

    /// A device, by its name, or the whole home (`None`) is frozen.
    pub fn frozen(&self, lang: Lang, device: Option<&str>) -> String {
        let mut args = FluentArgs::new();
        let Some(device) = device else { return self.plain(lang, "answer-frozen-home") };
        args.set("device", device);
        self.put(lang, "answer-frozen", &args)
    }

    /// It was not clear what was said: say it again.
    pub fn say_again(&self, lang: Lang) -> String {
        self.plain(lang, "answer-say-again")
    }

    /// A number, or a no, was said where nothing was asked.
    pub fn nothing_open(&self, lang: Lang) -> String {
        self.plain(lang, "answer-nothing-open")
    }

    /// It was not clear which of these, by their names, was meant.
    pub fn which(&self, lang: Lang, names: &[&str]) -> String {
        let mut args = FluentArgs::new();
        args.set("names", names.join(&self.plain(lang, "or")));
        self.put(lang, "answer-which", &args)
    }

    fn span(&self, lang: Lang, span: QuestionSpan) -> String {
        self.plain(
            lang,
            match span {
                QuestionSpan::Today => "span-today",
                QuestionSpan::Month => "span-month",
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::household::Rules;
    use homepay_domain::ids::Name;
    use homepay_domain::label::Label;
    use homepay_domain::money::Currency;

    #[test]
    fn answers_are_short_and_say_what_was_asked() {
        let phrases = Phrases::new();
        let home = Home {
            zone: jiff::tz::TimeZone::UTC,
            currency: Currency::from_code("CNY").expect("CNY"),
            lang: Lang::ZhCn,
            rules: Rules::default(),
        };
        let now = UnixMs(1_795_300_000_000);
        let midnight = UnixMs(1_795_305_600_000);
        let line = OrderLine {
            sku: Name::parse("water-24").expect("a sku"),
            name: Label::PerLanguage {
                zh_cn: "矿泉水 24 瓶".to_owned(),
                en: "mineral water".to_owned(),
            },
            quantity: "2".to_owned(),
            amount: Minor(5980),
            category: None,
            unit: Some("箱".to_owned()),
        };
        let both = |say: &dyn Fn(Lang) -> String| (say(Lang::ZhCn), say(Lang::En));
        let left = |cents, until| {
            both(&|lang| phrases.left(&home, lang, QuestionSpan::Today, cents, until, now))
        };
        let table = [
            (
                left(Some(Minor(2990)), Some(midnight)),
                "今天还能花二十九块九。",
                "You can still spend twenty-nine ninety today.",
            ),
            (
                left(Some(Minor::ZERO), Some(midnight)),
                "今天的额度用完了。",
                "Nothing is left to spend today.",
            ),
            (left(None, None), "今天没有额度限制。", "There is no limit today."),
            (
                both(&|l| phrases.cost(&home, l, "洗衣机", QuestionSpan::Month, Some(Minor(1230)))),
                "洗衣机这个月花了十二块三。",
                "洗衣机 has cost twelve yuan thirty this month.",
            ),
            (
                both(&|l| phrases.cost(&home, l, "洗衣机", QuestionSpan::Today, None)),
                "洗衣机还没有电价，算不出今天花了多少。",
                "洗衣机 has no price yet, so I cannot say what it cost today.",
            ),
            (
                both(&|l| phrases.refunding(&home, l, std::slice::from_ref(&line), Minor(5980))),
                "好的，正在退上一单：两箱矿泉水，五十九块八。",
                "OK, refunding your last order: two cases of mineral water, fifty-nine eighty.",
            ),
            (
                both(&|l| phrases.frozen(l, Some("厨房音箱"))),
                "厨房音箱已经冻结，不能下单了。",
                "厨房音箱 is frozen and cannot order any more.",
            ),
            (
                both(&|l| phrases.which(l, &["荔枝", "栗子"])),
                "要哪一个：荔枝还是栗子？",
                "Which one: 荔枝 or 栗子?",
            ),
        ];
        for ((zh, en), want_zh, want_en) in table {
            assert_eq!((zh.as_str(), en.as_str()), (want_zh, want_en));
        }
    }
}
