//! The pages' words, both languages from one table each: `words/zh-CN.ftl` and `words/en.ftl`.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use homepay_domain::household::Lang;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

const EN_PAGES: &str = include_str!("words/en.ftl");

const ZH_CN_PAGES: &str = include_str!("words/zh-CN.ftl");

static EN_TABLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| table("en", EN_PAGES));

static ZH_CN_TABLE: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| table("zh-CN", ZH_CN_PAGES));

fn table(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = tag.parse().expect("a built-in language tag");
    let mut table = FluentBundle::new_concurrent(vec![id]);
    table.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned())
        .map_err(|(_, faults)| format!("{faults:?}"))
        .expect("the built-in words parse");
    table
        .add_resource(resource)
        .map_err(|faults| format!("{faults:?}"))
        .expect("the built-in words have no id twice");
    table
}

fn of(lang: Lang) -> &'static FluentBundle<FluentResource> {
    match lang {
        Lang::ZhCn => &ZH_CN_TABLE,
        Lang::En => &EN_TABLE,
    }
}

/// True where there are such words.
pub(crate) fn has(lang: Lang, id: &str) -> bool {
    of(lang).get_message(id).is_some_and(|message| message.value().is_some())
}

/// Words with what they are about.
pub(crate) fn put(lang: Lang, id: &str, about: &[(&str, FluentValue<'_>)]) -> String {
    let table = of(lang);
    let Some(pattern) = table.get_message(id).and_then(|message| message.value()) else {
        return id.to_owned();
    };
    let args: FluentArgs<'_> = about.iter().map(|(name, value)| (*name, value.clone())).collect();
    table.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

/// The first language that a browser asks for and that we speak.
pub(crate) fn negotiated(accept: &str) -> Option<Lang> {
    accept.split(',').find_map(|part| Lang::parse(part.split(';').next().unwrap_or("").trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(source: &str) -> BTreeSet<&str> {
        let heads = source.lines().filter(|line| !line.starts_with([' ', '#', '}']));
        heads.filter_map(|line| line.split_once(" = ").map(|(id, _)| id)).collect()
    }

    #[test]
    fn both_languages_have_the_same_words() {
        assert_eq!(ids(EN_PAGES), ids(ZH_CN_PAGES));
        assert!(ids(EN_PAGES).len() > 60);
        for id in ids(EN_PAGES) {
            assert!(has(Lang::En, id) && has(Lang::ZhCn, id), "{id}");
        }
    }

    #[test]
    fn every_word_of_a_template_is_there() {
        let mut used = 0;
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for rest in text.split("p.t(\"").skip(1) {
                let id = rest.split('"').next().unwrap_or_default();
                assert!(has(Lang::En, id) && has(Lang::ZhCn, id), "{id}");
                used += 1;
            }
        }
        assert!(used > 40, "{used}");
    }

    #[test]
    fn a_browser_s_first_language_that_we_speak_is_taken() {
        assert_eq!(negotiated("de-DE,de;q=0.9,zh;q=0.8,en;q=0.7"), Some(Lang::ZhCn));
        assert_eq!(negotiated("en-GB,zh;q=0.5"), Some(Lang::En));
        assert_eq!(negotiated("fr"), None);
    }
}
