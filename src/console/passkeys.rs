//! Passkeys: made, signed in by, and used as a proof. For an approval the challenge is made of the order,
//! so that the signature is of it and of nothing else (`homepay_domain::approval`).

use crate::page::Page;
use crate::pending::{Pending, PendingDesk};
use crate::sign_in::{named, new_session, session_cookie};
use crate::signed::{ProofFields, SignedIn, changed, note_try, prove};
use crate::{Pages, PasswordDesk, order_acts};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homepay_domain::access::{
    AccessRequest, Account, CredentialChange, PasskeyRecord, ProofUsed, SignInProof,
};
use homepay_domain::actor::Actor;
use homepay_domain::approval::{
    ApprovalProof, PasskeySignature, ProofKind, approval_challenge, approval_digest, approval_text,
};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::household::Secret;
use homepay_domain::ids::{Name, OrderId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// How long the name of a passkey may be, in characters.
const PASSKEY_NAME_CHARS_MAX: usize = 40;

/// What a browser was asked, and for what.
#[derive(Clone)]
pub(crate) struct Asked {
    member: Name,
    host: String,
    what: AskedFor,
}

#[derive(Clone)]
enum AskedFor {
    New(PasskeyRegistration),
    SignIn(PasskeyAuthentication),
    Proof(PasskeyAuthentication),
    /// The order, the text that was looked at, and the number used once that the challenge is made of.
    Approval {
        order: OrderId,
        text: String,
        nonce: Vec<u8>,
        state: PasskeyAuthentication,
    },
}

/// What a browser is told to do.
#[derive(Serialize)]
struct Begun<T> {
    token: String,
    options: T,
}

#[derive(Deserialize)]
pub(crate) struct Ended<T> {
    token: String,
    #[serde(default)]
    name: String,
    credential: T,
}

fn say(status: StatusCode, say: String) -> Response {
    (status, Json(json!({ "say": say }))).into_response()
}

fn no(page: &Page, id: &str) -> Response {
    say(StatusCode::CONFLICT, page.t(id))
}

/// The library for the address at which the page is open, and its name. A name that is not the one that was
/// asked for is nobody's.
fn relying(headers: &HeaderMap) -> Option<(Webauthn, String)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| Url::parse(origin).ok());
    let host = text(header::HOST).unwrap_or_default().split(':').next().unwrap_or_default();
    let origin = origin.filter(|origin| origin.domain() == Some(host));
    let built = origin.as_ref().and_then(|origin| {
        WebauthnBuilder::new(host, origin).ok()?.rp_name("homepay").build().ok()
    });
    built.map(|built| (built, host.to_owned()))
}

/// The keys of a member for this name.
fn keys(account: &Account, host: &str) -> Vec<Passkey> {
    let here = account.passkeys.iter().filter(|passkey| passkey.host == host);
    here.filter_map(|passkey| serde_json::from_str(passkey.record.expose()).ok()).collect()
}

/// The same number for the same member of the same home, by which an authenticator knows its account.
fn handle(home: &str, member: &Name) -> Uuid {
    let digest = Sha256::digest(format!("homepay-passkey\n{home}\n{member}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn account_of(pages: &Pages, member: &Name) -> Option<Account> {
    pages.api.view().book.access.accounts.get(member).cloned()
}

pub(crate) async fn begin_new(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    headers: HeaderMap,
    Json(fields): Json<ProofFields>,
) -> Response {
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&signed.page, "passkey-no-name");
    };
    if let Err(refused) = prove(&pages, &desk, &pending, &signed, fields).await {
        return say(refused.status, refused.why);
    }
    let Some(account) = account_of(&pages, &signed.member) else {
        return no(&signed.page, "passkey-failed");
    };
    let known = keys(&account, &host).iter().map(|key| key.cred_id().clone()).collect();
    let view = pages.api.view();
    let member = view.book.household.members.get(&signed.member);
    let name = member.map_or(signed.member.to_string(), |member| member.name.clone());
    let unique = handle(&pages.api.base, &signed.member);
    match webauthn.start_passkey_registration(unique, signed.member.as_str(), &name, Some(known)) {
        Ok((options, state)) => {
            begun(&pages, &pending, &signed.member, host, options, AskedFor::New(state))
        }
        Err(_) => no(&signed.page, "passkey-failed"),
    }
}

fn begun<T: Serialize>(
    pages: &Pages,
    pending: &PendingDesk,
    member: &Name,
    host: String,
    options: T,
    what: AskedFor,
) -> Response {
    let asked = Asked { member: member.clone(), host, what };
    let token = pending.begin(pages.api.clock.now(), Pending::Passkey(Box::new(asked)));
    Json(Begun { token, options }).into_response()
}

