//! Which days the page of costs is of: a day, week, month or year, and those before and after.

use homepay_domain::household::Lang;
use homepay_domain::limits::window::plus_days;
use homepay_domain::statement::days::Days;
use jiff::civil::Date;
use serde::Deserialize;

/// How many days are looked at together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CostSpan {
    Day,
    Week,
    #[default]
    Month,
    Year,
}

/// All of them, the shortest first.
pub(super) const SPANS: [CostSpan; 4] =
    [CostSpan::Day, CostSpan::Week, CostSpan::Month, CostSpan::Year];

impl CostSpan {
    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            CostSpan::Day => "day",
            CostSpan::Week => "week",
            CostSpan::Month => "month",
            CostSpan::Year => "year",
        }
    }

    /// The days around one.
    pub fn days(self, day: Date) -> Days {
        match self {
            CostSpan::Day => Days::day(day),
            CostSpan::Week => Days::week(day),
            CostSpan::Month => Days::month(day),
            CostSpan::Year => Days::year(day),
        }
    }

    /// The span just before.
    pub fn before(self, days: Days) -> Days {
        self.days(plus_days(days.first, -1))
    }

    /// The parts that have a bar each: months of a year, days of what is shorter.
    pub fn parts(self, days: Days) -> Vec<Days> {
        let mut parts = Vec::new();
        let mut first = days.first;
        while first < days.next {
            let part = if self == CostSpan::Year { Days::month(first) } else { Days::day(first) };
            parts.push(part);
            // The calendar ends somewhere.
            if part.next <= first {
                break;
            }
            first = part.next;
        }
        parts
    }
}

/// What people call such days.
pub(super) fn title(span: CostSpan, days: Days, lang: Lang) -> String {
    let (first, last) = (days.first, days.last());
    let form = match (span, lang) {
        (CostSpan::Year, Lang::ZhCn) => "%Y年",
        (CostSpan::Year, Lang::En) => "%Y",
        (CostSpan::Month, Lang::ZhCn) => "%Y年%-m月",
        (CostSpan::Month, Lang::En) => "%B %Y",
        (CostSpan::Day | CostSpan::Week, Lang::ZhCn) => "%-m月%-d日",
        (CostSpan::Day | CostSpan::Week, Lang::En) => "%-d %b",
    };
    let begins = first.strftime(form).to_string();
    if span == CostSpan::Week { format!("{begins} – {}", last.strftime(form)) } else { begins }
}

/// What a bar's place is called.
pub(super) fn part_title(span: CostSpan, part: Days, lang: Lang) -> String {
    let of = if span == CostSpan::Year { CostSpan::Month } else { CostSpan::Day };
    title(of, part, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn spans_follow_one_another_and_have_their_parts() {
        let day = date(2026, 3, 1);
        let year = CostSpan::Year.days(day);
        assert_eq!(CostSpan::Year.parts(year).len(), 12);
        let february = CostSpan::Month.before(CostSpan::Month.days(day));
        assert_eq!(CostSpan::Month.parts(february).len(), 28);
        for span in SPANS {
            let days = span.days(day);
            assert_eq!(span.before(days).next, days.first, "{span:?}");
            assert_eq!(span.parts(days).last().map(|part| part.next), Some(days.next));
        }
        assert_eq!(title(CostSpan::Month, february, Lang::ZhCn), "2026年2月");
        assert_eq!(title(CostSpan::Week, CostSpan::Week.days(day), Lang::En), "23 Feb – 1 Mar");
    }
}
