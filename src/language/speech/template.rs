//! Sentence templates: `how much is left [for] (today | this month){span}` without the tags.
//!
//! Words, `(one | other)`, `[maybe]`, the slots `<span>`, `<device>` and `<item>`, and `<measure>`, any
//! measure word.

use super::QuestionSpan;
use super::lexicon::Lexicon;
use super::text::{Token, tokens};
use homepay_domain::ids::Name;
use std::sync::LazyLock;

/// One step of a template.
#[derive(Debug)]
enum TemplateStep {
    Word(String),
    Choice { ways: Vec<Vec<TemplateStep>>, maybe: bool },
    Span,
    Device,
    Item,
    Measure,
}

/// A template, taken apart.
#[derive(Debug)]
pub(super) struct Template(Vec<TemplateStep>);

/// What a template's slots held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    pub span: Option<QuestionSpan>,
    pub device: Option<Name>,
    pub item: Option<Name>,
}

/// The words for the days that are asked about.
pub(crate) const SPANS: [(QuestionSpan, &[&str]); 2] = [
    (QuestionSpan::Today, &["今天", "今日", "今儿", "today"]),
    (QuestionSpan::Month, &["这个月", "本月", "这月", "当月", "this month"]),
];

impl Template {
    /// Takes a template apart.
    pub fn new(text: &str) -> Template {
        let mut rest = text;
        let mut ways = read(&mut rest);
        Template(ways.pop().unwrap_or_default())
    }

    /// What the slots hold where the template fits the whole of what was said.
    pub fn fit(&self, lexicon: &Lexicon, said: &[Token]) -> Option<Slots> {
        let mut found = None;
        let steps: Vec<&TemplateStep> = self.0.iter().collect();
        walk(lexicon, &steps, said, &Slots::default(), &mut found);
        found
    }
}

/// Reads ways until a closing bracket.
fn read(rest: &mut &str) -> Vec<Vec<TemplateStep>> {
    let mut ways = vec![Vec::new()];
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let step = match c {
            ')' | ']' => {
                *rest = after;
                return ways;
            }
            '|' => {
                *rest = after;
                ways.push(Vec::new());
                continue;
            }
            '(' | '[' => {
                *rest = after;
                vec![TemplateStep::Choice { ways: read(rest), maybe: c == '[' }]
            }
            '<' => {
                let (slot, behind) = after.split_once('>').unwrap_or((after, ""));
                *rest = behind;
                vec![match slot {
                    "span" => TemplateStep::Span,
                    "item" => TemplateStep::Item,
                    "measure" => TemplateStep::Measure,
                    _ => TemplateStep::Device,
                }]
            }
            _ => {
                let len = rest.find(['(', ')', '[', ']', '|', '<']).unwrap_or(rest.len());
                let words =
                    tokens(&rest[..len]).into_iter().map(|t| TemplateStep::Word(t.key)).collect();
                *rest = &rest[len..];
                words
            }
        };
        if let Some(way) = ways.last_mut() {
            way.extend(step);
        }
    }
    ways
}

/// Walks the steps over the words; notes the slots of the first way that reaches both ends.
fn walk(
    lexicon: &Lexicon,
    steps: &[&TemplateStep],
    said: &[Token],
    slots: &Slots,
    found: &mut Option<Slots>,
) {
    let Some((step, later)) = steps.split_first() else {
        if said.is_empty() && found.is_none() {
            *found = Some(slots.clone());
        }
        return;
    };
    if found.is_some() {
        return;
    }
    match step {
        TemplateStep::Word(word) => {
            if said.first().is_some_and(|t| t.key == *word) {
                walk(lexicon, later, &said[1..], slots, found);
            }
        }
        TemplateStep::Choice { ways, maybe } => {
            for way in ways {
                let steps: Vec<&TemplateStep> = way.iter().chain(later.iter().copied()).collect();
                walk(lexicon, &steps, said, slots, found);
            }
            if *maybe {
                walk(lexicon, later, said, slots, found);
            }
        }
        TemplateStep::Span => {
            if let Some((span, len)) = span_at(said) {
                let slots = Slots { span: Some(span), ..slots.clone() };
                walk(lexicon, later, &said[len..], &slots, found);
            }
        }
        TemplateStep::Item => {
            if let Some((item, len)) = lexicon.item_at(said) {
                let slots = Slots { item: Some(item.clone()), ..slots.clone() };
                walk(lexicon, later, &said[len..], &slots, found);
            }
        }
        TemplateStep::Measure => {
            if let Some((_, len)) = lexicon.measures.at(said) {
                walk(lexicon, later, &said[len..], slots, found);
            }
        }
        TemplateStep::Device => {
            if let Some((device, len)) = lexicon.device_at(said) {
                let slots = Slots { device: Some(device.clone()), ..slots.clone() };
                walk(lexicon, later, &said[len..], &slots, found);
            }
        }
    }
}

fn span_at(said: &[Token]) -> Option<(QuestionSpan, usize)> {
    SPAN_TOKENS.iter().find_map(|(span, word)| {
        let here = said.len() >= word.len() && word.iter().zip(said).all(|(a, b)| a.key == b.key);
        here.then_some((*span, word.len()))
    })
}

static SPAN_TOKENS: LazyLock<Vec<(QuestionSpan, Vec<Token>)>> = LazyLock::new(|| {
    let words = SPANS.iter().flat_map(|(span, words)| words.iter().map(move |w| (*span, *w)));
    words.map(|(span, word)| (span, tokens(word))).collect()
});
