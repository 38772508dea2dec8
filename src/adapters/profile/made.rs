//! A profile made ready: patterns, paths and units are read once, and mistakes told with their
//! lines.

use super::doc::Path;
use super::form::{
    AggregateForm, FieldForm, KindForm, MessageForm, ModelForm, NameForm, PayloadForm, ProfileForm,
    RetainedForm, TimeFormat, TrustForm, TypeForm, WhenForm,
};
use super::load::Load;
use super::pattern::{Captures, Pattern, like};
use super::scalar::Guard;
use super::unit::{Conversion, is_counted};
use crate::adapters::amount::plain_decimal;
use crate::adapters::problem::Problem;
use crate::domain::ids::Name;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// How the messages of one make of devices are read.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its id, as devices name it.
    pub id: String,
    /// Other ids that it answers to.
    pub aliases: Vec<String>,
    /// Its name.
    pub name: NameForm,
    /// Who vouches for its messages.
    pub trust: TrustForm,
    /// Where its facts come from.
    pub source: String,
    /// What to know of it.
    pub notes: String,
    /// The most that such a device can draw, in watts, where nothing of it says otherwise.
    pub max_power_w: Option<u32>,
    /// After how many seconds of silence its figures are stale.
    pub silence_s: Option<u32>,
    pub(super) bases: Vec<Pattern>,
    pub(super) skip: Vec<Pattern>,
    /// What captures hold where nobody says; the first word is the usual one.
    pub(super) defaults: BTreeMap<String, Vec<String>>,
    pub(super) messages: Vec<Message>,
    pub(super) models: Vec<Model>,
}

/// One kind of message.
#[derive(Clone, Debug)]
pub struct Message {
    pub(super) id: String,
    pub(super) topics: Vec<Pattern>,
    pub(super) payload: PayloadForm,
    pub(super) each: Option<Path>,
    pub(super) captures: Vec<(String, Path)>,
    pub(super) key: Option<String>,
    pub(super) time: Option<(Path, TimeFormat)>,
    pub(super) reset_marker: Option<Path>,
    pub(super) retained: RetainedForm,
    pub(super) refuse: Vec<When>,
    pub(super) otherwise: Option<String>,
    pub(super) availability: Option<Availability>,
    pub(super) priority: u8,
    pub(super) fields: Vec<Field>,
    pub(super) fallback: Option<String>,
}

/// Whether a device is there, by its own word.
#[derive(Clone, Debug)]
pub struct Availability {
    pub(super) path: Option<Path>,
    pub(super) between: bool,
    pub(super) online: Vec<String>,
    pub(super) offline: Vec<String>,
}

/// A condition.
#[derive(Clone, Debug)]
pub struct When {
    pub(super) of: Subject,
    pub(super) is: Vec<String>,
    pub(super) not: Vec<String>,
    pub(super) reason: String,
}

/// What a condition looks at.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A place in the payload.
    Path(Path),
    /// A capture.
    Capture(String),
}

/// One figure or state.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where it stands; several are added up.
    pub(super) paths: Vec<Path>,
    /// How it is named when it is told of.
    pub(super) label: String,
    pub(super) minus: Option<Path>,
    pub(super) key: Option<String>,
    pub(super) quantity: String,
    pub(super) conversion: Option<Conversion>,
    pub(super) scale: Decimal,
    pub(super) kind: KindForm,
    pub(super) guard: Guard,
    pub(super) aggregate: Option<AggregateForm>,
    pub(super) when: Vec<When>,
    pub(super) refuse: Vec<Decimal>,
    pub(super) never: Option<String>,
    pub(super) modulus: Option<Decimal>,
    pub(super) integrate_gap_s: Option<u32>,
    pub(super) load: Option<Load>,
    pub(super) priority: Option<u8>,
}

/// What differs for some models: for each message, its fields.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) matches: Vec<String>,
    pub(super) max_power_w: Option<u32>,
    pub(super) fields: Vec<Vec<Field>>,
}

impl Profile {
    /// Reads a profile's file.
    ///
    /// # Errors
    /// Every mistake with its line.
    pub fn read(file: &str, text: &str) -> Result<Profile, Vec<Problem>> {
        let desk = Desk { file, text, problems: RefCell::default() };
        let form: ProfileForm = match toml::from_str(text) {
            Ok(form) => form,
            Err(error) => {
                desk.wrong(&error.span().unwrap_or(0..0), error.message());
                return Err(desk.problems.into_inner());
            }
        };
        let profile = desk.profile(form);
        let problems = desk.problems.into_inner();
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }

    /// The profile's name in a language.
    pub fn name_in(&self, lang: crate::domain::household::Lang) -> &str {
        match lang {
            crate::domain::household::Lang::ZhCn => &self.name.zh_cn,
            crate::domain::household::Lang::En => &self.name.en,
        }
    }

