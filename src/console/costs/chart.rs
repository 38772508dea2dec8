//! Bars as SVG, coloured by the style sheet. Letters are HTML beside it, so that they keep their size
//! on a phone; a table says the same to whoever does not see it.

use std::fmt::Write;

/// How wide a bar's place is, in the picture's own units.
const STEP: usize = 10;

/// Bars from zero up: each a value and what is said of it. What is below zero has no bar.
pub(super) fn bars(of: &[(String, i64)], label: &str, top_words: &str) -> String {
    let top = highest(of);
    let width = of.len() * STEP;
    let (label, top_words) = (escaped(label), escaped(top_words));
    let mut svg = format!(
        "<div class=\"bars\"><div class=\"y\" aria-hidden=\"true\"><span>{top_words}</span><span>0</span></div>\
         <svg viewBox=\"0 0 {width} 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\">"
    );
    for y in [0, 50, 100] {
        // Writing to a text cannot fail.
        let _ = write!(
            svg,
            "<line x1=\"0\" x2=\"{width}\" y1=\"{y}\" y2=\"{y}\" class=\"grid-line\"/>"
        );
    }
    for (at, (said, value)) in of.iter().enumerate() {
        let height = (i128::from((*value).max(0)) * 100).checked_div(i128::from(top)).unwrap_or(0);
        let _ = write!(
            svg,
            "<rect class=\"peak\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{}</title></rect>",
            at * STEP + 1,
            100 - height,
            STEP - 2,
            escaped(said)
        );
    }
    svg.push_str("</svg></div>");
    svg
}

/// The highest value, at least 1.
pub(super) fn highest(of: &[(String, i64)]) -> i64 {
    of.iter().map(|(_, value)| *value).max().unwrap_or(1).max(1)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i64]) -> Vec<(String, i64)> {
        values.iter().map(|value| (format!("<{value}>"), *value)).collect()
    }

    #[test]
    fn bars_are_as_high_as_their_share_and_words_are_escaped() {
        let svg = bars(&of(&[50, 200, 0, -10]), "a \"b\" & c", "2.00");
        for part in [
            "viewBox=\"0 0 40 100\"",
            "aria-label=\"a &quot;b&quot; &amp; c\"",
            "x=\"1\" y=\"75\" width=\"8\" height=\"25\"",
            "x=\"11\" y=\"0\" width=\"8\" height=\"100\"",
            "x=\"31\" y=\"100\" width=\"8\" height=\"0\"",
            "<title>&lt;-10&gt;</title>",
        ] {
            assert!(svg.contains(part), "no {part} in {svg}");
        }
    }

    #[test]
    fn nothing_and_very_much_are_drawn() {
        assert!(!bars(&[], "none", "0").contains("<rect"));
        assert!(!bars(&of(&[0, 0]), "none", "0").contains("height=\"100\""));
        assert!(bars(&of(&[i64::MAX]), "all", "0").contains("height=\"100\""));
    }
}
