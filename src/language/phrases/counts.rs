//! Things with how many of them there are: 两箱矿泉水, "two cases of mineral water".

use super::numbers::{decimal, whole};
use super::{Phrases, spoken_amount};
use crate::speech::{SpokenUnit, spoken_unit, without_count};
use homepay_domain::household::Lang;
use homepay_domain::money::Currency;
use homepay_domain::order::OrderLine;
use rust_decimal::Decimal;

impl Phrases {
    /// The lines of an order, said one after the other.
    pub(super) fn items(&self, currency: Currency, lang: Lang, lines: &[OrderLine]) -> String {
        let said: Vec<String> = lines
            .iter()
            .map(|line| {
                let count = line.quantity.parse().unwrap_or(Decimal::ONE);
                spoken_count(currency, lang, count, line.unit.as_deref(), line.name.of(lang))
            })
            .collect();
        said.join(&self.plain(lang, "list"))
    }
}

/// True for what is bought by the amount, such as phone credit.
pub(super) fn is_money(line: &OrderLine) -> bool {
    let unit = line.unit.as_deref().map(|unit| spoken_unit(unit, Lang::En));
    unit == Some(SpokenUnit::Money)
}

/// So many of a thing, by its measure word.
pub(super) fn spoken_count(
    currency: Currency,
    lang: Lang,
    count: Decimal,
    unit: Option<&str>,
    name: &str,
) -> String {
    let name = without_count(name);
    let Some(unit) = unit else {
        return match (lang, count == Decimal::ONE) {
            (_, true) => name.to_owned(),
            (Lang::ZhCn, false) => format!("{}份{name}", decimal(lang, count)),
            (Lang::En, false) => format!("{} {name}", decimal(lang, count)),
        };
    };
    match (lang, spoken_unit(unit, lang)) {
        (Lang::ZhCn, SpokenUnit::Money) => match currency.round(count) {
            Some(amount) => format!("{}的{name}", spoken_amount(currency, lang, amount)),
            None => name.to_owned(),
        },
        (Lang::En, SpokenUnit::Money) => match currency.round(count) {
            Some(amount) => format!("{name} for {}", spoken_amount(currency, lang, amount)),
            None => name.to_owned(),
        },
        (Lang::ZhCn, SpokenUnit::Word(word, _)) => format!("{}{name}", chinese(count, &word)),
        (_, SpokenUnit::Piece) => format!("{} {name}", decimal(lang, count)),
        (Lang::En, SpokenUnit::Word(one, more)) => {
            format!("{} of {name}", english(count, &one, &more))
        }
    }
}

/// 两箱, 半斤, 一斤半, 零点二五公斤.
fn chinese(count: Decimal, word: &str) -> String {
    let (whole_part, rest) = (count.trunc(), count.fract());
    let half = rest == Decimal::new(5, 1);
    match (u64::try_from(whole_part), half) {
        (Ok(0), true) => format!("半{word}"),
        (Ok(n), true) => format!("{}{word}半", whole(Lang::ZhCn, n)),
        _ => format!("{}{word}", decimal(Lang::ZhCn, count)),
    }
}

/// "two cases", "half a kilo", "one and a half kilos".
fn english(count: Decimal, one: &str, more: &str) -> String {
    let (whole_part, rest) = (count.trunc(), count.fract());
    let half = rest == Decimal::new(5, 1);
    match (u64::try_from(whole_part), half) {
        (Ok(0), true) => format!("half a {one}"),
        (Ok(n), true) => format!("{} and a half {more}", whole(Lang::En, n)),
        (Ok(1), false) if rest.is_zero() => format!("one {one}"),
        _ => format!("{} {more}", decimal(Lang::En, count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_by_their_own_measure() {
        let table = [
            ("2", Some("箱"), "矿泉水 24 瓶", "两箱矿泉水", "two cases of 矿泉水"),
            ("1", Some("箱"), "矿泉水 24 瓶", "一箱矿泉水", "one case of 矿泉水"),
            ("3", Some("袋"), "大米 10 公斤", "三袋大米 10 公斤", "three bags of 大米 10 公斤"),
            ("1.5", Some("斤"), "苹果", "一斤半苹果", "one and a half jin of 苹果"),
            ("0.5", Some("kg"), "rice", "半公斤rice", "half a kilo of rice"),
            ("12", Some("个"), "鸡蛋", "十二个鸡蛋", "twelve 鸡蛋"),
            ("2", Some("bottle"), "wine", "两瓶wine", "two bottles of wine"),
            ("2", Some("条"), "面包", "两条面包", "two bars of 面包"),
            ("2", Some("盆"), "花", "两盆花", "two 盆 of 花"),
            ("50", Some("元"), "话费", "五十块的话费", "话费 for fifty yuan"),
            ("2", None, "cake", "两份cake", "two cake"),
            ("1", None, "cake", "cake", "cake"),
        ];
        let cny = Currency::from_code("CNY").expect("CNY");
        for (count, unit, name, zh, en) in table {
            let count: Decimal = count.parse().expect("a decimal");
            assert_eq!(spoken_count(cny, Lang::ZhCn, count, unit, name), zh);
            assert_eq!(spoken_count(cny, Lang::En, count, unit, name), en);
        }
    }
}
