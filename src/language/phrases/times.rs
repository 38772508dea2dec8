//! Times as they are said: 今晚十二点, "midnight", 月底, "8 am tomorrow".

use super::numbers::whole;
use crate::speech::han_text;
use homepay_domain::household::Lang;
use homepay_domain::time::UnixMs;
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The months in English.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How far from now a time is, as people name days.
enum RelativeDay {
    Today,
    Tomorrow,
    Other,
}

/// A moment, seen from now. What ends with a day is said by that day: the first moment of tomorrow
/// is tonight's midnight, the first of next month is the end of this one.
pub fn spoken_time(zone: &TimeZone, lang: Lang, at: UnixMs, now: UnixMs) -> String {
    let (at, today) = (at.in_zone(zone), now.in_zone(zone).date());
    let midnight = at.hour() == 0 && at.minute() == 0;
    if midnight {
        if at.date().day() == 1 && at.date().yesterday().is_ok_and(|d| same_month(d, today)) {
            return match lang {
                Lang::ZhCn => "月底".to_owned(),
                Lang::En => "the end of the month".to_owned(),
            };
        }
        let date = at.date().yesterday().unwrap_or(at.date());
        return end_of(lang, date, &day(date, today));
    }
    let day = day(at.date(), today);
    match lang {
        Lang::ZhCn => chinese(&at, &day),
        Lang::En => english(&at, &day),
    }
}

fn same_month(a: Date, b: Date) -> bool {
    a.year() == b.year() && a.month() == b.month()
}

fn day(date: Date, today: Date) -> RelativeDay {
    if date == today {
        RelativeDay::Today
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
        RelativeDay::Tomorrow
    } else {
        RelativeDay::Other
    }
}

fn end_of(lang: Lang, date: Date, day: &RelativeDay) -> String {
    match (lang, day) {
        (Lang::ZhCn, RelativeDay::Today) => "今晚十二点".to_owned(),
        (Lang::ZhCn, RelativeDay::Tomorrow) => "明晚十二点".to_owned(),
        (Lang::ZhCn, RelativeDay::Other) => format!("{}晚上十二点", spoken_date(lang, date)),
        (Lang::En, RelativeDay::Today) => "midnight".to_owned(),
        (Lang::En, RelativeDay::Tomorrow) => "midnight tomorrow".to_owned(),
        (Lang::En, RelativeDay::Other) => format!("midnight on {}", spoken_date(lang, date)),
    }
}

/// A day of the year: 十一月二十二日, "November 22".
pub fn spoken_date(lang: Lang, date: Date) -> String {
    match lang {
        Lang::ZhCn => {
            let zh = |n: i8| han_text(u64::from(n.unsigned_abs())).unwrap_or_default();
            format!("{}月{}日", zh(date.month()), zh(date.day()))
        }
        Lang::En => format!("{} {}", month_name(date), date.day()),
    }
}

/// A period as alerts name it (`2026-11` or `2026-11-22`), said; another one as it is.
pub(super) fn spoken_period(lang: Lang, period: &str) -> String {
    if let Ok(date) = period.parse::<Date>() {
        return spoken_date(lang, date);
    }
    if let Some((first, last)) = period.split_once("--") {
        let join = match lang {
            Lang::ZhCn => "到",
            Lang::En => " to ",
        };
        return format!("{}{join}{}", spoken_period(lang, first), spoken_period(lang, last));
    }
    if period.len() == 4 && period.bytes().all(|digit| digit.is_ascii_digit()) {
        return match lang {
            Lang::ZhCn => format!("{period} 年"),
            Lang::En => period.to_owned(),
        };
    }
    let Ok(date) = format!("{period}-01").parse::<Date>() else { return period.to_owned() };
    match lang {
        Lang::ZhCn => {
            let month = han_text(u64::from(date.month().unsigned_abs())).unwrap_or_default();
            format!("{month}月")
        }
        Lang::En => month_name(date).to_owned(),
    }
}

fn month_name(date: Date) -> &'static str {
    let index = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    MONTHS.get(index).copied().unwrap_or_default()
}

