//! Topic patterns with captures, such as `tele/{device+}/SENSOR`.
//!
//! A level is a word, `+` (any one level), `#` (the rest), `{name}` (one level, kept under a name),
//! `{name+}` (one or more levels), or `{name=a|b}` (one of these words); one capture may stand
//! within a level, as `switch:{channel}`. A slash before the first level belongs to no pattern: it
//! is found, kept, and written again.

use std::collections::BTreeMap;

/// What the captures of a pattern held, by name. [`LEAD`] is there when the topic began with a
/// slash.
pub type Captures = BTreeMap<String, String>;

/// The name under which a leading slash is kept.
pub const LEAD: &str = "/";

/// The most filters that one pattern is written as.
const FILTERS_MAX: usize = 64;

/// The most levels of a topic that is looked at.
pub const LEVELS_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPattern {
    text: String,
    parts: Vec<PatternPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternPart {
    Word(String),
    One { before: String, name: String, after: String, of: Vec<String> },
    Many { name: String },
    AnyOne,
    Rest,
}

impl TopicPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<TopicPattern, String> {
        if text.is_empty() || text.starts_with('/') {
            return Err("a pattern begins with a word: a leading slash is always allowed".into());
        }
        let parts: Vec<PatternPart> = text.split('/').map(part).collect::<Result<_, _>>()?;
        let rest = parts.iter().position(|part| *part == PatternPart::Rest);
        if rest.is_some_and(|at| at + 1 < parts.len()) {
            return Err("# may only come last".to_owned());
        }
        if parts.len() > LEVELS_MAX {
            return Err(format!("more than {LEVELS_MAX} levels"));
        }
        let mut names: Vec<&str> = parts.iter().filter_map(PatternPart::name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() < all {
            return Err("one name is captured twice".to_owned());
        }
        Ok(TopicPattern { text: text.to_owned(), parts })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of its captures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(PatternPart::name)
    }

    /// True for a pattern that every topic fits.
    pub fn is_any_topic(&self) -> bool {
        matches!(self.parts.as_slice(), [PatternPart::Many { .. }])
    }

    /// True for a capture that may hold anything.
    pub fn is_free(&self, name: &str) -> bool {
        self.parts.iter().any(|part| match part {
            PatternPart::One { name: of, of: words, .. } => of == name && words.is_empty(),
            PatternPart::Many { name: of } => of == name,
            PatternPart::Word(_) | PatternPart::AnyOne | PatternPart::Rest => false,
        })
    }

    /// What the captures hold on this topic, where it matches and agrees with what is `bound`.
    pub fn capture(&self, topic: &str, bound: &Captures) -> Option<Captures> {
        self.capture_in(&Topic::of(topic), bound)
    }

    /// The same, on a topic that is taken apart already.
    pub fn capture_in(&self, topic: &Topic<'_>, bound: &Captures) -> Option<Captures> {
        let words = topic.words.as_slice();
        if words.len() > LEVELS_MAX
            || !self.may_be_so_long(words.len())
            || !self.may_end(words.last()?)
        {
            return None;
        }
        // Pairs of the captures' names and values, the last first.
        let mut held = Vec::new();
        if !matches(&self.parts, words, bound, &mut held) {
            return None;
        }
        let held = held.into_iter().map(|(name, value)| (name.to_owned(), value));
        let lead = topic.lead.then(|| (LEAD.to_owned(), LEAD.to_owned()));
        Some(held.chain(lead).collect())
    }

    /// False where the number of levels already shows that a topic does not match.
    fn may_be_so_long(&self, levels: usize) -> bool {
        let open = |part: &PatternPart| match part {
            PatternPart::Many { .. } | PatternPart::Rest => true,
            PatternPart::Word(_) | PatternPart::One { .. } | PatternPart::AnyOne => false,
        };
        let least = self.parts.len() - usize::from(self.parts.last() == Some(&PatternPart::Rest));
        levels == least || (levels > least && self.parts.iter().any(open))
    }

    /// False where the last level already shows that a topic does not match.
    fn may_end(&self, last: &str) -> bool {
        match self.parts.last() {
            Some(PatternPart::Word(word)) => word == last,
            Some(PatternPart::One { before, after, of, .. }) => {
                let inner = last.strip_prefix(before.as_str());
                let inner = inner.and_then(|rest| rest.strip_suffix(after.as_str()));
                inner.is_some_and(|inner| of.is_empty() || of.iter().any(|word| word == inner))
            }
            Some(PatternPart::Many { .. } | PatternPart::AnyOne | PatternPart::Rest) | None => true,
        }
    }

    /// True when a device that is known by these captures can publish here: it says nothing else of
    /// any of them, and what may be many levels is known.
    pub fn admits(&self, known: &Captures) -> bool {
        self.parts.iter().all(|part| match part {
            PatternPart::One { name, of, .. } => {
                known.get(name).is_none_or(|value| of.is_empty() || of.contains(value))
            }
            PatternPart::Many { name } => known.contains_key(name),
            PatternPart::Word(_) | PatternPart::AnyOne | PatternPart::Rest => true,
        })
    }

    /// What to subscribe to, or the topics, with what is known of the captures: one for each of
    /// the words that a level may be.
    pub fn filters(&self, bound: &Captures) -> Vec<String> {
        let lead = if bound.contains_key(LEAD) { LEAD } else { "" };
        let mut filters = vec![lead.to_owned()];
        for (index, part) in self.parts.iter().enumerate() {
            let last = index + 1 == self.parts.len();
            let words = part.words(bound, last);
            let slash = if index > 0 { "/" } else { "" };
            let longer = |filter: &String| {
                words.iter().map(|word| format!("{filter}{slash}{word}")).collect::<Vec<_>>()
            };
            filters = filters.iter().flat_map(longer).collect();
            filters.truncate(FILTERS_MAX);
        }
        filters
    }
}

impl PatternPart {
    /// What may stand in the part's place.
    fn words(&self, bound: &Captures, last: bool) -> Vec<String> {
        let word = match self {
            PatternPart::Word(word) => word.clone(),
            PatternPart::AnyOne => "+".to_owned(),
            PatternPart::Rest => "#".to_owned(),
            PatternPart::One { before, name, after, of } => {
                let whole = |value: &String| format!("{before}{value}{after}");
                match bound.get(name) {
                    Some(value) => whole(value),
                    None if of.is_empty() => "+".to_owned(),
                    None => return of.iter().map(whole).collect(),
                }
            }
            PatternPart::Many { name } => match bound.get(name) {
                Some(value) => value.clone(),
                None if last => "#".to_owned(),
                None => "+".to_owned(),
            },
        };
        vec![word]
    }

    fn name(&self) -> Option<&str> {
        match self {
            PatternPart::One { name, .. } | PatternPart::Many { name } => Some(name),
            PatternPart::Word(_) | PatternPart::AnyOne | PatternPart::Rest => None,
        }
    }
}

fn part(level: &str) -> Result<PatternPart, String> {
    match level {
        "+" => return Ok(PatternPart::AnyOne),
        "#" => return Ok(PatternPart::Rest),
        _ => {}
    }
    let Some((before, rest)) = level.split_once('{') else {
        if level.contains(['+', '#', '}', '\0']) {
            return Err(format!("\"{level}\" is not a level: write a word, +, # or {{name}}"));
        }
        return Ok(PatternPart::Word(level.to_owned()));
    };
    let (inner, after) = rest.split_once('}').ok_or("a { has no }")?;
    if [before, after].iter().any(|text| text.contains(['{', '}', '+', '#', '\0'])) {
        return Err(format!("\"{level}\": one capture a level"));
    }
    let (name, of) = match inner.split_once('=') {
        Some((name, of)) => (name, of.split('|').map(str::to_owned).collect()),
        None => (inner, Vec::new()),
    };
    let (name, many) = match name.strip_suffix('+') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !good {
        return Err(format!("\"{{{inner}}}\": a capture's name is of a-z and _"));
    }
    let name = name.to_owned();
    match (many, before.is_empty() && after.is_empty() && of.is_empty()) {
        (false, _) => Ok(PatternPart::One { before: before.into(), name, after: after.into(), of }),
        (true, true) => Ok(PatternPart::Many { name }),
        (true, false) => Err(format!("\"{level}\": {{name+}} must be a whole level")),
    }
}

/// A topic that is taken apart.
#[derive(Clone, Debug)]
pub struct Topic<'a> {
    lead: bool,
    words: Vec<&'a str>,
}

