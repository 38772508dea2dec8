//! Measure words: what may be counted by which, and how much of one is another.
//!
//! Two bottles are not two cases. A measure word fits an item when it is the item's own, means the
//! same in the other language, or is a weight or volume where the item is sold by one.

use super::text::tokens;
use super::trie::Trie;
use homepay_domain::household::Lang;
use rust_decimal::Decimal;
use std::sync::LazyLock;

/// What a measure word measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// A row of [`ROWS`], or a word of the catalogue's own after them.
    Counted(usize),
    /// Pieces: what is counted one by one.
    Piece,
    /// One of whatever it is sold by.
    Portion,
    /// Twelve of a thing.
    Dozen,
    /// A weight, in grams.
    Grams(u32),
    /// A volume, in millilitres.
    Millilitres(u32),
    Money,
    /// 块: a piece of soap, or a yuan.
    Block,
}

/// Words that mean the same in one language, and what they may stand for in the other.
pub(super) struct MeasureRow {
    pub lang: Lang,
    pub words: &'static [&'static str],
    /// Words of the two languages that share one of these translate each other.
    pub means: &'static [&'static str],
}

const fn zh(words: &'static [&'static str], means: &'static [&'static str]) -> MeasureRow {
    MeasureRow { lang: Lang::ZhCn, words, means }
}

const fn en(words: &'static [&'static str], means: &'static [&'static str]) -> MeasureRow {
    MeasureRow { lang: Lang::En, words, means }
}

/// Measure words that only count.
pub(super) const ROWS: &[MeasureRow] = &[
    zh(&["箱", "箱子"], &["case"]),
    en(&["case", "crate"], &["case"]),
    en(&["box"], &["case", "box"]),
    en(&["carton"], &["case", "box"]),
    zh(&["盒", "盒子"], &["box"]),
    zh(&["瓶", "瓶子"], &["bottle"]),
    en(&["bottle"], &["bottle"]),
    en(&["jar"], &["bottle", "can"]),
    zh(&["袋", "袋子"], &["bag"]),
    en(&["bag", "sack"], &["bag", "pack"]),
    zh(&["包"], &["pack"]),
    en(&["pack", "packet", "package"], &["pack", "bag", "bundle"]),
    zh(&["罐", "听"], &["can"]),
    en(&["can", "tin"], &["can"]),
    zh(&["桶"], &["bucket"]),
    en(&["bucket", "barrel", "jug", "tub"], &["bucket"]),
    zh(&["提"], &["bundle"]),
    en(&["bundle"], &["bundle"]),
    zh(&["条"], &["bar", "loaf"]),
    en(&["loaf"], &["loaf"]),
    en(&["bar"], &["bar"]),
    zh(&["支", "枝", "管"], &["stick"]),
    en(&["stick", "tube"], &["stick"]),
    zh(&["卷"], &["roll"]),
    en(&["roll"], &["roll"]),
    zh(&["张"], &["sheet"]),
    en(&["ticket", "sheet"], &["sheet"]),
    zh(&["杯"], &["cup"]),
    en(&["cup", "glass"], &["cup"]),
    zh(&["颗", "粒", "枚", "只"], &["piece"]),
    zh(&["节"], &["cell"]),
    en(&["cell"], &["cell"]),
    zh(&["双", "对"], &["pair"]),
    en(&["pair"], &["pair"]),
    zh(&["套"], &["set"]),
    en(&["set"], &["set"]),
    zh(&["把", "束", "串"], &["bunch"]),
    en(&["bunch"], &["bunch"]),
    zh(&["板", "托"], &["tray"]),
    en(&["tray"], &["tray"]),
    zh(&["筐", "篮"], &["basket"]),
    en(&["basket"], &["basket"]),
    zh(&["根"], &["stick"]),
    zh(&["棵", "头"], &["head"]),
    en(&["head"], &["head"]),
    zh(&["本"], &["book"]),
    zh(&["片"], &["slice"]),
    en(&["slice"], &["slice"]),
    zh(&["块"], &["bar"]),
];

/// The most of one item that one order may ask for.
const HOW_MANY_MAX: i64 = 10_000;

/// The most decimals that a quantity has.
const COUNT_DECIMALS_MAX: u32 = 3;

/// Measures that hold many of a thing: a dozen of it is not a dozen of them.
const HOLDS_MANY: [&str; 7] = ["case", "bundle", "pack", "bag", "tray", "basket", "set"];

/// Weights, volumes and the words that fit everything.
pub(super) const FIXED: &[(Measure, &[&str])] = &[
    (Measure::Piece, &["个", "piece"]),
    (Measure::Portion, &["份", "件", "portion", "unit"]),
    (Measure::Dozen, &["打", "dozen"]),
    (Measure::Grams(1), &["克", "g", "gram", "gramme"]),
    (Measure::Grams(50), &["两"]),
    (Measure::Grams(500), &["斤", "市斤", "jin"]),
    (Measure::Grams(1_000), &["公斤", "千克", "kg", "kilo", "kilogram", "kilogramme"]),
    (Measure::Millilitres(1), &["毫升", "ml", "millilitre", "milliliter"]),
    (Measure::Millilitres(1_000), &["升", "公升", "l", "litre", "liter"]),
    (Measure::Money, &["元", "块钱", "圆", "yuan", "rmb", "kuai", "人民币"]),
    (Measure::Block, &["块"]),
];

