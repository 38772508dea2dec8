//! What people call a thing: one name, or one for each language.

use super::household::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A name as people say it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// The same in every language.
    Same(String),
    /// One for each language.
    PerLanguage {
        #[serde(rename = "zh-CN")]
        zh_cn: String,
        en: String,
    },
}

impl Label {
    /// The name in a language.
    pub fn of(&self, lang: Lang) -> &str {
        match (self, lang) {
            (Label::Same(name), _) => name,
            (Label::PerLanguage { zh_cn, .. }, Lang::ZhCn) => zh_cn,
            (Label::PerLanguage { en, .. }, Lang::En) => en,
        }
    }

    /// Every name that it has, each once.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Label::Same(name) => (name, None),
            Label::PerLanguage { zh_cn, en } => (zh_cn, Some(en).filter(|en| *en != zh_cn)),
        };
        [Some(first), second].into_iter().flatten().map(String::as_str)
    }
}

impl From<&str> for Label {
    fn from(name: &str) -> Label {
        Label::Same(name.to_owned())
    }
}

impl From<String> for Label {
    fn from(name: String) -> Label {
        Label::Same(name)
    }
}

/// Where no language is at hand, all of its names stand beside each other.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.all().enumerate() {
            f.write_str(if at == 0 { "" } else { " / " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}