impl<'a> Topic<'a> {
    /// Takes a topic apart.
    pub fn of(topic: &'a str) -> Topic<'a> {
        let (lead, rest) = match topic.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, topic),
        };
        let mut words = Vec::with_capacity(8);
        words.extend(rest.split('/').take(LEVELS_MAX + 1));
        Topic { lead, words }
    }
}

/// Whether the levels match; what the captures hold is put down on the way back, and so only where
/// they do.
fn matches<'p>(
    parts: &'p [PatternPart],
    words: &[&str],
    bound: &Captures,
    held: &mut Vec<(&'p str, String)>,
) -> bool {
    let Some((part, parts)) = parts.split_first() else { return words.is_empty() };
    if let PatternPart::Rest = part {
        return true;
    }
    let Some((word, rest)) = words.split_first() else { return false };
    match part {
        PatternPart::Rest => true,
        PatternPart::AnyOne => matches(parts, rest, bound, held),
        PatternPart::Word(literal) => literal == word && matches(parts, rest, bound, held),
        PatternPart::One { before, name, after, of } => {
            // Most levels are a capture and nothing else: those are not compared with nothing.
            let inner = match (before.is_empty(), after.is_empty()) {
                (true, true) => Some(*word),
                (_, _) => word.strip_prefix(before.as_str()).and_then(|w| w.strip_suffix(after)),
            };
            let Some(inner) = inner else { return false };
            let allowed = of.is_empty() || of.iter().any(|option| option == inner);
            let agrees = bound.get(name).is_none_or(|value| value == inner);
            if !(allowed && agrees && !inner.is_empty() && matches(parts, rest, bound, held)) {
                return false;
            }
            held.push((name, inner.to_owned()));
            true
        }
        PatternPart::Many { name } => {
            let known = bound.get(name);
            let lengths = if parts.is_empty() { words.len() } else { 1 };
            (lengths..=words.len()).any(|length| {
                let (inner, rest) = words.split_at(length);
                let agrees = known.is_none_or(|known| known.split('/').eq(inner.iter().copied()));
                let empty = matches!(inner, [""]);
                if !agrees || empty || !matches(parts, rest, bound, held) {
                    return false;
                }
                held.push((name, inner.join("/")));
                true
            })
        }
    }
}