/// The measure words of a household: the known ones and the catalogue's own.
pub(super) struct Measures {
    words: Trie<Measure>,
    own: usize,
}

impl Measures {
    pub fn new() -> Measures {
        let mut words = Trie::new();
        for (measure, same) in FIXED {
            for word in *same {
                add(&mut words, word, *measure);
            }
        }
        for (row, same) in ROWS.iter().enumerate() {
            for word in same.words.iter().filter(|word| **word != "块") {
                add(&mut words, word, Measure::Counted(row));
            }
        }
        Measures { words, own: ROWS.len() }
    }

    /// The known measure of a whole text.
    pub fn known(said: &[super::text::Token]) -> Option<Measure> {
        static KNOWN: LazyLock<Measures> = LazyLock::new(Measures::new);
        KNOWN.at(said).filter(|(_, len)| *len == said.len()).map(|(measure, _)| measure)
    }

    /// The measure that the catalogue writes; one that is not known becomes one.
    pub fn of_catalogue(&mut self, unit: &str) -> Option<Measure> {
        let keys = tokens(unit);
        if keys.is_empty() {
            return None;
        }
        if let Some((measure, len)) = self.at(&keys)
            && len == keys.len()
        {
            return Some(measure);
        }
        let measure = Measure::Counted(self.own);
        self.own += 1;
        self.words.add(keys.iter().map(|t| t.key.as_str()), measure);
        Some(measure)
    }

    /// The measure word at the front.
    pub fn at(&self, tokens: &[super::text::Token]) -> Option<(Measure, usize)> {
        let plural_dozen = tokens.first().is_some_and(|t| t.text == "dozens");
        let (found, len) = self.words.longest(tokens)?;
        found.first().filter(|_| !plural_dozen).map(|measure| (*measure, len))
    }
}

fn add(words: &mut Trie<Measure>, word: &str, measure: Measure) {
    let keys = tokens(word);
    words.add(keys.iter().map(|t| t.key.as_str()), measure);
}

/// How many, by which measure, as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpokenQuantity {
    /// How many; dozens are multiplied out.
    pub count: Decimal,
    /// The measure word; none = a bare number.
    pub measure: Option<Measure>,
    /// True where they were counted by the dozen.
    pub dozens: bool,
    /// True where a measure word stood alone: "来瓶醋".
    pub alone: bool,
    /// True where the number may mean two, or none: 一百二个, 几箱, "bottles of".
    pub vague: bool,
}

impl SpokenQuantity {
    /// A number with its measure word.
    pub fn plain(count: Decimal, measure: Option<Measure>) -> SpokenQuantity {
        SpokenQuantity { count, measure, dozens: false, alone: false, vague: false }
    }

    /// An amount that is no number.
    pub fn vague(measure: Option<Measure>) -> SpokenQuantity {
        SpokenQuantity { vague: true, ..SpokenQuantity::plain(Decimal::ZERO, measure) }
    }
}

impl SpokenQuantity {
    /// So many in the catalogue's unit; `None` where that is not exactly clear.
    pub fn fit(&self, unit: Option<Measure>) -> Option<Decimal> {
        let exact = match (unit, self.measure) {
            (Some(Measure::Grams(of)), Some(Measure::Grams(said)))
            | (Some(Measure::Millilitres(of)), Some(Measure::Millilitres(said))) => {
                (!self.dozens).then(|| self.scaled(said, of)).flatten()?
            }
            (Some(Measure::Money), None | Some(Measure::Money | Measure::Block)) => self.count,
            (Some(Measure::Dozen), None | Some(Measure::Piece)) if self.dozens => {
                self.count.checked_div(Decimal::from(12))?
            }
            (_, said) if self.counts(unit, said) => self.count,
            _ => return None,
        };
        let exact = exact.normalize();
        let whole = match unit {
            Some(Measure::Grams(_) | Measure::Millilitres(_) | Measure::Money) => true,
            Some(
                Measure::Counted(_)
                | Measure::Piece
                | Measure::Portion
                | Measure::Dozen
                | Measure::Block,
            )
            | None => exact.is_integer(),
        };
        (whole && exact > Decimal::ZERO).then_some(exact)
    }

    fn scaled(&self, said: u32, of: u32) -> Option<Decimal> {
        self.count.checked_mul(Decimal::from(said))?.checked_div(Decimal::from(of))
    }

