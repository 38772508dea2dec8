//! The books' time, as it stands to the machine's clock.

use homepay_domain::household::Home;
use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::ClockStanding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClockView {
    /// What time it is by the books.
    pub books: String,
    /// What time it is by the machine's clock.
    pub machine: String,
    /// `agrees`; `ahead` or `behind` while the machine's clock is not believed.
    pub standing: String,
    /// By how much the machine's clock is ahead of the books, in seconds.
    pub off_s: i64,
}

impl ClockView {
    pub fn of(
        home: &Home,
        (books, machine): (UnixMs, UnixMs),
        standing: ClockStanding,
    ) -> ClockView {
        let (standing, off_ms) = match standing {
            ClockStanding::Agrees => ("agrees", machine.since_ms(books)),
            ClockStanding::Ahead { by_ms } => ("ahead", by_ms),
            ClockStanding::Behind { by_ms } => ("behind", -by_ms),
        };
        ClockView {
            books: books.rfc3339(&home.zone),
            machine: machine.rfc3339(&home.zone),
            standing: standing.to_owned(),
            off_s: off_ms / 1_000,
        }
    }
}