    /// The number of the first entry for a model.
    pub(super) fn model(&self, model: Option<&str>) -> Option<usize> {
        let name = model?;
        self.models.iter().position(|m| m.matches.iter().any(|pattern| like(pattern, name)))
    }

    /// The most that a device of this model can draw, in watts.
    pub fn max_power_of(&self, model: Option<&str>) -> Option<u32> {
        let of_model = self.model(model).and_then(|index| self.models[index].max_power_w);
        of_model.or(self.max_power_w)
    }

    /// In which unit a place of the main message is read for a model.
    pub fn reads(&self, model: Option<&str>, path: &str) -> Option<Conversion> {
        let index = self.messages.iter().position(|message| message.id == MAIN)?;
        let fields = self.fields(index, self.model(model));
        fields.iter().find(|field| field.label == path).and_then(|field| field.conversion)
    }

    /// The captures with what holds where nobody says.
    pub(super) fn with_defaults(&self, mut captures: Captures) -> Captures {
        for (name, words) in &self.defaults {
            if let (false, Some(usual)) = (captures.contains_key(name), words.first()) {
                captures.insert(name.clone(), usual.clone());
            }
        }
        captures
    }

    /// The fields of a message for a model.
    pub(super) fn fields(&self, message: usize, model: Option<usize>) -> &[Field] {
        match model {
            Some(model) => &self.models[model].fields[message],
            None => &self.messages[message].fields,
        }
    }
}

