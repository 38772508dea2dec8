//! The one table.

use comfy_table::{Cell, ContentArrangement, Table, presets};

/// Which side of the target is good.
#[derive(Clone, Copy)]
pub enum Target {
    /// At least.
    Least(f64),
    /// At most.
    Most(f64),
    /// Shown, not judged.
    None,
}

/// What was measured.
#[derive(Default)]
pub struct Figures {
    rows: Vec<[String; 5]>,
    misses: usize,
}

impl Figures {
    /// Adds a figure, judged by its target.
    pub fn add(&mut self, what: &str, how: String, figure: f64, unit: &str, target: Target) {
        let (wanted, good) = match target {
            Target::Least(least) => (format!("≥ {least} {unit}"), Some(figure >= least)),
            Target::Most(most) => (format!("≤ {most} {unit}"), Some(figure <= most)),
            Target::None => (String::new(), None),
        };
        self.misses += usize::from(good == Some(false));
        let verdict = good.map_or("", |good| if good { "ok" } else { "MISS" });
        let shown = if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.2}") };
        let row = [what.to_owned(), how, format!("{shown} {unit}"), wanted, verdict.to_owned()];
        self.rows.push(row);
    }

    /// Prints the table; how many figures missed.
    pub fn print(&self) -> usize {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["measured", "hub against", "figure", "target", ""].map(Cell::new));
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::new));
        }
        println!("{table}");
        self.misses
    }
}

/// The middle one.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