/// True when what two places say of the same captures does not differ. A leading slash is part of
/// both or of neither.
pub fn agree(one: &Captures, other: &Captures) -> bool {
    one.contains_key(LEAD) == other.contains_key(LEAD)
        && one.iter().all(|(name, value)| other.get(name).is_none_or(|known| known == value))
}

/// Puts captures in the place of `{name}` in a text.
pub fn fill(template: &str, captures: &Captures) -> String {
    let mut text = template.to_owned();
    for (name, value) in captures {
        let mark = format!("{{{name}}}");
        if text.contains(&mark) {
            text = text.replace(&mark, value);
        }
    }
    text
}

/// True when a text is what a pattern of `*` says; upper and lower case are the same.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut open = false;
    let pieces: Vec<&str> = pieces.collect();
    for (index, piece) in pieces.iter().enumerate() {
        open = true;
        if index + 1 == pieces.len() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(pairs: &[(&str, &str)]) -> Captures {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn topics_are_taken_apart() {
        for (pattern, topic, want) in [
            ("tele/{device+}/SENSOR", "tele/a/b/SENSOR", Some(vec![("device", "a/b")])),
            ("tele/{device+}/SENSOR", "tele/SENSOR", None),
            (
                "{root+}/5/{device}/x",
                "home/homie/5/m/x",
                Some(vec![("root", "home/homie"), ("device", "m")]),
            ),
            (
                "{p}/status/switch:{channel}",
                "a:b/status/switch:0",
                Some(vec![("p", "a:b"), ("channel", "0")]),
            ),
            ("{p}/status/switch:{channel}", "a/status/em:0", None),
            ("{k=relay|emeter}/{n}", "emeter/1", Some(vec![("k", "emeter"), ("n", "1")])),
            ("{k=relay|emeter}/{n}", "roller/1", None),
            ("go-e/{device}/nrg", "/go-e/1/nrg", Some(vec![("/", "/"), ("device", "1")])),
            ("a/#", "a/b/c", Some(vec![])),
            ("a/+", "a/b/c", None),
        ] {
            let pattern = TopicPattern::parse(pattern).expect("a pattern");
            let want = want.map(|pairs| captures(&pairs));
            assert_eq!(pattern.capture(topic, &Captures::new()), want, "{topic}");
        }
    }

    #[test]
    fn filters_know_what_is_bound() {
        let pattern =
            TopicPattern::parse("{root+}/{kind=relay|emeter}/{device+}").expect("a pattern");
        assert_eq!(pattern.filters(&Captures::new()), ["+/relay/#", "+/emeter/#"]);
        let bound = captures(&[("/", "/"), ("root", "a/b"), ("kind", "relay"), ("device", "x/y")]);
        assert_eq!(pattern.filters(&bound), ["/a/b/relay/x/y"]);
        let other = captures(&[("root", "a/b")]);
        assert!(!agree(&bound, &other), "the leading slash is a part of the name");
        assert!(pattern.capture("/a/b/relay/x/y", &bound).is_some());
        assert!(pattern.capture("/a/c/relay/x/y", &bound).is_none());
    }

    #[test]
    fn wrong_patterns_are_said() {
        for bad in ["", "/a", "a/#/b", "a/{b", "a/{B}", "{a}{b}", "x{a+}", "{a}/{a}", "a+"] {
            assert!(TopicPattern::parse(bad).is_err(), "{bad}");
        }
        for (pattern, text, yes) in [
            ("lxzn.*", "lxzn.switch.x", true),
            ("*energy*", "Plug_Energy_1", true),
            ("a*c", "ab", false),
            ("a", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(like(pattern, text), yes, "{pattern} {text}");
        }
    }
}
