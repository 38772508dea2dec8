//! Messages by the clock: unsigned orders are marked with when they were heard, and while the wall
//! clock is not believed, what is fresh by it alone is refused with that reason.

use super::clock_watch::DEVICE_AGREES_S;
use super::intake::Intake;
use super::time_point::TimePoint;
use homepay_domain::decide::REQUEST_FRESH_S;
use homepay_domain::event::{Event, Stamp};
use homepay_domain::ids::Name;
use homepay_domain::marks::{Mark, reached};
use homepay_domain::reply::Code;
use homepay_domain::timekeeper::ClockStanding;
use homepay_protocols::native::decoded::Decoded;
use homepay_protocols::native::owner_request::OwnerRequest;

impl Intake {
    /// A decoded message as the clocks allow it.
    pub(super) fn by_the_clock(&self, mut decoded: Decoded, at: &TimePoint) -> Decoded {
        if let Decoded::Event(Event::OrderRequested(None, asked)) = &mut decoded {
            asked.heard_at = Some(at.now);
        }
        let held = stamp_of(&decoded).is_some_and(|stamp| self.is_held(stamp, at));
        if !held {
            return decoded;
        }
        reached(Mark::ClockHeld);
        let (code, why) = (Code::ClockHeld, "the clock leapt and is not believed yet".to_owned());
        match decoded {
            Decoded::Event(event) => {
                let (device, order) = event.asker();
                Decoded::Refused { device, order, code, why }
            }
            Decoded::Pin { device, order, .. } => {
                Decoded::Refused { device: Some(device), order: Some(order), code, why }
            }
            Decoded::Request(OwnerRequest { verb, transaction, event, .. }) => {
                let key = event.stamp().and_then(|stamp| name_in(stamp, "owner:"));
                Decoded::RefusedRequest { key, code, verb, transaction, why }
            }
            other => other,
        }
    }

    /// True for what is fresh by the wall clock and not by the books. A device that signs the wall
    /// clock's time is a witness of a leap.
    fn is_held(&self, stamp: &Stamp, at: &TimePoint) -> bool {
        if at.standing == ClockStanding::Agrees {
            return false;
        }
        let by_wall_s = at.wall.seconds().saturating_sub(stamp.ts).saturating_abs();
        let by_books_s = at.now.seconds().saturating_sub(stamp.ts).saturating_abs();
        let ahead = matches!(at.standing, ClockStanding::Ahead { .. });
        if let Some(device) = name_in(stamp, "device:")
            && ahead
            && by_wall_s <= DEVICE_AGREES_S
        {
            self.clock_witnesses.note(device);
        }
        by_wall_s <= REQUEST_FRESH_S && by_books_s > REQUEST_FRESH_S
    }
}

/// Whose key it is, where it is a signer of that kind.
fn name_in(stamp: &Stamp, kind: &str) -> Option<Name> {
    let name = stamp.signer.strip_prefix(kind)?.split('/').next()?;
    Name::parse(name).ok()
}

fn stamp_of(decoded: &Decoded) -> Option<&Stamp> {
    match decoded {
        Decoded::Event(event) => event.stamp(),
        Decoded::Request(request) => request.event.stamp(),
        Decoded::Pin { stamp, .. } => stamp.as_ref(),
        _ => None,
    }
}