/// What the token ends, where it was begun at this name, and by this member where one is signed in.
fn ended(
    pages: &Pages,
    pending: &PendingDesk,
    token: &str,
    (host, member): (&str, Option<&Name>),
) -> Option<Asked> {
    match pending.end(pages.api.clock.now(), token)? {
        Pending::Passkey(asked) => (asked.host == host
            && member.is_none_or(|member| asked.member == *member))
        .then_some(*asked),
        Pending::SecondFactor { .. } | Pending::TotpSecret { .. } | Pending::Proven { .. } => None,
    }
}

pub(crate) async fn end_new(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    headers: HeaderMap,
    Json(said): Json<Ended<RegisterPublicKeyCredential>>,
) -> Response {
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&signed.page, "passkey-no-name");
    };
    let asked = ended(&pages, &pending, &said.token, (&host, Some(&signed.member)));
    let Some(AskedFor::New(state)) = asked.map(|asked| asked.what) else {
        return no(&signed.page, "passkey-late");
    };
    let Ok(key) = webauthn.finish_passkey_registration(&said.credential, &state) else {
        return no(&signed.page, "passkey-failed");
    };
    let name: String = said.name.trim().chars().take(PASSKEY_NAME_CHARS_MAX).collect();
    let record = PasskeyRecord {
        id: URL_SAFE_NO_PAD.encode(key.cred_id()),
        name: if name.is_empty() { host.clone() } else { name },
        host,
        record: Secret::new(&serde_json::to_string(&key).unwrap_or_default()),
        added_at: pages.api.clock.now(),
    };
    match changed(&pages, &signed, CredentialChange::PasskeyAdded(Box::new(record))).await {
        Ok(()) => Json(json!({ "to": "/security" })).into_response(),
        Err((status, why)) => say(status, why),
    }
}

#[derive(Deserialize)]
pub(crate) struct WhoFields {
    #[serde(default)]
    who: String,
}

pub(crate) async fn begin_sign_in(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    headers: HeaderMap,
    Json(said): Json<WhoFields>,
) -> Response {
    let page = Page::stranger(&pages, &headers);
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&page, "passkey-no-name");
    };
    let member = named(&pages.api.view().book, &said.who);
    let account = member.as_ref().and_then(|member| account_of(&pages, member));
    let keys = account.map_or(Vec::new(), |account| keys(&account, &host));
    match (member, webauthn.start_passkey_authentication(&keys)) {
        (Some(member), Ok((options, state))) if !keys.is_empty() => {
            begun(&pages, &pending, &member, host, options, AskedFor::SignIn(state))
        }
        _ => no(&page, "passkey-none"),
    }
}

/// What was signed, and how the key stands after it; none where it is not right, or nobody was verified.
fn checked(
    webauthn: &Webauthn,
    account: &Account,
    host: &str,
    credential: &PublicKeyCredential,
    state: &PasskeyAuthentication,
) -> Option<(ProofUsed, Passkey)> {
    let result = webauthn.finish_passkey_authentication(credential, state).ok()?;
    if !result.user_verified() {
        return None;
    }
    let mut key = keys(account, host).into_iter().find(|key| key.cred_id() == result.cred_id())?;
    key.update_credential(&result);
    let record = Secret::new(&serde_json::to_string(&key).ok()?);
    let id = URL_SAFE_NO_PAD.encode(key.cred_id());
    Some((ProofUsed::Passkey { id, record }, key))
}

pub(crate) async fn end_sign_in(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    headers: HeaderMap,
    Json(said): Json<Ended<PublicKeyCredential>>,
) -> Response {
    let page = Page::stranger(&pages, &headers);
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&page, "passkey-no-name");
    };
    let asked = ended(&pages, &pending, &said.token, (&host, None));
    let Some(Asked { member, what: AskedFor::SignIn(state), .. }) = asked else {
        return no(&page, "passkey-late");
    };
    let account = account_of(&pages, &member);
    let used = account.and_then(|of| checked(&webauthn, &of, &host, &said.credential, &state));
    let Some((used, _)) = used else {
        note_try(&pages, member.as_str()).await;
        return no(&page, "passkey-failed");
    };
    let (token, session) = new_session(&headers);
    let proven = SignInProof::Passkey(used);
    let access = AccessRequest::SignIn { member: member.clone(), proven, session: session.clone() };
    let actor = Actor::Member { member, session: session.id };
    match pages.api.decide(Event::AccessRequested { actor, access }).await {
        Ok(CommandOutcome::Done(_)) => {
            (session_cookie(&token), Json(json!({ "to": "/" }))).into_response()
        }
        Ok(_) => no(&page, "passkey-failed"),
        Err(_) => say(StatusCode::SERVICE_UNAVAILABLE, page.t("error-stopping")),
    }
}

/// What a passkey is asked for, on a page of somebody who is signed in.
#[derive(Deserialize)]
pub(crate) struct OrderFields {
    /// What the page showed.
    looked_at: String,
}

pub(crate) async fn begin_proof(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    headers: HeaderMap,
) -> Response {
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&signed.page, "passkey-no-name");
    };
    let account = account_of(&pages, &signed.member);
    let keys = account.map_or(Vec::new(), |account| keys(&account, &host));
    match webauthn.start_passkey_authentication(&keys) {
        Ok((options, state)) if !keys.is_empty() => {
            begun(&pages, &pending, &signed.member, host, options, AskedFor::Proof(state))
        }
        _ => no(&signed.page, "passkey-none"),
    }
}

