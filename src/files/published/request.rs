//! How a source is asked for.

use super::source_form::RequestForm;
use super::zone::ZoneForm;
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What the household says of a source.
#[derive(Clone, Copy, Debug)]
pub struct SourceContext<'a> {
    /// The zone of its prices.
    pub zone: &'a str,
    /// What proves who asks.
    pub token: &'a str,
    /// Where it is, for those that are in the house.
    pub url: &'a str,
    pub currency: &'a str,
}

/// A question, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRequest {
    pub url: String,
    /// What is posted; without it the list is got.
    pub body: Option<String>,
    pub headers: Vec<(String, String)>,
}

/// The questions of a source, one for each of its days.
///
/// # Errors
/// Says what the household must say for it.
pub fn questions(
    form: &RequestForm,
    told: &SourceContext<'_>,
    home: &TimeZone,
    now: UnixMs,
) -> Result<Vec<SourceRequest>, String> {
    let named = form.timezone.as_deref().map(TimeZone::get).transpose();
    let named = named.map_err(|error| error.to_string())?;
    let zone = named.as_ref().unwrap_or(home);
    missing(form, told)?;
    let told = &SourceContext { zone: &form.zone_id(told.zone)?, ..*told };
    let today = now.in_zone(zone).date();
    Ok(form.days.iter().map(|ahead| question(form, told, zone, plus_days(today, *ahead))).collect())
}

/// What the household must say for a source.
///
/// # Errors
/// Names the first that is missing, and a zone that the source does not have.
pub fn missing(form: &RequestForm, told: &SourceContext<'_>) -> Result<(), String> {
    for (name, word, hint) in [
        ("zone", told.zone, "zone = \"…\""),
        ("token", told.token, "token_file = \"…\""),
        ("url", told.url, "url = \"http://…\""),
    ] {
        let place = format!("{{{name}}}");
        let texts = form.headers.values().chain(&form.body).chain([&form.url]);
        if word.is_empty() && texts.into_iter().any(|text| text.contains(&place)) {
            let zones = match (name, form.zones.is_empty()) {
                ("zone", false) => {
                    let usual: Vec<&str> = form.zones.iter().map(ZoneForm::usual).collect();
                    format!(", one of {}", usual.join(", "))
                }
                _ => String::new(),
            };
            return Err(format!("it needs {hint}{zones}"));
        }
    }
    if !told.zone.is_empty() {
        form.zone_id(told.zone)?;
    }
    Ok(())
}

fn question(
    form: &RequestForm,
    told: &SourceContext<'_>,
    zone: &TimeZone,
    day: Date,
) -> SourceRequest {
    let next = plus_days(day, 1);
    let utc = |day: Date| midnight(day, zone).rfc3339(&TimeZone::UTC).replace("+00:00", "Z");
    let compact =
        |day: Date| utc(day).chars().filter(char::is_ascii_digit).take(12).collect::<String>();
    let fill = |text: &str| {
        text.replace("{zone}", told.zone)
            .replace("{token}", told.token)
            .replace("{url}", told.url.trim_end_matches('/'))
            .replace("{currency}", told.currency)
            .replace("{date}", &day.to_string())
            .replace("{next_date}", &next.to_string())
            .replace("{from}", &utc(day))
            .replace("{to}", &utc(next))
            .replace("{from_ms}", &midnight(day, zone).0.to_string())
            .replace("{to_ms}", &midnight(next, zone).0.to_string())
            .replace("{from_compact}", &compact(day))
            .replace("{to_compact}", &compact(next))
    };
    SourceRequest {
        url: fill(&form.url),
        body: form.body.as_deref().map(fill),
        headers: form.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
    }
}
