//! Amounts as they are read aloud: 二十九块九, "twenty-nine ninety".

use super::numbers::whole;
use homepay_domain::household::Lang;
use homepay_domain::money::{Currency, Minor};

/// How a currency is called: its Chinese units, its English ones (one and more).
struct Called {
    code: &'static str,
    zh: (&'static str, &'static str),
    en: [(&'static str, &'static str); 2],
}

const CALLED: [Called; 6] = [
    Called { code: "CNY", zh: ("块", "分"), en: [("yuan", "yuan"), ("fen", "fen")] },
    Called {
        code: "USD", zh: ("美元", "美分"), en: [("dollar", "dollars"), ("cent", "cents")]
    },
    Called { code: "EUR", zh: ("欧元", "欧分"), en: [("euro", "euros"), ("cent", "cents")] },
    Called { code: "GBP", zh: ("英镑", "便士"), en: [("pound", "pounds"), ("penny", "pence")] },
    Called {
        code: "HKD",
        zh: ("港元", "港仙"),
        en: [("Hong Kong dollar", "Hong Kong dollars"), ("cent", "cents")],
    },
    Called { code: "JPY", zh: ("日元", ""), en: [("yen", "yen"), ("", "")] },
];

/// An amount, as the language reads it aloud. A currency without words of its own is read as its
/// figures and code.
pub fn spoken_amount(currency: Currency, lang: Lang, amount: Minor) -> String {
    let called = CALLED.iter().find(|called| called.code == currency.code());
    let Some(called) = called else {
        return format!("{} {}", currency.text(amount), currency.code());
    };
    let size = 10_u64.pow(currency.digits());
    let minor = amount.0.unsigned_abs();
    let said = match (lang, called.code) {
        (Lang::ZhCn, "CNY") => yuan(minor / 100, minor % 100),
        (Lang::ZhCn, _) => chinese(called, minor / size, minor % size),
        (Lang::En, _) => english(called, minor / size, minor % size),
    };
    match (amount.0 < 0, lang) {
        (false, _) => said,
        (true, Lang::ZhCn) => format!("负{said}"),
        (true, Lang::En) => format!("minus {said}"),
    }
}

/// 二十九块九, 一百零五块, 三毛, 两块零五分.
fn yuan(yuan: u64, fen: u64) -> String {
    let zh = |n| whole(Lang::ZhCn, n);
    let (jiao, fen) = (fen / 10, fen % 10);
    // The last digit is read as itself: 九毛二, not 九毛两.
    let last = |n| if n == 2 { "二".to_owned() } else { zh(n) };
    match (yuan, jiao, fen) {
        (0, 0, 0) => "零元".to_owned(),
        (0, 0, fen) => format!("{}分", zh(fen)),
        (0, jiao, 0) => format!("{}毛", zh(jiao)),
        (0, jiao, fen) => format!("{}毛{}", zh(jiao), last(fen)),
        (yuan, 0, 0) => format!("{}块", zh(yuan)),
        (yuan, 0, fen) => format!("{}块零{}分", zh(yuan), zh(fen)),
        // 一百块五 may be heard as 105 or 150.
        (yuan, jiao, 0) if yuan.is_multiple_of(10) => format!("{}块{}毛", zh(yuan), zh(jiao)),
        (yuan, jiao, 0) => format!("{}块{}", zh(yuan), last(jiao)),
        (yuan, jiao, fen) => format!("{}块{}毛{}", zh(yuan), zh(jiao), last(fen)),
    }
}

fn chinese(called: &Called, major: u64, minor: u64) -> String {
    let zh = |n| whole(Lang::ZhCn, n);
    let (one, part) = called.zh;
    match (major, minor) {
        (0, 0) => format!("零{one}"),
        (0, minor) => format!("{}{part}", zh(minor)),
        (major, 0) => format!("{}{one}", zh(major)),
        (major, minor) => format!("{}{one}{}{part}", zh(major), zh(minor)),
    }
}

/// "twenty-nine dollars ninety", "one yuan fifty", "thirty fen"; for yuan between the tens "twenty-
/// nine ninety", which no round number can be mistaken for.
fn english(called: &Called, major: u64, minor: u64) -> String {
    let en = |n| whole(Lang::En, n);
    let [(one, many), (part, parts)] = called.en;
    let unit = if major == 1 { one } else { many };
    let cents = if minor < 10 { format!("oh {}", en(minor)) } else { en(minor) };
    match (major, minor) {
        (major, 0) => format!("{} {unit}", en(major)),
        (0, 1) => format!("one {part}"),
        (0, minor) => format!("{} {parts}", en(minor)),
        (21..=99, _) if called.code == "CNY" && !major.is_multiple_of(10) => {
            format!("{} {cents}", en(major))
        }
        (major, _) => format!("{} {unit} {cents}", en(major)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_read_them() {
        let table = [
            ("CNY", 2_990, "二十九块九", "twenty-nine ninety"),
            ("CNY", 10_500, "一百零五块", "one hundred five yuan"),
            ("CNY", 30, "三毛", "thirty fen"),
            ("CNY", 5, "五分", "five fen"),
            ("CNY", 92, "九毛二", "ninety-two fen"),
            ("CNY", 500, "五块", "five yuan"),
            ("CNY", 200, "两块", "two yuan"),
            ("CNY", 220, "两块二", "two yuan twenty"),
            ("CNY", 150, "一块五", "one yuan fifty"),
            ("CNY", 10_050, "一百块五毛", "one hundred yuan fifty"),
            ("CNY", 2_905, "二十九块零五分", "twenty-nine oh five"),
            (
                "CNY",
                123_456,
                "一千两百三十四块五毛六",
                "one thousand two hundred thirty-four yuan \
              fifty-six",
            ),
            ("CNY", 20_000, "两百块", "two hundred yuan"),
            ("CNY", 0, "零元", "zero yuan"),
            ("CNY", -350, "负三块五", "minus three yuan fifty"),
            ("USD", 2_990, "二十九美元九十美分", "twenty-nine dollars ninety"),
            ("USD", 100, "一美元", "one dollar"),
            ("USD", 1, "一美分", "one cent"),
            ("EUR", 2_205, "二十二欧元五欧分", "twenty-two euros oh five"),
            ("GBP", 99, "九十九便士", "ninety-nine pence"),
            ("JPY", 1_200, "一千两百日元", "one thousand two hundred yen"),
            ("KWD", 1_235, "1.235 KWD", "1.235 KWD"),
        ];
        for (code, minor, zh, en) in table {
            let currency = Currency::from_code(code).expect("a currency");
            assert_eq!(spoken_amount(currency, Lang::ZhCn, Minor(minor)), zh, "{code} {minor}");
            assert_eq!(spoken_amount(currency, Lang::En, Minor(minor)), en, "{code} {minor}");
        }
    }
}