pub(crate) async fn begin_approval(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(said): Json<OrderFields>,
) -> Response {
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&signed.page, "passkey-no-name");
    };
    let order = pages.api.reader.order(&id).await.ok().flatten();
    let Some(order) = order.filter(crate::page::is_waiting) else {
        return no(&signed.page, "refused-wrong_state");
    };
    let text = approval_text(&pages.api.view().book.home, &order);
    if approval_digest(&text) != said.looked_at {
        return no(&signed.page, "refused-order_changed");
    }
    let account = account_of(&pages, &signed.member);
    let keys = account.map_or(Vec::new(), |account| keys(&account, &host));
    let started = webauthn.start_passkey_authentication(&keys).ok().filter(|_| !keys.is_empty());
    let Some((mut options, state)) = started else { return no(&signed.page, "passkey-none") };
    // The library's own random challenge is the number used once.
    let nonce = options.public_key.challenge.as_slice().to_vec();
    let challenge = approval_challenge(&nonce, &text);
    let Some(state) = with_challenge(&state, &challenge) else {
        return no(&signed.page, "passkey-failed");
    };
    options.public_key.challenge = challenge.to_vec();
    let what = AskedFor::Approval { order: order.id, text, nonce, state };
    begun(&pages, &pending, &signed.member, host, options, what)
}

/// The same question with another challenge.
fn with_challenge(
    state: &PasskeyAuthentication,
    challenge: &[u8],
) -> Option<PasskeyAuthentication> {
    let mut told = serde_json::to_value(state).ok()?;
    *told.get_mut("ast")?.get_mut("challenge")? = Value::String(URL_SAFE_NO_PAD.encode(challenge));
    serde_json::from_value(told).ok()
}

/// Ends what [`begin_proof`] or [`begin_approval`] began: gives a proof for one form, or approves.
pub(crate) async fn end_proof(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    headers: HeaderMap,
    Json(said): Json<Ended<PublicKeyCredential>>,
) -> Response {
    let Some((webauthn, host)) = relying(&headers) else {
        return no(&signed.page, "passkey-no-name");
    };
    let asked = ended(&pages, &pending, &said.token, (&host, Some(&signed.member)));
    let (state, approval) = match asked.map(|asked| asked.what) {
        Some(AskedFor::Proof(state)) => (state, None),
        Some(AskedFor::Approval { order, text, nonce, state }) => {
            (state, Some((order, text, nonce)))
        }
        Some(AskedFor::New(_) | AskedFor::SignIn(_)) | None => {
            return no(&signed.page, "passkey-late");
        }
    };
    let account = account_of(&pages, &signed.member);
    let used = account.and_then(|of| checked(&webauthn, &of, &host, &said.credential, &state));
    let Some((used, key)) = used else {
        note_try(&pages, signed.member.as_str()).await;
        return say(StatusCode::FORBIDDEN, signed.page.t("passkey-failed"));
    };
    let access = AccessRequest::Proved(used);
    let event = Event::AccessRequested { actor: signed.actor(), access };
    if !matches!(pages.api.decide(event).await, Ok(CommandOutcome::Done(_))) {
        return say(StatusCode::FORBIDDEN, signed.page.t("passkey-failed"));
    }
    let Some((order, text, nonce)) = approval else {
        let proven = Pending::Proven { member: signed.member.clone() };
        let proof = pending.begin(pages.api.clock.now(), proven);
        return Json(json!({ "proof": proof })).into_response();
    };
    let by = ProofKind::Passkey(Box::new(signature(&key, host, &nonce, &said.credential)));
    let proof = Box::new(ApprovalProof { looked_at: approval_digest(&text), by });
    let to = format!("/orders/{order}");
    match pages.api.wish(signed.actor(), OwnerCommand::ApproveProven(order, proof)).await {
        Ok(CommandOutcome::Refused { code, why }) => {
            say(StatusCode::CONFLICT, order_acts::refusal_words(&signed.page, code, &why))
        }
        Ok(_) => Json(json!({ "to": to })).into_response(),
        Err(_) => say(StatusCode::SERVICE_UNAVAILABLE, signed.page.t("error-stopping")),
    }
}

/// All that is needed to check it without the hub.
fn signature(
    key: &Passkey,
    host: String,
    nonce: &[u8],
    signed: &PublicKeyCredential,
) -> PasskeySignature {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    PasskeySignature {
        credential_id: text(key.cred_id()),
        public_key: serde_json::to_string(key.get_public_key()).unwrap_or_default(),
        host,
        nonce: text(nonce),
        client_data_json: text(signed.response.client_data_json.as_slice()),
        authenticator_data: text(signed.response.authenticator_data.as_slice()),
        signature: text(signed.response.signature.as_slice()),
    }
}
