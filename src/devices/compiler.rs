//! A profile's file on the compiler: read and judged in full, mistakes told with their lines.

use super::doc::Path;
use super::load::Load;
use super::made::{Availability, Field, MAIN, MessageProfile, Model, Profile, Subject, When};
use super::pattern::TopicPattern;
use super::pick::{CHANNEL, of_each_channel};
use super::profile_form::{
    FieldForm, KindForm, MessageForm, ModelForm, ProfileForm, TrustForm, TypeForm, WhenForm,
};
use super::scalar::Guard;
use super::unit::{Conversion, is_counted};
use homepay_domain::ids::Name;
use homepay_text::amount::plain_decimal;
use homepay_text::problem::Problem;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// A file that is read, with the mistakes found in it.
pub(super) struct ProfileCompiler<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) problems: RefCell<Vec<Problem>>,
}

impl ProfileCompiler<'_> {
    pub(super) fn wrong(&self, span: &Range<usize>, what: impl Into<String>) {
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

    fn patterns(&self, patterns: Vec<Spanned<String>>) -> Vec<TopicPattern> {
        let read = |p: Spanned<String>| self.take(TopicPattern::parse(p.get_ref()), p.span());
        patterns.into_iter().filter_map(read).collect()
    }

    fn decimal(&self, text: Spanned<String>) -> Option<Decimal> {
        let what = || format!("\"{}\" is not a decimal number: write \"0.001\"", text.get_ref());
        self.take(plain_decimal(text.get_ref()).ok_or_else(what), text.span())
    }

    pub(super) fn profile(&self, form: ProfileForm) -> Profile {
        if let Err(error) = Name::parse(form.id.get_ref()) {
            self.wrong(&form.id.span(), error.to_string());
        }
        if form.trust == TrustForm::Broker && form.messages.is_empty() {
            self.wrong(&form.id.span(), "messages is missing: nothing of it would be read");
        }
        let channels = words_of(form.channels.as_ref().map(|words| words.get_ref().as_str()));
        let messages = form.messages.into_iter().map(|m| self.message(m, &channels)).collect();
        let messages: Vec<MessageProfile> = messages;
        let models = form.models.into_iter().map(|m| self.model(m, &messages, &channels)).collect();
        for seen in &form.seen {
            if seen.date.parse::<jiff::civil::Date>().is_err() {
                let what = format!("seen: \"{}\" is not a date: write \"2026-08-20\"", seen.date);
                self.wrong(&form.id.span(), what);
            }
        }
        let mut profile = Profile {
            seen: form.seen,
            needs_model: form.needs_model,
            channels,
            every_base: form.every_base,
            id: form.id.into_inner(),
            aliases: form.aliases,
            name: form.name,
            trust: form.trust,
            source: form.source,
            notes: form.notes,
            proposed_as: form.proposed_as,
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
        };
        profile.note_parts();
        profile
    }

    fn message(&self, form: Spanned<MessageForm>, channels: &[String]) -> MessageProfile {
        let span = form.span();
        let form = form.into_inner();
        if form.topics.is_empty() {
            self.wrong(&span, "topics is empty: the message would never be received");
        }
        if form.fields.is_empty() && form.availability.is_none() && form.fallback.is_none() {
            self.wrong(&span, "a message has fields, a fallback or availability");
        }
        let topics = self.patterns(form.topics);
        let says_channel = topics.iter().any(|topic| topic.names().any(|name| name == CHANNEL))
            || form.captures.contains_key(CHANNEL);
        let channels = if says_channel { &[] } else { channels };
        let captures = form.captures.into_iter();
        MessageProfile {
            says_channel,
            id: form.id.unwrap_or_else(|| MAIN.to_owned()),
            topics,
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
            fields: self.fields(form.fields, channels),
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

    fn fields(&self, forms: Vec<Spanned<FieldForm>>, channels: &[String]) -> Vec<Field> {
        let mut fields = Vec::with_capacity(forms.len());
        for form in forms {
            let span = form.span();
            let form = form.into_inner();
            if form.names.as_ref().is_some_and(|names| !names.ends_with("{channel}")) {
                self.wrong(&span, "names ends with {channel}, as energy_{channel}");
            }
            let of_all = form.names.is_none()
                && form.channel.as_ref().is_some_and(|name| name.contains('{'));
            let forms = if of_all && !channels.is_empty() {
                of_each_channel(&form, channels)
            } else {
                vec![form]
            };
            fields.extend(forms.into_iter().filter_map(|form| self.field(form, &span)));
        }
        fields
    }

    fn field(&self, form: FieldForm, span: &Range<usize>) -> Option<Field> {
        let span = span.clone();
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
            label: if let Some(names) = form.names.clone() {
                names
            } else if label.is_empty() {
                "$".to_owned()
            } else {
                label
            },
            paths,
            spread: form
                .names
                .as_ref()
                .and_then(|names| names.strip_suffix("{channel}"))
                .map(str::to_owned),
            minus: form.minus.and_then(|path| self.path(path)),
            key: form.key,
            channel: form.channel,
            register: form.register,
            detail: form.detail,
            by_channel: false,
            by_register: false,
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

    fn model(&self, form: ModelForm, messages: &[MessageProfile], channels: &[String]) -> Model {
        let main = (form.of.unwrap_or_else(|| MAIN.to_owned()), form.fields);
        let mut own: BTreeMap<String, Vec<Field>> = BTreeMap::new();
        for (of, fields) in std::iter::once(main).chain(form.also) {
            let span = fields.first().map(Spanned::span);
            if let (Some(span), false) = (span, messages.iter().any(|m| m.id == of)) {
                let what = format!("there is no message \"{of}\" whose fields these could be");
                self.wrong(&span, what);
            }
            let says_channel = messages.iter().any(|m| m.id == of && m.says_channel);
            let fields = self.fields(fields, if says_channel { &[] } else { channels });
            own.insert(of, fields);
        }
        let place = |field: &Field| (field.label.clone(), field.key.clone());
        let merged = |message: &MessageProfile| {
            let Some(fields) = own.get(&message.id) else { return message.fields.clone() };
            let places: BTreeSet<_> = fields.iter().map(place).collect();
            let others = message.fields.iter().filter(|field| !places.contains(&place(field)));
            fields.iter().chain(others).cloned().collect()
        };
        Model {
            matches: form.matches,
            max_power_w: form.max_power_w.or(form.load.map(Load::watts)),
            channels: words_of(form.channels.as_deref()),
            fields: messages.iter().map(merged).collect(),
        }
    }
}

/// The words of a list such as `0|1|2`.
fn words_of(list: Option<&str>) -> Vec<String> {
    list.into_iter().flat_map(|list| list.split('|')).map(str::to_owned).collect()
}
