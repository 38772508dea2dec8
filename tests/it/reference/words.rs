//! What the code does not say of what it lists, from `docs/reference/words.toml`.

use std::collections::BTreeMap;

/// One table of words.
pub(crate) struct Words {
    table: String,
    words: BTreeMap<String, String>,
}

/// The words of a table.
pub(crate) fn of(table: &str) -> Words {
    let file: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(&super::text("docs/reference/words.toml")).unwrap();
    let words = file.get(table).unwrap_or_else(|| panic!("words.toml has no [{table}]")).clone();
    Words { table: table.to_owned(), words }
}

impl Words {
    /// The words for each of what the code lists, in its order: none missing, none left over.
    pub(crate) fn for_each(&self, names: &[String]) -> Vec<(String, String)> {
        let table = &self.table;
        for name in self.words.keys() {
            assert!(names.contains(name), "words.toml: [{table}] \"{name}\" is not in the code");
        }
        let pair = |name: &String| {
            let words = self.words.get(name);
            let missing = || panic!("words.toml: [{table}] says nothing of \"{name}\"");
            (name.clone(), words.unwrap_or_else(missing).clone())
        };
        names.iter().map(pair).collect()
    }
}
