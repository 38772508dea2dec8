//! Where a member is signed in; each session is ended by itself.

use super::after;
use crate::Pages;
use crate::order_acts::refusal_words;
use crate::shown::time;
use crate::signed::SignedIn;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use homepay_domain::access::AccessRequest;
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::time::UnixMs;

/// A browser that is signed in.
pub(super) struct SessionRow {
    pub id: String,
    pub agent: String,
    pub began: String,
    /// The browser that looks at it.
    pub is_this: bool,
}

pub(super) fn rows(book: &Book, signed: &SignedIn, now: UnixMs) -> Vec<SessionRow> {
    let at = book.time(now);
    let own = book.access.sessions.iter();
    let own = own.filter(|(_, session)| session.member == signed.member && session.is_live(at));
    let mut rows: Vec<_> = own.collect();
    rows.sort_by_key(|(_, session)| std::cmp::Reverse(session.began_at));
    let row = |(id, session): (
        &homepay_domain::access::SessionId,
        &homepay_domain::access::BrowserSession,
    )| SessionRow {
        id: id.to_string(),
        agent: session.agent.clone(),
        began: time(&book.home.zone, signed.page.lang, session.began_at, now),
        is_this: *id == signed.session,
    };
    rows.into_iter().map(row).collect()
}

pub(super) async fn end(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let access = AccessRequest::SignOut { session: id.into() };
    let told = pages.api.decide(Event::AccessRequested { actor: signed.actor(), access }).await;
    let told = match told {
        Ok(CommandOutcome::Refused { code, why }) => {
            Err((StatusCode::CONFLICT, refusal_words(&signed.page, code, &why)))
        }
        Ok(_) => Ok(()),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, signed.page.t("error-stopping"))),
    };
    after(&pages, signed, told)
}