    /// True where the measure that was said counts what the catalogue counts.
    fn counts(&self, unit: Option<Measure>, said: Option<Measure>) -> bool {
        let holds_many = matches!(unit, Some(Measure::Counted(row)) if holds_many(row));
        let counted = match unit {
            Some(Measure::Counted(_) | Measure::Piece | Measure::Portion | Measure::Block)
            | None => true,
            Some(Measure::Dozen | Measure::Grams(_) | Measure::Millilitres(_) | Measure::Money) => {
                false
            }
        };
        match said {
            None => counted && !(self.dozens && holds_many),
            Some(Measure::Portion) => counted && !self.dozens,
            Some(Measure::Piece) => counted && !holds_many,
            Some(Measure::Counted(said)) => match unit {
                Some(Measure::Counted(of)) => same(said, of),
                Some(Measure::Piece) => means(said).contains(&"piece"),
                Some(Measure::Block) => means(said).contains(&"bar"),
                Some(
                    Measure::Portion
                    | Measure::Dozen
                    | Measure::Grams(_)
                    | Measure::Millilitres(_)
                    | Measure::Money,
                )
                | None => false,
            },
            Some(Measure::Block) => match unit {
                Some(Measure::Block) => true,
                Some(Measure::Counted(of)) => {
                    row(of).is_some_and(|r| r.lang == Lang::En) && means(of).contains(&"bar")
                }
                _ => false,
            },
            Some(Measure::Dozen | Measure::Grams(_) | Measure::Millilitres(_) | Measure::Money) => {
                false
            }
        }
    }
}

pub(super) fn row(index: usize) -> Option<&'static MeasureRow> {
    ROWS.get(index)
}

pub(super) fn means(index: usize) -> &'static [&'static str] {
    row(index).map_or(&[], |row| row.means)
}

fn holds_many(index: usize) -> bool {
    means(index).iter().any(|meaning| HOLDS_MANY.contains(meaning))
}

/// One word, or two that translate each other.
pub(super) fn same(said: usize, of: usize) -> bool {
    let (Some(a), Some(b)) = (row(said), row(of)) else { return said == of };
    said == of || (a.lang != b.lang && a.means.iter().any(|meaning| b.means.contains(meaning)))
}

/// True for what one line may order: not too many, not too finely divided.
pub(super) fn in_bounds(count: Decimal) -> bool {
    count > Decimal::ZERO
        && count <= Decimal::from(HOW_MANY_MAX)
        && count.scale() <= COUNT_DECIMALS_MAX
}

/// Measure words of things that come one by one, and of which several are meant when no number is
/// said: 鸡蛋, 电池, 票.
const ONE_BY_ONE: [&str; 4] = ["piece", "cell", "sheet", "slice"];

/// Measure words of single things: several are meant by an English plural without a number, as in
/// "order candles", though one is meant by 买牙膏.
const SINGLE: [&str; 5] = ["stick", "bar", "head", "loaf", "book"];

/// True where a plural without a number is no number: it is not sold by the box.
pub(super) fn comes_singly(unit: Option<Measure>) -> bool {
    match unit {
        None | Some(Measure::Piece | Measure::Portion | Measure::Block) => true,
        Some(Measure::Counted(row)) => {
            means(row).iter().any(|m| SINGLE.contains(m) || ONE_BY_ONE.contains(m))
        }
        Some(Measure::Dozen | Measure::Grams(_) | Measure::Millilitres(_) | Measure::Money) => {
            false
        }
    }
}

/// What no number means for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsaid {
    /// One: "买矿泉水" is one case.
    One,
    /// One where the name is a single one's: "order a pizza", but not 买鸡蛋 and not "order eggs".
    OneOfSingular,
    Unknown,
}

/// What no number means for what is sold by a measure.
pub(super) fn unsaid(unit: Option<Measure>) -> Unsaid {
    match unit {
        Some(Measure::Piece) => Unsaid::OneOfSingular,
        Some(Measure::Counted(row)) if means(row).iter().any(|m| ONE_BY_ONE.contains(m)) => {
            Unsaid::OneOfSingular
        }
        Some(Measure::Counted(_) | Measure::Portion | Measure::Block) | None => Unsaid::One,
        Some(Measure::Dozen | Measure::Grams(_) | Measure::Millilitres(_) | Measure::Money) => {
            Unsaid::Unknown
        }
    }
}

/// True where a measure word is the item's own, or says the same in the other language: not one that
/// fits everything, as 份 does.
pub(super) fn is_own(unit: Option<Measure>, said: Option<Measure>) -> bool {
    match (unit, said) {
        (Some(Measure::Counted(of)), Some(Measure::Counted(said))) => same(said, of),
        (Some(Measure::Grams(_)), Some(Measure::Grams(_)))
        | (Some(Measure::Millilitres(_)), Some(Measure::Millilitres(_)))
        | (None | Some(Measure::Portion), Some(Measure::Portion | Measure::Piece)) => true,
        (Some(Measure::Piece), Some(Measure::Counted(said))) => means(said).contains(&"piece"),
        (Some(Measure::Money), _) | (_, Some(Measure::Money)) => false,
        (unit, said) => unit == said,
    }
}
