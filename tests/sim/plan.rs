//! What a world is to be: its seed, how long it lives, and which troubles it has. How often each
//! comes is drawn from the seed, so that worlds differ: some have no network faults, some little else.

use crate::random::Rng;

/// Steps of a world.
pub const STEPS: usize = 100;

/// A kind of trouble, or a part of life, which can be taken out of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The process ends.
    Crash,
    /// The disk is full or cannot be read, and what was written last is lost with a crash.
    Disk,
    /// Requests and answers are lost, late, doubled, garbled.
    Network,
    /// The wallet refuses, lets wait, and knows others' payments.
    Wallet,
    /// The wall clock leaps.
    Clock,
    /// Messages come late and twice.
    Broker,
    /// Copies, forgeries, noise.
    Mischief,
    /// Owners edit limits and the household.
    Edits,
    /// Counters, tariffs and market prices: their sums take time, so that few worlds have them.
    Meters,
    /// A speaker that does not sign, and numbers of Home Assistant.
    Voice,
    /// Bills to pay.
    Bills,
}

/// Each with its name.
pub const TROUBLES: [(Trouble, &str); 11] = [
    (Trouble::Crash, "crash"),
    (Trouble::Disk, "disk"),
    (Trouble::Network, "network"),
    (Trouble::Wallet, "wallet"),
    (Trouble::Clock, "clock"),
    (Trouble::Broker, "broker"),
    (Trouble::Mischief, "mischief"),
    (Trouble::Edits, "edits"),
    (Trouble::Meters, "meters"),
    (Trouble::Voice, "voice"),
    (Trouble::Bills, "bills"),
];

/// A world to be.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub steps: usize,
    /// Troubles that it does not have.
    pub without: Vec<Trouble>,
}

impl Plan {
    /// The world of a seed.
    pub fn new(seed: u64) -> Plan {
        Plan { seed, steps: STEPS, without: Vec::new() }
    }

    /// How to live through it again.
    pub fn command(&self) -> String {
        let mut command = format!("tests/sim/run --seed {}", self.seed);
        if self.steps != STEPS {
            command += &format!(" --steps {}", self.steps);
        }
        let name = |trouble: &Trouble| TROUBLES.iter().find(|(t, _)| t == trouble).map(|(_, n)| *n);
        let without: Vec<&str> = self.without.iter().filter_map(name).collect();
        if !without.is_empty() {
            command += &format!(" --without {}", without.join(","));
        }
        command
    }
}

/// How often each trouble comes in one world, in per cent of what is usual.
#[derive(Clone, Debug)]
pub struct Odds([usize; TROUBLES.len()]);

impl Odds {
    pub fn draw(plan: &Plan) -> Odds {
        let mut rng = Rng::new(plan.seed, 6);
        Odds(TROUBLES.map(|(trouble, _)| {
            let drawn = *rng.pick(&[0, 30, 100, 100, 100, 250]).expect("one of six");
            let is_dear = trouble == Trouble::Meters && rng.chance(60);
            let drawn = if is_dear { 0 } else { drawn };
            if plan.without.contains(&trouble) { 0 } else { drawn }
        }))
    }

    /// True where the world has any of it.
    pub fn has(&self, trouble: Trouble) -> bool {
        self.of(trouble, 100) > 0
    }

    /// How often something happens in this world that usually happens in so many of a hundred cases.
    pub fn of(&self, trouble: Trouble, usual_per_cent: usize) -> usize {
        let place = TROUBLES.iter().position(|(known, _)| *known == trouble);
        (usual_per_cent * self.0[place.expect("each is listed")]).div_ceil(100)
    }
}

/// The smallest world that still goes wrong: fewer kinds of trouble first, then fewer steps.
pub fn shrunk(mut plan: Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    for (trouble, _) in TROUBLES {
        let mut next = plan.clone();
        next.without.push(trouble);
        if fails(&next) {
            plan = next;
        }
    }
    let mut too_few = 0;
    while too_few + 1 < plan.steps {
        let next = Plan { steps: too_few.midpoint(plan.steps), ..plan.clone() };
        if fails(&next) {
            plan = next;
        } else {
            too_few = next.steps;
        }
    }
    plan
}
