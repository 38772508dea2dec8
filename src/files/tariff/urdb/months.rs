//! From twelve months of hours to seasons with windows.

use super::urdb_form::Rate;
use std::collections::{BTreeMap, BTreeSet};

/// Days of each month; February in a leap year.
const MONTH_DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Months by name, for seasons.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Months that follow each other and have the same hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UrdbSeason {
    /// Its first month and its last, from 0; the last is before the first over the new year.
    pub(super) months: (usize, usize),
    weekday: Vec<usize>,
    weekend: Vec<usize>,
}

impl UrdbSeason {
    /// Its name, such as `jun-sep`.
    pub(super) fn name(&self) -> String {
        let (first, last) = self.months;
        if first == last {
            return MONTHS[first].to_owned();
        }
        format!("{}-{}", MONTHS[first], MONTHS[last])
    }

    /// Its first day and its last, as files write them.
    pub(super) fn days(&self) -> (String, String) {
        let (first, last) = self.months;
        (format!("{:02}-01", first + 1), format!("{:02}-{:02}", last + 1, MONTH_DAYS[last]))
    }

    /// The periods that it knows.
    pub(super) fn periods(&self) -> BTreeSet<usize> {
        self.weekday.iter().chain(&self.weekend).copied().collect()
    }

    /// The spans of each period, as files write them.
    pub(super) fn windows(&self) -> BTreeMap<usize, Vec<String>> {
        let mut windows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let kinds: &[(&str, &Vec<usize>)] = if self.weekday == self.weekend {
            &[("", &self.weekday)]
        } else {
            &[("weekday ", &self.weekday), ("weekend ", &self.weekend)]
        };
        for (days, hours) in kinds {
            let mut from = 0;
            while from < hours.len() {
                let period = hours[from];
                let same = hours[from..].iter().take_while(|other| **other == period).count();
                let to = from + same;
                let spans = windows.entry(period).or_default();
                spans.push(format!("{days}{from:02}:00-{to:02}:00"));
                from = to;
            }
        }
        windows
    }
}

/// The seasons of a rate; one where all months are the same.
pub(super) fn seasons(rate: &Rate<'_>) -> Result<Vec<UrdbSeason>, String> {
    let periods = rate.energyratestructure.len();
    if periods == 0 {
        return Err("energyratestructure is empty: there is no price".to_owned());
    }
    let months: Vec<UrdbSeason> = if rate.energyweekdayschedule.is_empty() && periods == 1 {
        vec![UrdbSeason { months: (0, 11), weekday: vec![0; 24], weekend: vec![0; 24] }]
    } else {
        let weekday = schedule("energyweekdayschedule", &rate.energyweekdayschedule, periods)?;
        let weekend = if rate.energyweekendschedule.is_empty() {
            weekday.clone()
        } else {
            schedule("energyweekendschedule", &rate.energyweekendschedule, periods)?
        };
        let both = weekday.into_iter().zip(weekend).enumerate();
        both.map(|(at, (weekday, weekend))| UrdbSeason { months: (at, at), weekday, weekend })
            .collect()
    };
    let mut seasons: Vec<UrdbSeason> = Vec::new();
    for month in months {
        match seasons.last_mut() {
            Some(last) if last.weekday == month.weekday && last.weekend == month.weekend => {
                last.months.1 = month.months.1;
            }
            Some(_) | None => seasons.push(month),
        }
    }
    // The last months go on in the first of the next year.
    if seasons.len() > 1 {
        let same =
            |a: &UrdbSeason, b: &UrdbSeason| (&a.weekday, &a.weekend) == (&b.weekday, &b.weekend);
        if same(&seasons[0], &seasons[seasons.len() - 1]) {
            let first = seasons.remove(0);
            if let Some(last) = seasons.last_mut() {
                last.months.1 = first.months.1;
            }
        }
    }
    Ok(seasons)
}

fn schedule(what: &str, rows: &[Vec<usize>], periods: usize) -> Result<Vec<Vec<usize>>, String> {
    if rows.len() != 12 || rows.iter().any(|row| row.len() != 24) {
        return Err(format!("{what} is not 12 months of 24 hours"));
    }
    if let Some(period) = rows.iter().flatten().find(|period| **period >= periods) {
        return Err(format!("{what} names period {period}, and there are {periods}"));
    }
    Ok(rows.to_vec())
}
