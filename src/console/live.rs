//! Parts of pages that follow the books: a part is drawn anew when something is published, and sent
//! where it looks otherwise than what the browser has.

use crate::Pages;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often a comment is sent where nothing changes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What comes within so long of each other is drawn once.
const GATHER: Duration = Duration::from_millis(40);

/// What the browser has, as it says itself.
#[derive(Deserialize)]
pub(crate) struct SeenQuery {
    #[serde(default)]
    seen: String,
}

/// A part of a page as it is now; none where it is not to be seen any more.
pub(crate) type Drawing = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Tells drawings of a part apart.
pub(crate) fn mark(html: &str) -> String {
    hex::encode(&Sha256::digest(html)[..8])
}

/// Sends a part whenever it looks otherwise, until the daemon stops or it is not to be seen.
pub(crate) fn follow(
    pages: &Pages,
    seen: SeenQuery,
    draw: impl Fn() -> Drawing + Send + 'static,
) -> Response {
    let begin = (pages.api.watchers.subscribe(), pages.api.queue.clone(), seen.seen, draw, true);
    let stream = unfold(begin, |(mut watched, queue, mut seen, draw, mut is_first)| async move {
        loop {
            if !std::mem::take(&mut is_first) {
                let next = tokio::select! {
                    next = watched.recv() => next,
                    () = queue.closed() => return None,
                };
                if matches!(next, Err(RecvError::Closed)) {
                    return None;
                }
                tokio::time::sleep(GATHER).await;
                watched = watched.resubscribe();
            }
            let html = draw().await?;
            let now = mark(&html);
            if now != seen {
                seen = now;
                let part = html.replace(['\r', '\n'], " ");
                let text = format!(
                    "<hx-partial hx-target=\"#live\" hx-swap=\"innerHTML\">{part}</hx-partial>"
                );
                let event = Ok::<_, Infallible>(Event::default().data(text));
                return Some((event, (watched, queue, seen, draw, false)));
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
