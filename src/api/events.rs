//! What the hub does, as it does it: server-sent events.

use super::Api;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use homepay_ports::Publication;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often a comment is sent where nothing happens: what stands between would end a silent
/// connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Each reply, order and alert from now on, once it stands committed: `event` is the last level of its topic
/// (`order`, `alert`, `reply`, …), `data` the payload. Who is too slow gets `missed` with how many, and
/// looks anew. It ends when the daemon stops.
pub(super) async fn events(
    State(api): State<Api>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watched = (api.watchers.subscribe(), api.queue.clone());
    let stream = unfold(watched, |(mut watched, queue)| async move {
        let next = tokio::select! {
            next = watched.recv() => next,
            () = queue.closed() => return None,
        };
        let event = match next {
            Ok(publication) => event_of(&publication),
            Err(RecvError::Lagged(missed)) => {
                Event::default().event("missed").data(missed.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (watched, queue)))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn event_of(publication: &Publication) -> Event {
    let name = publication.topic.rsplit('/').next().unwrap_or_default();
    let text = String::from_utf8_lossy(&publication.payload);
    Event::default().event(name).data(text.replace(['\r', '\n'], " "))
}
