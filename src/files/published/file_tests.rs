//! Files of use as portals export them: the same use whatever they call and write it.

use super::document::ReadContext;
use super::moment::DateOrder;
use super::table::FileHints;
use super::used_of_any;
use homepay_domain::meter::{Quantity, units_text};
use homepay_domain::tariff::Use;
use homepay_domain::time::UnixMs;
use jiff::tz::TimeZone;

fn read_with(text: &str, hints: FileHints<'_>) -> Result<Use, String> {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let context = ReadContext::of_file(&zone, hints);
    let (_, used) = used_of_any(text, &context, Quantity::Energy).ok_or("of no source")?;
    used
}

fn read(text: &str) -> Use {
    read_with(text, FileHints::default()).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// What was used from `from` until before `to`.
fn units(used: &Use, from: &str, to: &str) -> String {
    let at = |text: &str| UnixMs(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond());
    let micro = used.between(at(from), at(to)).iter().map(|of| of.micro).sum::<i64>();
    units_text(micro)
}

#[test]
fn the_same_use_is_read_whatever_the_columns_are_called_and_written() {
    for text in [
        "start;kWh\n2026-02-01 00:00;0,125\n2026-02-01 00:15;1.234,5\n",
        "start\tkWh\n01.02.2026 00:00\t0,125\n01.02.2026 00:15\t1234,5\n",
        "Datum;Uhrzeit;Verbrauch [kWh]\n01.02.2026;00:00;0,125\n01.02.2026;00:15;1 234,5\n",
        "Zählpunkt;DE1\nDatum;Zeit von;Zeit bis;Verbrauch in Wh;Status\n\
         01.02.2026;00:00;00:15;125;G\n01.02.2026;00:15;00:30;1.234.500;G\n",
        "\"Date\",\"Start Time\",\"Consumption (kWh)\",\"Cost\"\n\
         \"2026-02-01\",\"12:00 AM\",\"0.125\",\"$1\"\n\"2026-02-01\",\"12:15 AM\",\"1,234.5\",\"$2\"\n",
        "Fecha;Hora;Consumo_kWh;Precio\n01/02/2026;00:00;0,125;1\n01/02/2026;00:15;1234,5;1\n\
         13/02/2026;00:15;0;1\n",
        "Von;Bis;Wirkarbeit kWh;Blindarbeit kvarh;Einspeisung kWh\n\
         01.02.2026 00:00;01.02.2026 00:15;0,125;99;98\n\
         01.02.2026 00:15;01.02.2026 00:30;1234,5;99;98\n",
        "Timestamp,Value,Unit\n2026-01-31T23:00:00Z,125,Wh\n2026-01-31T23:15:00Z,1234500,Wh\n\
         2026-01-31T23:15:00Z,7,kvarh\n",
        "Zeitstempel;Leistung (kW)\n01.02.2026 00:00;0,5\n01.02.2026 00:15;4938\n",
    ] {
        let used = read(text);
        assert_eq!(units(&used, "2026-01-31T23:00:00Z", "2026-01-31T23:15:00Z"), "0.125", "{text}");
        assert_eq!(
            units(&used, "2026-01-31T23:15:00Z", "2026-01-31T23:30:00Z"),
            "1234.5",
            "{text}"
        );
        assert_eq!(units_text(used.total()), "1234.625", "{text}");
        assert!(used.slots().iter().all(|of| of.imported && !of.estimated), "{text}");
    }
}

#[test]
fn nights_in_which_the_clock_changes_lose_nothing() {
    let hours = ["01:00", "02:00", "02:00", "03:00"];
    let marked = ["01:00", "02:00A", "02:00B", "03:00"];
    let file = |times: [&str; 4]| {
        let rows = times.iter().enumerate();
        let rows = rows.map(|(at, time)| format!("25.10.2026;{time};{}\n", at + 1));
        format!("Datum;Uhrzeit;kWh\n{}", rows.collect::<String>())
    };
    let by_offset = "start;kWh\n2026-10-25T01:00+02:00;1\n2026-10-25T02:00+02:00;2\n\
        2026-10-25T02:00+01:00;3\n2026-10-25T03:00+01:00;4\n";
    // 03:00 is told as the end of either hour from 02:00.
    let ends = "Von;Bis;kWh\n25.10.2026 01:00;25.10.2026 02:00;1\n\
        25.10.2026 02:00;25.10.2026 03:00;2\n25.10.2026 02:00;25.10.2026 03:00;3\n\
        25.10.2026 03:00;25.10.2026 04:00;4\n";
    for text in [file(hours), file(marked), by_offset.to_owned(), ends.to_owned()] {
        let used = read(&text);
        for (hour, want) in (23..27).zip(["1", "2", "3", "4"]) {
            let at = |hour: i32| format!("2026-10-{:02}T{:02}:00:00Z", 24 + hour / 24, hour % 24);
            assert_eq!(units(&used, &at(hour), &at(hour + 1)), want, "{hour} of {text}");
        }
    }
    // The day's last row ends at 24:00, or at 00:00 of the next day that is not written.
    for end in ["24:00", "00:00"] {
        let text = format!(
            "Datum;von;bis;kWh\n28.03.2026;23:30;23:45;1\n28.03.2026;23:45;{end};2\n\
             29.03.2026;01:45;02:00;3\n29.03.2026;02:00;02:15;0\n29.03.2026;03:00;03:15;4\n"
        );
        let used = read(&text);
        assert_eq!(units(&used, "2026-03-28T22:45:00Z", "2026-03-28T23:00:00Z"), "2", "{text}");
        assert_eq!(units(&used, "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z"), "3", "{text}");
        assert_eq!(units(&used, "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"), "4", "{text}");
        assert_eq!(units_text(used.total()), "10");
    }
    // Days are as long as they are: this one has 23 hours.
    let used = read("Datum;Verbrauch (kWh)\n28.03.2026;24\n29.03.2026;23\n30.03.2026;24\n");
    assert_eq!(units(&used, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), "23");
    assert!(used.slots().iter().all(|of| of.estimated));
}

#[test]
fn what_a_file_leaves_open_is_asked() {
    let told = |text: &str| read_with(text, FileHints::default()).expect_err(text);
    let open = "Date,Time,kWh\n01/02/2026,00:00,1\n01/02/2026,01:00,2\n";
    assert!(told(open).contains("--dates dmy"), "{}", told(open));
    for (order, first) in
        [(DateOrder::DayFirst, "2026-01-31"), (DateOrder::MonthFirst, "2026-01-01")]
    {
        let hints = FileHints { dates: Some(order), ..FileHints::default() };
        let used = read_with(open, hints).expect("it is said");
        assert_eq!(
            units(&used, &format!("{first}T23:00:00Z"), &format!("{first}T23:15:00Z")),
            "0.25"
        );
    }
    let two = "Datum;Uhrzeit;Tag kWh;Nacht kWh\n13.02.2026;00:00;1;2\n13.02.2026;01:00;1;2\n";
    assert!(told(two).contains("\"Tag kWh\", \"Nacht kWh\": write --column"), "{}", told(two));
    let hints = FileHints { column: Some("Nacht"), ..FileHints::default() };
    assert_eq!(units_text(read_with(two, hints).expect("it is said").total()), "4");
    let no_unit = "Datum;Uhrzeit;Verbrauch\n13.02.2026;00:00;1\n13.02.2026;01:00;1\n";
    assert!(told(no_unit).contains("--unit kWh or --unit Wh"), "{}", told(no_unit));
    let hints = FileHints { unit: Some("Wh"), ..FileHints::default() };
    assert_eq!(units_text(read_with(no_unit, hints).expect("it is said").total()), "0.002");
    let thousand = "Start,kWh\n2026-02-13 00:00,\"1,234\"\n2026-02-13 01:00,\"2,345\"\n";
    assert!(told(thousand).contains("may be a thousand"), "{}", told(thousand));
    let skipped = "Datum;Uhrzeit;kWh\n29.03.2026;01:00;1\n29.03.2026;02:00;1\n29.03.2026;03:00;1\n";
    assert!(told(skipped).contains("the clock skips"), "{}", told(skipped));
    let wrong = "Datum;Uhrzeit;kWh\n13.02.2026;00:00;1\n13.02.2026;soon;1\n13.02.2026;02:00;x\n";
    let why = told(wrong);
    assert!(why.contains("row 2: ") && why.contains("row 3: \"x\" is no number"), "{why}");
    let reading = "Datum;Zählerstand kWh\n13.02.2026;4711\n14.02.2026;4720\n";
    assert_eq!(told(reading), "of no source", "a counter's reading is no use");
}

#[test]
fn one_page_of_several_is_refused() {
    let feed = "<feed xmlns=\"http://www.w3.org/2005/Atom\">\
        <link rel=\"self\" href=\"https://a/1\"/><link rel=\"next\" href=\"https://a/2\"/>\
        <entry><content><IntervalBlock><IntervalReading><timePeriod><duration>900</duration>\
        <start>1769900400</start></timePeriod><value>125</value></IntervalReading></IntervalBlock>\
        </content></entry></feed>";
    let why = read_with(feed, FileHints::default()).expect_err("a page");
    assert!(why.contains("one page of several") && why.contains("https://a/2"), "{why}");
    let last = feed.replace("rel=\"next\"", "rel=\"alternate\"");
    assert_eq!(units_text(read(&last).total()), "0.125");
}

#[test]
fn a_lone_time_of_24_00_is_the_end_of_its_step() {
    let of = |rows: &str| read(&format!("Datum;Uhrzeit;Verbrauch (kWh)\n{rows}"));
    let used = of("31.10.2026;23:45;0,25\n31.10.2026;24:00;0,5\n01.11.2026;00:15;1\n");
    assert_eq!(units(&used, "2026-10-31T22:30:00Z", "2026-10-31T22:45:00Z"), "0.25");
    assert_eq!(units(&used, "2026-10-31T22:45:00Z", "2026-10-31T23:00:00Z"), "0.5");
    assert_eq!(units(&used, "2026-10-31T23:00:00Z", "2026-10-31T23:15:00Z"), "1");
}
