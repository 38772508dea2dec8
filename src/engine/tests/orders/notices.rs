//! Who is told of an order that waits, when, and until when.

use super::{OrderWorld, limit, name};
use homepay_domain::alert::Severity;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::ids::OrderId;
use homepay_domain::limits::hours::Hours;
use homepay_domain::notice::{DeliveryOutcome, NOTICES_OPEN_MAX, Notice, NoticeTopic, Route};

/// How long the backup of these cases waits, in seconds.
const BACKUP_S: i64 = 120;

fn route(id: &str, what: &[NoticeTopic], escalate_after_s: Option<i64>) -> Route {
    Route {
        id: name(id),
        channel: "ntfy".to_owned(),
        member: None,
        what: what.to_vec(),
        severity: Severity::Info,
        quiet: None,
        escalate_after_s,
    }
}

/// Mum is asked at once, dad where she does not react, the board is told of every order.
fn world(quiet: Option<&str>) -> OrderWorld {
    let mut world = OrderWorld::new(&limit(
        "all",
        "scope = { home = true }
period = \"month\"
amount = \"99999.00\"
\
         approve_above = \"20.00\"
approve_within = \"3h\"",
    ));
    let mum = Route {
        quiet: quiet.and_then(|hours| Hours::parse(hours).ok()),
        ..route("mum", &[NoticeTopic::Approval], None)
    };
    let routes = vec![
        mum,
        route("dad", &[NoticeTopic::Approval], Some(BACKUP_S)),
        route("board", &[NoticeTopic::Order], None),
    ];
    world.decide(&Event::RoutesRead { routes }, None);
    world
}

fn open(world: &OrderWorld, id: &str) -> Vec<Notice> {
    let open = world.book.notices.open.values();
    open.filter(|notice| notice.route == name(id)).cloned().collect()
}

fn delivered(world: &mut OrderWorld, notice: &Notice) {
    world.now = world.now.max(notice.due);
    let event =
        Event::NoticeAnswered { notice: notice.id.clone(), delivery: DeliveryOutcome::Accepted };
    world.decide(&event, None);
}

fn decides(world: &mut OrderWorld, id: &str, yes: bool) {
    let order = OrderId::parse(id).unwrap();
    let wish = if yes { OwnerCommand::Approve } else { OwnerCommand::Reject };
    world.decide(&crate::wished(wish(order.clone())), Some(&order));
}

#[test]
fn the_backup_is_told_where_nobody_reacts_and_no_longer_once_somebody_does() {
    let mut world = world(None);
    world.ask("waits-long", "water", 2);
    let (mum, dad) = (open(&world, "mum"), open(&world, "dad"));
    assert_eq!((mum.len(), dad.len()), (1, 1), "{:?}", world.book.notices.open);
    assert_eq!(mum[0].due, world.now);
    assert_eq!(dad[0].due, world.now.plus_s(BACKUP_S));
    delivered(&mut world, &mum[0]);
    let mut told = 0;
    while let Some(next) = open(&world, "dad").first().cloned() {
        told += 1;
        delivered(&mut world, &next);
        assert!(told < 100, "it never ends");
    }
    assert!((2..=10).contains(&told), "repeated, and not for ever: {told}");

    let mut world = super::notices::world(None);
    world.ask("waits-short", "water", 2);
    decides(&mut world, "waits-short", false);
    assert!(open(&world, "dad").is_empty(), "mum has reacted");
}

#[test]
fn quiet_hours_put_off_and_tell_how_it_ended() {
    let mut world = world(Some("11:00-13:00"));
    world.ask("waits-quiet", "water", 2);
    let mum = open(&world, "mum");
    assert_eq!(mum[0].due, world.now.plus_s(3_600), "at the end of the quiet hours");
    decides(&mut world, "waits-quiet", false);
    let later = open(&world, "mum");
    let subject = serde_json::to_string(&later[0].subject).unwrap();
    assert!(subject.contains("declined"), "what is told is how it ended: {subject}");
    assert_eq!(later[0].id, mum[0].id, "under the same id");
}

#[test]
fn beyond_the_bound_nothing_waits_and_that_is_kept() {
    let mut world = world(None);
    for number in 0..NOTICES_OPEN_MAX {
        world.now = world.now.plus_s(60);
        world.ask(&format!("order-{number:05}"), "water", 2);
        let open = world.book.notices.open.len();
        assert!(open <= NOTICES_OPEN_MAX, "{open}");
    }
    let failed = world.book.notices.done[&name("mum")]
        .iter()
        .chain(world.book.notices.done.get(&name("board")).into_iter().flatten());
    let why: Vec<_> = failed.filter_map(|notice| notice.why.clone()).collect();
    assert!(why.iter().any(|why| why.contains("others wait")), "{why:?}");
}
