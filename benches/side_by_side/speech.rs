//! What it costs to read a sentence, beside a catalogue of 2,000 entries.

use crate::table::{Figures, Target};
use homepay_domain::household::{CaptureWhen, Household, Item};
use homepay_domain::ids::Name;
use homepay_domain::money::Minor;
use homepay_language::speech::Lexicon;
use std::hint::black_box;
use std::time::Instant;

/// Entries of the catalogue.
const ENTRIES: usize = 2_000;

/// How often each sentence is read.
const READS: u32 = 2_000;

/// The most that a sentence may cost on average, in microseconds.
const US_MAX: f64 = 100.0;

const ZH: [&str; 10] =
    ["矿泉水", "纯牛奶", "大米", "酱油", "抽纸", "可乐", "苹果", "洗衣液", "绿茶", "咖啡豆"];
const EN: [&str; 10] = [
    "mineral water",
    "fresh milk",
    "rice",
    "soy sauce",
    "tissues",
    "cola",
    "apples",
    "detergent",
    "green tea",
    "coffee beans",
];
/// Of which the makers' names are made.
const SYLLABLES: [(&str, &str); 20] = [
    ("康", "kang"),
    ("达", "da"),
    ("福", "fu"),
    ("源", "yuan"),
    ("金", "jin"),
    ("穗", "sui"),
    ("绿", "lü"),
    ("野", "ye"),
    ("北", "bei"),
    ("海", "hai"),
    ("云", "yun"),
    ("山", "shan"),
    ("天", "tian"),
    ("和", "he"),
    ("百", "bai"),
    ("味", "wei"),
    ("老", "lao"),
    ("张", "zhang"),
    ("长", "chang"),
    ("城", "cheng"),
];

/// Orders, slips, questions, and what is refused.
const SENTENCES: [&str; 10] = [
    "请帮我买两箱康达矿泉水，谢谢",
    "两箱康达矿泉水、三箱福源纯牛奶和十二箱金穗大米",
    "买两箱康大狂泉水",
    "could you order two cases of kangda mineral water please?",
    "two cases of kangda mineral water, one case of fuyuan fresh milk and a dozen cases of \
     beihai cola",
    "two cases of kangda minerl water",
    "买三箱没有的东西",
    "今天还能花多少钱",
    "how much did the washer cost this month?",
    "我妈昨天说如果便宜的话就买两箱康达矿泉水，不过我们已经有了，所以不用再买，谢谢你提醒我们",
];

fn household() -> Household {
    let mut house = Household::default();
    for index in 0..ENTRIES {
        let (maker, kind) = (index / 10, index % 10);
        let (a, b) =
            (SYLLABLES[maker / 20 * 2 % 20], SYLLABLES[(maker % 20 + maker / 20 + 1) % 20]);
        let item = Item {
            name: format!("{}{}{}", a.0, b.0, ZH[kind]).into(),
            aliases: vec![format!("{}{} {}", a.1, b.1, EN[kind])],
            unit: Some("箱".to_owned()),
            price: Minor(2990),
            currency: None,
            category: None,
            payee: None,
            capture: CaptureWhen::Immediate,
        };
        house.catalog.insert(Name::parse(&format!("sku-{index}")).expect("a sku"), item);
    }
    house
}

/// The mean over the sentences, and the dearest of them.
pub fn measure(figures: &mut Figures) {
    let built = Instant::now();
    let lexicon = Lexicon::of(&household());
    let built = built.elapsed();
    let costs: Vec<f64> = SENTENCES
        .iter()
        .map(|sentence| {
            let began = Instant::now();
            for _ in 0..READS {
                let _ = black_box(lexicon.understand(black_box(sentence)));
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(READS)
        })
        .collect();
    let mean = costs.iter().sum::<f64>() / costs.len() as f64;
    let dearest = costs.iter().copied().fold(0.0, f64::max);
    let how = format!(
        "2,000 catalogue entries; the dearest {dearest:.0} µs, the names made ready in {} ms",
        built.as_millis()
    );
    figures.add("a sentence", how, mean, "µs", Target::Most(US_MAX));
}
