//! A profile made ready: patterns, paths and units are read once.

use super::compiler::ProfileCompiler;
use super::doc::Path;
use super::load::Load;
use super::pattern::{Captures, TopicPattern, like};
use super::profile_form::{
    AggregateForm, KindForm, NameForm, PayloadForm, ProfileForm, RetainedForm, SeenForm,
    TimeFormat, TrustForm,
};
use super::scalar::Guard;
use super::unit::Conversion;
use homepay_domain::meter::Quantity;
use homepay_text::problem::Problem;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How the messages of one make of devices are read.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its id, as devices name it.
    pub id: String,
    /// Other ids that it answers to.
    pub aliases: Vec<String>,
    pub name: NameForm,
    /// Who vouches for its messages.
    pub trust: TrustForm,
    /// Where its facts come from.
    pub source: String,
    /// What to know of it.
    pub notes: String,
    /// As what kind of device it is proposed, where it is always the same.
    pub proposed_as: Option<String>,
    /// The most that such a device can draw, in watts, where nothing of it says otherwise.
    pub max_power_w: Option<u32>,
    /// After how many seconds of silence its figures are stale.
    pub silence_s: Option<u32>,
    /// What its tables were read from.
    pub seen: Vec<SeenForm>,
    /// True where nothing is known of a device whose model it does not know.
    pub needs_model: bool,
    /// The channels that devices may have where their messages name them.
    pub(super) channels: Vec<String>,
    pub(super) every_base: bool,
    /// The first parts of topics under which such devices are heard.
    pub bases: Vec<TopicPattern>,
    pub(super) skip: Vec<TopicPattern>,
    /// What captures hold where nobody says; the first word is the usual one.
    pub(super) defaults: BTreeMap<String, Vec<String>>,
    pub(super) messages: Vec<MessageProfile>,
    pub(super) models: Vec<Model>,
}

/// One kind of message.
#[derive(Clone, Debug)]
pub struct MessageProfile {
    pub(super) id: String,
    /// True where the topic or the payload names the channel.
    pub(super) says_channel: bool,
    pub(super) topics: Vec<TopicPattern>,
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
    Capture(String),
}

/// One figure or state.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where it stands; several are added up.
    pub(super) paths: Vec<Path>,
    /// How it is named when it is told of.
    pub(super) label: String,
    /// Read from every name that begins so and ends with a channel, in the place of a path.
    pub(super) spread: Option<String>,
    pub(super) minus: Option<Path>,
    pub(super) key: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) register: Option<String>,
    pub(super) detail: bool,
    /// True where the profile also tells the quantity by channels.
    pub(super) by_channel: bool,
    /// True where it also tells it by registers.
    pub(super) by_register: bool,
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
    pub(super) channels: Vec<String>,
    pub(super) fields: Vec<Vec<Field>>,
}

impl Profile {
    /// Reads a profile's file.
    ///
    /// # Errors
    /// Every mistake with its line.
    pub fn read(file: &str, text: &str) -> Result<Profile, Vec<Problem>> {
        let compiler = ProfileCompiler { file, text, problems: RefCell::default() };
        let form: ProfileForm = match toml::from_str(text) {
            Ok(form) => form,
            Err(error) => {
                compiler.wrong(&error.span().unwrap_or(0..0), error.message());
                return Err(compiler.problems.into_inner());
            }
        };
        let profile = compiler.profile(form);
        let problems = compiler.problems.into_inner();
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }

    /// The profile's name in a language.
    pub fn name_in(&self, lang: homepay_domain::household::Lang) -> &str {
        match lang {
            homepay_domain::household::Lang::ZhCn => &self.name.zh_cn,
            homepay_domain::household::Lang::En => &self.name.en,
        }
    }

    /// The number of the first entry for a model.
    pub fn model(&self, model: Option<&str>) -> Option<usize> {
        let name = model?;
        self.models.iter().position(|m| m.matches.iter().any(|pattern| like(pattern, name)))
    }

    /// The most that a device of this model can draw, in watts.
    pub fn max_power_of(&self, model: Option<&str>) -> Option<u32> {
        let of_model = self.model(model).and_then(|index| self.models[index].max_power_w);
        of_model.or(self.max_power_w)
    }

    /// The channels that a model is known to have.
    pub fn channels_of(&self, model: Option<&str>) -> &[String] {
        self.model(model).map_or(&[], |index| self.models[index].channels.as_slice())
    }

    /// True where the profile's table of models has this one.
    pub fn knows_model(&self, model: &str) -> bool {
        self.model(Some(model)).is_some()
    }

    /// True where messages of a model hold a counter of a wanted quantity, or a power that is added up
    /// to it.
    pub fn counts(&self, model: Option<&str>, wanted: impl Fn(Quantity) -> bool) -> bool {
        let model = self.model(model);
        let fields = (0..self.messages.len()).flat_map(|message| self.fields(message, model));
        fields.filter(|field| field.never.is_none()).any(|field| {
            let quantity = match field.integrate_gap_s {
                Some(_) => Some(Quantity::Energy),
                None => Quantity::parse(&field.quantity),
            };
            quantity.is_some_and(|quantity| quantity.is_counter() && wanted(quantity))
        })
    }

    /// True where a message of a model tells what was drawn and what was given back.
    pub fn tells_both_ways(&self, model: Option<&str>) -> bool {
        let model = self.model(model);
        (0..self.messages.len()).any(|message| {
            let tells = |quantity: Quantity| {
                self.fields(message, model).iter().any(|f| f.quantity == quantity.as_str())
            };
            tells(Quantity::Energy) && tells(Quantity::EnergyExport)
        })
    }

    /// In which unit a place of the main message is read for a model.
    pub fn reads(&self, model: Option<&str>, path: &str) -> Option<Conversion> {
        let index = self.messages.iter().position(|message| message.id == MAIN)?;
        let fields = self.fields(index, self.model(model));
        fields.iter().find(|field| field.label == path).and_then(|field| field.conversion)
    }

    /// Notes of each field whether its quantity is also told by channels or by registers.
    pub(super) fn note_parts(&mut self) {
        let mut parts: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        let of_models = self.models.iter().flat_map(|m| m.fields.iter().flatten());
        let all = self.messages.iter().flat_map(|message| &message.fields).chain(of_models);
        for field in all {
            let (by_channel, by_register) = parts.entry(field.quantity.clone()).or_default();
            *by_channel |= field.channel.is_some();
            *by_register |= field.register.is_some();
        }
        let of_models = self.models.iter_mut().flat_map(|m| m.fields.iter_mut().flatten());
        let all = self.messages.iter_mut().flat_map(|message| &mut message.fields);
        for field in all.chain(of_models) {
            if let Some((by_channel, by_register)) = parts.get(&field.quantity) {
                (field.by_channel, field.by_register) = (*by_channel, *by_register);
            }
        }
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

/// The id of a message that has none.
pub(super) const MAIN: &str = "main";
