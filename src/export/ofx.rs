//! OFX 2.0.3, for the import screens of banking programs. `FITID` is the movement's id, by which
//! they know what they have already.

use super::{Export, ExportFormat, Labels, items_text, one_line};
use homepay_domain::household::Lang;
use homepay_domain::limits::window::midnight;
use homepay_domain::money::Minor;
use homepay_domain::statement::{Movement, MovementKind, Statement};
use homepay_domain::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// The longest NAME, in characters.
const NAME_CHARS_MAX: usize = 32;

/// The longest MEMO, in characters.
const MEMO_CHARS_MAX: usize = 255;

/// What stands where OFX wants an account; a home has one wallet.
const ACCOUNT: &str = "<BANKACCTFROM><BANKID>HOMEPAY</BANKID><ACCTID>WALLET</ACCTID>\
    <ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>";

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n\
    <?OFX OFXHEADER=\"200\" VERSION=\"203\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" \
    NEWFILEUID=\"NONE\"?>\n";

const STATUS: &str = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>";

/// A statement as OFX. The balance is what was spent since the books began, below zero; it and the
/// answer are of the day of the balance, not of a moment, so that the same day gives the same bytes.
pub struct Ofx;

impl ExportFormat for Ofx {
    fn name(&self) -> &'static str {
        "ofx"
    }

    fn about(&self) -> &'static str {
        "OFX 2.0.3"
    }

    fn write(&self, export: &Export<'_>) -> String {
        let Export { statement, labels, lang, balance, .. } = *export;
        let language = match lang {
            Lang::ZhCn => "ZHO",
            Lang::En => "ENG",
        };
        let zone = &statement.zone;
        let today = noon(balance.on, zone);
        let first = stamp(midnight(statement.days.first, zone), zone);
        let end = stamp(midnight(statement.days.next, zone), zone);
        let mut text = String::from(HEADER);
        let currency = statement.currency;
        let _ = write!(
            text,
            "<OFX>\n<SIGNONMSGSRSV1><SONRS>{STATUS}<DTSERVER>{today}</DTSERVER>\
             <LANGUAGE>{language}</LANGUAGE></SONRS></SIGNONMSGSRSV1>\n\
             <BANKMSGSRSV1><STMTTRNRS><TRNUID>0</TRNUID>{STATUS}\n<STMTRS>\
             <CURDEF>{currency}</CURDEF>{ACCOUNT}\n\
             <BANKTRANLIST><DTSTART>{first}</DTSTART><DTEND>{end}</DTEND>\n"
        );
        for movement in &statement.movements {
            transaction(&mut text, statement, labels, movement);
        }
        let spent = currency.text(Minor(balance.spent.0.saturating_neg()));
        let _ = writeln!(
            text,
            "</BANKTRANLIST>\n<LEDGERBAL><BALAMT>{spent}</BALAMT><DTASOF>{today}</DTASOF></LEDGERBAL>\n\
             </STMTRS></STMTTRNRS></BANKMSGSRSV1>\n</OFX>"
        );
        text
    }
}

fn transaction(text: &mut String, statement: &Statement, labels: Labels<'_>, of: &Movement) {
    let (kind, id) = (kind(of.kind), escaped(&of.id, usize::MAX));
    let (posted, at) = (noon(of.date, &statement.zone), stamp(of.at, &statement.zone));
    let amount = statement.currency.text(Minor(of.amount.0.saturating_neg()));
    let _ = write!(
        text,
        "<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{posted}</DTPOSTED><DTUSER>{at}</DTUSER>\
         <TRNAMT>{amount}</TRNAMT>\
         <FITID>{id}</FITID>"
    );
    // Both may be left out, and neither may be empty.
    let items = escaped(&items_text(&of.lines), MEMO_CHARS_MAX);
    for (tag, value) in [("NAME", escaped(&labels.payee_of(of), NAME_CHARS_MAX)), ("MEMO", items)] {
        if !value.is_empty() {
            let _ = write!(text, "<{tag}>{value}</{tag}>");
        }
    }
    text.push_str("</STMTTRN>\n");
}

fn kind(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::Capture => "DEBIT",
        MovementKind::Refund => "CREDIT",
    }
}

/// Noon of a day: whoever takes it for a time of another zone nearly always sees the same day.
fn noon(day: Date, zone: &TimeZone) -> String {
    let at = day.at(12, 0, 0, 0).to_zoned(zone.clone());
    let at = at.map_or_else(|_| midnight(day, zone), |at| UnixMs(at.timestamp().as_millisecond()));
    stamp(at, zone)
}

/// A time with its offset: programs that do not read the offset still see the home's own day.
fn stamp(at: UnixMs, zone: &TimeZone) -> String {
    let zoned = at.in_zone(zone);
    let minutes = zoned.offset().seconds() / 60;
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    let offset = if rest == 0 { format!("{hours}") } else { format!("{hours}.{rest:02}") };
    format!("{}[{sign}{offset}]", zoned.strftime("%Y%m%d%H%M%S.000"))
}

/// At most so many characters of a text, as XML has them. What is not ASCII is written by its number:
/// some programs read OFX 2 as they read OFX 1, without looking at the encoding.
fn escaped(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    for c in one_line(text).chars().take(chars_max) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other if other.is_ascii() => out.push(other),
            other => {
                let _ = write!(out, "&#{};", u32::from(other));
            }
        }
    }
    out
}