fn chinese(at: &Zoned, day: &RelativeDay) -> String {
    let hour = at.hour();
    let part = match hour {
        0..=5 => "凌晨",
        6..=8 => "早上",
        9..=11 => "上午",
        12 => "中午",
        13..=17 => "下午",
        _ => "晚上",
    };
    let hour = if hour > 12 { hour - 12 } else { hour };
    let hour = match hour {
        0 => "零".to_owned(),
        hour => whole(Lang::ZhCn, u64::from(hour.unsigned_abs())),
    };
    let zh = |n: i8| han_text(u64::from(n.unsigned_abs())).unwrap_or_default();
    let minute = match at.minute() {
        0 => String::new(),
        30 => "半".to_owned(),
        minute @ 1..=9 => format!("零{}分", zh(minute)),
        minute => format!("{}分", zh(minute)),
    };
    let front = match (day, part) {
        (RelativeDay::Today, "晚上") => "今晚".to_owned(),
        (RelativeDay::Tomorrow, "晚上") => "明晚".to_owned(),
        (RelativeDay::Today, part) => format!("今天{part}"),
        (RelativeDay::Tomorrow, part) => format!("明天{part}"),
        (RelativeDay::Other, part) => format!("{}{part}", spoken_date(Lang::ZhCn, at.date())),
    };
    format!("{front}{hour}点{minute}")
}

fn english(at: &Zoned, day: &RelativeDay) -> String {
    let clock = match (at.hour(), at.minute()) {
        (12, 0) => "noon".to_owned(),
        (hour, minute) => {
            let half = if hour < 12 { "am" } else { "pm" };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            if minute == 0 {
                format!("{hour} {half}")
            } else {
                format!("{hour}:{minute:02} {half}")
            }
        }
    };
    match day {
        RelativeDay::Today => clock,
        RelativeDay::Tomorrow => format!("{clock} tomorrow"),
        RelativeDay::Other => format!("{clock} on {}", spoken_date(Lang::En, at.date())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        let stamp: jiff::Timestamp = format!("{text}+08:00").parse().expect("a time");
        UnixMs(stamp.as_millisecond())
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let now = at("2026-11-21T20:00:00");
        let table = [
            ("2026-11-22T00:00:00", "今晚十二点", "midnight"),
            ("2026-11-23T00:00:00", "明晚十二点", "midnight tomorrow"),
            ("2026-11-26T00:00:00", "十一月二十五日晚上十二点", "midnight on November 25"),
            ("2026-12-01T00:00:00", "月底", "the end of the month"),
            ("2027-01-01T00:00:00", "十二月三十一日晚上十二点", "midnight on December 31"),
            ("2026-11-21T21:30:00", "今晚九点半", "9:30 pm"),
            ("2026-11-21T20:10:00", "今晚八点十分", "8:10 pm"),
            ("2026-11-22T08:00:00", "明天早上八点", "8 am tomorrow"),
            ("2026-11-22T12:00:00", "明天中午十二点", "noon tomorrow"),
            ("2026-11-22T14:05:00", "明天下午两点零五分", "2:05 pm tomorrow"),
            ("2026-11-25T00:20:00", "十一月二十五日凌晨零点二十分", "12:20 am on November 25"),
        ];
        for (when, zh, en) in table {
            assert_eq!(spoken_time(&zone, Lang::ZhCn, at(when), now), zh);
            assert_eq!(spoken_time(&zone, Lang::En, at(when), now), en);
        }
        assert_eq!(spoken_period(Lang::ZhCn, "2026-11"), "十一月");
        assert_eq!(spoken_period(Lang::En, "2026-11-21"), "November 21");
        assert_eq!(spoken_period(Lang::En, "order"), "order");
        assert_eq!(spoken_period(Lang::ZhCn, "2026"), "2026 年");
        let cycle = spoken_period(Lang::En, "2026-11-15--2026-12-14");
        assert_eq!(cycle, "November 15 to December 14");
    }
}
