//! A sentence, said at this page as a speaker would say it: it is signed, and goes the way of every order.

use super::{PAGE_SPEAKER, Progress};
use crate::Pages;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homepay_domain::household::Lang;
use homepay_ports::{Message, Publication};
use homepay_protocols::native::envelope::Envelope;
use homepay_text::keys::key_bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::broadcast;

/// How long an answer is waited for.
const REPLY_WAIT: Duration = Duration::from_secs(5);

/// The longest sentence that is taken, in characters.
const TYPED_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "wizard_say.html")]
struct SayStep {
    p: Page,
    progress: Progress,
    fault: Option<String>,
    has_speaker: bool,
    sentence: String,
    /// What was answered, and to which order.
    reply: Option<SpokenReply>,
}

/// What the speaker would say, and what it is about.
struct SpokenReply {
    order: String,
    words: String,
    asks_number: bool,
    is_order: bool,
}

#[derive(Deserialize)]
pub(super) struct SentenceForm {
    sentence: String,
}

#[derive(Deserialize)]
pub(super) struct NumberForm {
    order: String,
    number: String,
}

fn step(pages: &Pages, signed: &SignedIn) -> SayStep {
    let household = pages.api.view().book.household.clone();
    let has_speaker = household.devices.keys().any(|id| id.as_str() == PAGE_SPEAKER);
    let item = household.catalog.values().next();
    let sentence = item.map_or(String::new(), |item| {
        let name = item.name.of(signed.page.lang);
        match signed.page.lang {
            Lang::ZhCn => format!("买一{}{name}", item.unit.as_deref().unwrap_or("个")),
            Lang::En => format!("buy one {}", name.to_lowercase()),
        }
    });
    SayStep {
        p: signed.page.clone(),
        progress: Progress::at(pages, signed, "say"),
        fault: None,
        has_speaker,
        sentence,
        reply: None,
    }
}

pub(super) async fn form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    show(&step(&pages, &signed))
}

pub(super) async fn say(
    State(pages): State<Pages>,
    signed: SignedIn,
    FormFields(said): FormFields<SentenceForm>,
) -> Response {
    let sentence: String = said.sentence.trim().chars().take(TYPED_CHARS_MAX).collect();
    let page = step(&pages, &signed);
    if sentence.is_empty() {
        let fault = Some(signed.page.t("wizard-no-sentence"));
        return (StatusCode::UNPROCESSABLE_ENTITY, show(&SayStep { fault, ..page }))
            .into_response();
    }
    let order = format!("page-{}", hex::encode(rand::random::<[u8; 8]>()));
    let body = json!({"order_id": order, "text": sentence, "lang": signed.page.lang.tag()});
    answered(&pages, SayStep { sentence, ..page }, "order", &order, &body).await
}

pub(super) async fn confirm(
    State(pages): State<Pages>,
    signed: SignedIn,
    FormFields(said): FormFields<NumberForm>,
) -> Response {
    let body = json!({"order_id": said.order, "answer": said.number.trim()});
    let page = step(&pages, &signed);
    answered(&pages, page, "confirm", &said.order, &body).await
}

async fn answered(
    pages: &Pages,
    page: SayStep,
    topic: &str,
    order: &str,
    body: &Value,
) -> Response {
    let mut heard = pages.api.watchers.subscribe();
    let told = match signed_message(pages, topic, &body.to_string()) {
        Some(message) => pages.api.said.send(message).await.map_err(|_| "error-stopping"),
        None => Err("wizard-no-page-speaker"),
    };
    if let Err(fault) = told {
        let fault = Some(page.p.t(fault));
        return (StatusCode::CONFLICT, show(&SayStep { fault, ..page })).into_response();
    }
    let waited = tokio::time::timeout(REPLY_WAIT, reply_to(pages, &mut heard, order)).await;
    match waited {
        Ok(Some(reply)) => show(&SayStep { reply: Some(reply), ..page }),
        Ok(None) | Err(_) => {
            let fault = Some(page.p.t("wizard-no-reply"));
            (StatusCode::GATEWAY_TIMEOUT, show(&SayStep { fault, ..page })).into_response()
        }
    }
}

/// The first reply to an order.
async fn reply_to(
    pages: &Pages,
    heard: &mut broadcast::Receiver<Publication>,
    order: &str,
) -> Option<SpokenReply> {
    let topic = format!("{}/device/{PAGE_SPEAKER}/reply", pages.api.base);
    loop {
        let publication = match heard.recv().await {
            Ok(publication) => publication,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        if publication.topic != topic {
            continue;
        }
        let reply: Value = serde_json::from_slice(&publication.payload).unwrap_or_default();
        if reply["order_id"] == order {
            return Some(SpokenReply {
                order: order.to_owned(),
                words: reply["say"].as_str().unwrap_or_default().to_owned(),
                asks_number: reply["status"] == "confirm",
                is_order: reply["status"] != "declined",
            });
        }
    }
}

/// A message as the page's own speaker signs it.
fn signed_message(pages: &Pages, what: &str, body: &str) -> Option<Message> {
    let household = pages.api.view().book.household.clone();
    let (_, speaker) = household.devices.iter().find(|(id, _)| id.as_str() == PAGE_SPEAKER)?;
    let (key, secret) = speaker.keys.iter().next()?;
    let secret = key_bytes(secret).ok()?;
    let topic = format!("{}/device/{PAGE_SPEAKER}/{what}", pages.api.base);
    let now = pages.api.clock.now();
    // Each message is a start of its own: nothing has to be remembered.
    let stamp = (now.0.unsigned_abs(), 1, now.seconds());
    let envelope = Envelope::signed(&topic, (PAGE_SPEAKER, key.as_str()), stamp, body, &secret);
    let payload = serde_json::to_vec(&envelope).ok()?;
    Some(Message { topic, payload, retained: false })
}
