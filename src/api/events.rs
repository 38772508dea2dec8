//! What the hub does, as it does it: server-sent events.

use super::Api;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{iter, unfold};
use futures_util::{Stream, StreamExt};
use homepay_engine::state_views;
use homepay_ports::Publication;
use homepay_protocols::native::encode::{AlertView, OrderView, ReplyBody};
use homepay_protocols::native::states::{BridgeHealth, DeviceState, HomeState};
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often a comment is sent where nothing happens: what stands between would end a silent
/// connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The `data` of an event: what is published over MQTT, and on which topic. `event` is the last level
/// of the topic: `state`, `health`, `reply`, `order`, `alert`. A device that is gone has a topic alone.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EventData {
    /// The topic without the base, such as `device/kitchen/state`.
    topic: String,
    #[serde(flatten)]
    payload: EventPayload,
}

/// What an event tells.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum EventPayload {
    Home(HomeState),
    Device(DeviceState),
    Health(BridgeHealth),
    #[expect(dead_code, reason = "it describes events, which come as they were published")]
    Reply(ReplyBody),
    #[expect(dead_code, reason = "it describes events, which come as they were published")]
    Order(OrderView),
    #[expect(dead_code, reason = "it describes events, which come as they were published")]
    Alert(AlertView),
}

/// The states as they are; then each reply, order, alert and state from now on, once it stands
/// committed. Who is too slow gets `missed` with how many, and looks anew. It ends when the daemon
/// stops.
pub(super) async fn events(
    State(api): State<Api>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Watched first: what changes while the states are told comes after them.
    let watched = (api.watchers.subscribe(), api.queue.clone(), api.base.clone());
    let states = iter(states(&api).into_iter().map(Ok));
    let stream = unfold(watched, |(mut watched, queue, base)| async move {
        let next = tokio::select! {
            next = watched.recv() => next,
            () = queue.closed() => return None,
        };
        let event = match next {
            Ok(publication) => event_of(&base, &publication),
            Err(RecvError::Lagged(missed)) => {
                Event::default().event("missed").data(missed.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (watched, queue, base)))
    });
    Sse::new(states.chain(stream)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// What is retained at the broker.
fn states(api: &Api) -> Vec<Event> {
    let (view, now) = (api.view(), api.clock.now());
    let (book, costs) = (&view.book, api.views.costs(&view, view.book.time(now)));
    let home = EventPayload::Home(state_views::home_state(book, &costs, now));
    let health = EventPayload::Health(api.vitals.health(book, now));
    let devices = book.household.devices.keys().filter_map(|id| {
        let state = state_views::device_state(book, id, &costs, now)?;
        Some((format!("device/{id}/state"), EventPayload::Device(state)))
    });
    let first = [("bridge/health".to_owned(), health), ("home/state".to_owned(), home)];
    let all = first.into_iter().chain(devices).filter_map(|(topic, payload)| {
        let name = last_level(&topic).to_owned();
        let data = serde_json::to_string(&EventData { topic, payload }).ok()?;
        Some(Event::default().event(name).data(data))
    });
    all.collect()
}

fn last_level(topic: &str) -> &str {
    topic.rsplit('/').next().unwrap_or_default()
}

fn event_of(base: &str, publication: &Publication) -> Event {
    let topic = publication.topic.strip_prefix(base).unwrap_or(&publication.topic);
    let topic = topic.trim_start_matches('/');
    let text = String::from_utf8_lossy(&publication.payload).replace(['\r', '\n'], " ");
    let told = serde_json::Value::from(topic);
    let data = match text.trim_start().strip_prefix('{') {
        Some(fields) if fields.trim_start() != "}" => format!("{{\"topic\":{told},{fields}"),
        Some(_) | None => format!("{{\"topic\":{told}}}"),
    };
    Event::default().event(last_level(topic)).data(data)
}
