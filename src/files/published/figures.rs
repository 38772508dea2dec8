//! Numbers as people's files write them: which mark is the decimal one is decided by all of a column.

/// Which mark stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// A point; commas part thousands.
    Point,
    /// A comma; points part thousands.
    Comma,
}

/// Which mark is the decimal one in all of these cells; `comma_parts_cells` where the file's cells are
/// parted by commas.
///
/// # Errors
/// Says that it is not clear, or that both occur.
pub fn mark_of<'a>(
    cells: impl Iterator<Item = &'a str>,
    comma_parts_cells: bool,
) -> Result<DecimalMark, String> {
    let (mut point, mut comma, mut unclear) = (None, None, None);
    for cell in cells {
        let cell = bare(cell);
        let (points, commas) = (cell.matches('.').count(), cell.matches(',').count());
        let decimal = match (points, commas) {
            (0, 0) => continue,
            (1.., 1..) => (cell.rfind('.') > cell.rfind(',')).then_some(DecimalMark::Point),
            // Several of a kind part thousands.
            (2.., 0) => None,
            (0, 2..) => Some(DecimalMark::Point),
            (_, 0) => {
                // One point alone may part thousands, where commas are decimal in other cells.
                if !thousands(&cell, '.') {
                    point.get_or_insert(cell);
                }
                continue;
            }
            (0, _) if thousands(&cell, ',') => {
                unclear.get_or_insert(cell);
                continue;
            }
            (0, _) => None,
        };
        match decimal {
            Some(DecimalMark::Point) => point.get_or_insert(cell),
            _ => comma.get_or_insert(cell),
        };
    }
    match (point, comma, unclear) {
        (Some(point), Some(comma), _) => {
            Err(format!("\"{point}\" has a decimal point and \"{comma}\" a decimal comma"))
        }
        (Some(_), None, _) => Ok(DecimalMark::Point),
        (None, Some(_), _) => Ok(DecimalMark::Comma),
        // Where commas part the cells, one in a number parts thousands or decimals.
        (None, None, Some(cell)) if comma_parts_cells => Err(format!(
            "\"{cell}\" may be a thousand or a part of one, and nothing in the file decides it: write it \
             without the comma"
        )),
        (None, None, Some(_)) => Ok(DecimalMark::Comma),
        (None, None, None) => Ok(DecimalMark::Point),
    }
}

/// True where a number's one mark can part thousands: three digits follow it, and one to three that do
/// not begin with a zero go before it.
fn thousands(cell: &str, mark: char) -> bool {
    let digits = cell.trim_start_matches(['-', '+']);
    digits.split_once(mark).is_some_and(|(before, after)| {
        after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

/// A cell without what only parts thousands in every country: spaces and apostrophes.
fn bare(cell: &str) -> String {
    let parts = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’'];
    cell.trim().chars().filter(|c| !parts.contains(c)).collect()
}

/// A number's plain text, with a decimal point; other texts stay as they are.
#[must_use]
pub fn plain(cell: &str, mark: DecimalMark) -> String {
    let bare = bare(cell);
    let number = !bare.is_empty()
        && bare.chars().all(|c| c.is_ascii_digit() || [',', '.', '-', '+'].contains(&c));
    if !number {
        return cell.trim().to_owned();
    }
    let bare = bare.trim_start_matches('+');
    let told = match mark {
        DecimalMark::Point => bare.replace(',', ""),
        DecimalMark::Comma => bare.replace('.', "").replace(',', "."),
    };
    // ".5" and "5." are numbers to whoever wrote them.
    let told = told.strip_suffix('.').map_or(told.clone(), str::to_owned);
    match told.strip_prefix('.') {
        Some(rest) => format!("0.{rest}"),
        None => told.replacen("-.", "-0.", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decimal_mark_is_decided_by_the_whole_column() {
        let mark = |cells: &[&str], commas: bool| mark_of(cells.iter().copied(), commas);
        assert_eq!(mark(&["0,125", "1,002"], false), Ok(DecimalMark::Comma));
        assert_eq!(mark(&["1,002"], false), Ok(DecimalMark::Comma));
        assert_eq!(mark(&["1.234,5", "7"], false), Ok(DecimalMark::Comma));
        assert_eq!(mark(&["1,234.5"], true), Ok(DecimalMark::Point));
        assert_eq!(mark(&["1,234", "0.5"], true), Ok(DecimalMark::Point));
        assert_eq!(mark(&["1.234", "0,5"], false), Ok(DecimalMark::Comma));
        assert_eq!(mark(&["0.125", "3"], true), Ok(DecimalMark::Point));
        assert_eq!(mark(&["1 234,5"], false), Ok(DecimalMark::Comma));
        assert!(mark(&["1,234"], true).is_err());
        assert!(mark(&["0,5", "0.5"], false).is_err());
        for (cell, of, want) in [
            ("1.234,5", DecimalMark::Comma, "1234.5"),
            ("1,234.5", DecimalMark::Point, "1234.5"),
            ("1\u{202f}234,5", DecimalMark::Comma, "1234.5"),
            ("1'234.5", DecimalMark::Point, "1234.5"),
            (".5", DecimalMark::Point, "0.5"),
            ("-,5", DecimalMark::Comma, "-0.5"),
            ("n/a", DecimalMark::Point, "n/a"),
        ] {
            assert_eq!(plain(cell, of), want, "{cell}");
        }
    }
}
