//! What is said, as the tables of phrases have it, with its figures as `{name}`.

use homepay_domain::household::Lang;

/// The words of an id; a figure's choices are shown side by side.
pub(crate) fn said(lang: Lang, id: &str) -> String {
    let table = match lang {
        Lang::En => super::text("src/language/phrases/en.ftl"),
        Lang::ZhCn => super::text("src/language/phrases/zh-CN.ftl"),
    };
    let start = format!("{id} = ");
    let mut lines = table.lines().skip_while(|line| !line.starts_with(&start));
    let first = lines.next().unwrap_or_else(|| panic!("{id} has no words"));
    let rest = lines.take_while(|line| line.starts_with([' ', '}', '\t']));
    let whole: Vec<&str> = std::iter::once(&first[start.len()..]).chain(rest).collect();
    plain(&whole.join("\n"))
}

/// The text without Fluent's marks.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let close = closing(&rest[open..]) + open;
        out.push_str(&placeable(rest[open + 1..close].trim()));
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the brace that a text begins with is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("a brace is not closed: {text}");
}

fn placeable(inner: &str) -> String {
    if let Some((_, variants)) = inner.split_once("->") {
        // A variant begins on a line of its own: `[name] text`, the usual one with a star.
        let one =
            |part: &str| part.split_once(']').map(|(_, text)| plain(text)).unwrap_or_default();
        let texts: Vec<String> = variants.split("\n").fold(Vec::new(), |mut parts, line| {
            let line = line.trim();
            if line.starts_with('[') || line.starts_with("*[") {
                parts.push(line.to_owned());
            } else if let Some(last) = parts.last_mut() {
                last.push(' ');
                last.push_str(line);
            }
            parts
        });
        let texts: Vec<String> = texts.iter().map(|part| one(part)).collect();
        return texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / ");
    }
    match inner.strip_prefix('$') {
        Some(name) => format!("{{{name}}}"),
        None => inner.trim_matches('"').to_owned(),
    }
}

#[test]
fn figures_and_choices_are_shown() {
    assert_eq!(plain("at { $value } of { $limit }."), "at {value} of {limit}.");
    assert_eq!(plain("a { $pay ->\n [auto] b { $x }.\n*[manual] c.\n} d"), "a b {x}. / c. d");
}