struct Desk<'a> {
    file: &'a str,
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl Desk<'_> {
    fn wrong(&self, span: &Range<usize>, what: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let problem = Problem { file: self.file.to_owned(), line, what: what.into() };
        self.problems.borrow_mut().push(problem);
    }

    fn take<T>(&self, read: Result<T, String>, span: Range<usize>) -> Option<T> {
        read.map_err(|what| self.wrong(&span, what)).ok()
    }

    fn path(&self, path: Spanned<String>) -> Option<Path> {
        self.take(Path::parse(path.get_ref()), path.span())
    }

    fn patterns(&self, patterns: Vec<Spanned<String>>) -> Vec<Pattern> {
        let read = |p: Spanned<String>| self.take(Pattern::parse(p.get_ref()), p.span());
        patterns.into_iter().filter_map(read).collect()
    }

    fn decimal(&self, text: Spanned<String>) -> Option<Decimal> {
        let what = || format!("\"{}\" is no decimal number: write \"0.001\"", text.get_ref());
        self.take(plain_decimal(text.get_ref()).ok_or_else(what), text.span())
    }

    fn profile(&self, form: ProfileForm) -> Profile {
        if let Err(error) = Name::parse(form.id.get_ref()) {
            self.wrong(&form.id.span(), error.to_string());
        }
        if form.trust == TrustForm::Broker && form.messages.is_empty() {
            self.wrong(&form.id.span(), "messages is missing: nothing of it would be read");
        }
        let messages: Vec<Message> = form.messages.into_iter().map(|m| self.message(m)).collect();
        let models = form.models.into_iter().map(|m| self.model(m, &messages)).collect();
        Profile {
            id: form.id.into_inner(),
            aliases: form.aliases,
            name: form.name,
            trust: form.trust,
            source: form.source,
            notes: form.notes,
            max_power_w: form.max_power_w.or(form.load.map(Load::watts)),
            silence_s: form.silence_s,
            bases: self.patterns(form.bases),
            skip: self.patterns(form.skip),
            defaults: form
                .defaults
                .into_iter()
                .map(|(name, words)| (name, words.split('|').map(str::to_owned).collect()))
                .collect(),
            messages,
            models,
        }
    }

    fn message(&self, form: Spanned<MessageForm>) -> Message {
        let span = form.span();
        let form = form.into_inner();
        if form.topics.is_empty() {
            self.wrong(&span, "topics is empty: the message would never be heard");
        }
        if form.fields.is_empty() && form.availability.is_none() && form.fallback.is_none() {
            self.wrong(&span, "a message has fields, a fallback or availability");
        }
        let captures = form.captures.into_iter();
        Message {
            id: form.id.unwrap_or_else(|| MAIN.to_owned()),
            topics: self.patterns(form.topics),
            payload: form.payload,
            each: form.each.and_then(|path| self.path(path)),
            captures: captures.filter_map(|(name, p)| Some((name, self.path(p)?))).collect(),
            key: form.key,
            time: form.time.and_then(|time| Some((self.path(time.path)?, time.format))),
            reset_marker: form.reset_marker.and_then(|path| self.path(path)),
            retained: form.retained,
            refuse: form.refuse.into_iter().filter_map(|w| self.when(w, &span)).collect(),
            otherwise: form.otherwise,
            availability: form.availability.map(|form| Availability {
                path: form.path.and_then(|path| self.path(path)),
                between: form.between,
                online: form.online,
                offline: form.offline,
            }),
            priority: form.priority,
            fields: form.fields.into_iter().filter_map(|f| self.field(f)).collect(),
            fallback: form.fallback,
        }
    }

    fn when(&self, form: WhenForm, span: &Range<usize>) -> Option<When> {
        let of = match (form.path, form.capture) {
            (Some(path), None) => Subject::Path(self.path(path)?),
            (None, Some(capture)) => Subject::Capture(capture),
            (Some(_), Some(_)) | (None, None) => {
                self.wrong(span, "a condition looks at one of path and capture");
                return None;
            }
        };
        let reason = form.reason.unwrap_or_else(|| "refused_by_profile".to_owned());
        Some(When { of, is: form.is, not: form.not, reason })
    }

    fn field(&self, form: Spanned<FieldForm>) -> Option<Field> {
        let span = form.span();
        let form = form.into_inner();
        let mut paths = form.paths;
        match (form.path, paths.is_empty()) {
            (Some(path), true) => paths.push(path),
            (None, false) => {}
            (None, true) => paths.push(Spanned::new(span.clone(), "$".to_owned())),
            (Some(path), false) => self.wrong(&path.span(), "write one of path and paths"),
        }
        let paths: Vec<Path> = paths.into_iter().filter_map(|path| self.path(path)).collect();
        let label = paths.iter().map(Path::as_str).collect::<Vec<_>>().join(" + ");
        let counted = form.quantity.as_ref().is_some_and(|q| is_counted(q.get_ref()));
        let usual = match (&form.unit, counted) {
            (None, _) => KindForm::State,
            (Some(_), true) => KindForm::Counter,
            (Some(_), false) => KindForm::Gauge,
        };
        let kind = form.kind.unwrap_or(usual);
        let conversion = match (&form.quantity, form.unit, kind) {
            (None, _, _) if form.never.is_some() => None,
            (None, _, _) => {
                self.wrong(&span, "quantity is missing: what is it?");
                return None;
            }
            (Some(_), _, KindForm::State) => None,
            (
                Some(quantity),
                Some(unit),
                KindForm::Counter | KindForm::Interval | KindForm::Gauge,
            ) => {
                let read = Conversion::of(quantity.get_ref(), unit.get_ref());
                Some(self.take(read, unit.span())?)
            }
            (Some(quantity), None, KindForm::Counter | KindForm::Interval | KindForm::Gauge) => {
                self.wrong(&quantity.span(), "unit is missing");
                return None;
            }
        };
        let refuse = form.refuse.iter().filter_map(|text| plain_decimal(text)).collect();
        Some(Field {
            label: if label.is_empty() { "$".to_owned() } else { label },
            paths,
            minus: form.minus.and_then(|path| self.path(path)),
            key: form.key,
            quantity: form.quantity.map(Spanned::into_inner).unwrap_or_default(),
            conversion,
            scale: form.scale.and_then(|text| self.decimal(text)).unwrap_or(Decimal::ONE),
            kind,
            guard: match form.guard {
                TypeForm::Any => Guard::Any,
                TypeForm::Number => Guard::Number,
                TypeForm::Text => Guard::Text,
            },
            aggregate: form.aggregate,
            when: form.when.into_iter().filter_map(|w| self.when(w, &span)).collect(),
            refuse,
            never: form.never,
            modulus: form.modulus.and_then(|text| self.decimal(text)),
            integrate_gap_s: form.integrate_gap_s,
            load: form.load,
            priority: form.priority,
        })
    }

    fn model(&self, form: ModelForm, messages: &[Message]) -> Model {
        let of = form.of.as_deref().unwrap_or(MAIN);
        let spans: Vec<Range<usize>> = form.fields.iter().map(Spanned::span).collect();
        let fields: Vec<Field> = form.fields.into_iter().filter_map(|f| self.field(f)).collect();
        if let (Some(span), false) = (spans.first(), messages.iter().any(|m| m.id == of)) {
            self.wrong(span, format!("there is no message \"{of}\" whose fields these could be"));
        }
        let place = |field: &Field| (field.label.clone(), field.key.clone());
        let own: BTreeSet<_> = fields.iter().map(place).collect();
        let merged = |message: &Message| {
            if message.id != of {
                return message.fields.clone();
            }
            let others = message.fields.iter().filter(|field| !own.contains(&place(field)));
            fields.iter().chain(others).cloned().collect()
        };
        Model {
            matches: form.matches,
            max_power_w: form.max_power_w.or(form.load.map(Load::watts)),
            fields: messages.iter().map(merged).collect(),
        }
    }
}

/// The id of a message that has none.
const MAIN: &str = "main";
