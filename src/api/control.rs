//! The control socket: what the command line reads and changes.

use super::caller::Caller;
use super::{
    Api, Stopping, clock_views, events, price_views, reconcile, rerate, usage, views, wallet_views,
};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Household;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::Minor;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_files::household::{LimitEdit, difference, outcome_told};
use homepay_ports::LedgerError;
use homepay_protocols::native::bill::{BillForm, bill_of_form};
use homepay_protocols::native::encode::Encoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The largest household that is taken, in bytes.
const API_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a caller is told when it cannot be done.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: String,
    message: String,
}

impl ApiError {
    /// What the caller wrote cannot be read: it would be wrong whatever the books say.
    pub fn malformed(message: impl Into<String>) -> ApiError {
        ApiError {
            status: StatusCode::BAD_REQUEST,
            code: "malformed".to_owned(),
            message: message.into(),
        }
    }

    /// A refusal: the caller asked for something that is not so.
    pub fn refused(code: &str, message: impl Into<String>) -> ApiError {
        ApiError { status: StatusCode::CONFLICT, code: code.to_owned(), message: message.into() }
    }

    /// What the books refuse, by its code.
    pub fn decided(code: Code, message: impl Into<String>) -> ApiError {
        let status = match code {
            Code::NotFound | Code::UnknownDevice => StatusCode::NOT_FOUND,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        ApiError { status, code: code.as_str().to_owned(), message: message.into() }
    }

    /// There is no such thing.
    pub fn absent(message: impl Into<String>) -> ApiError {
        ApiError {
            status: StatusCode::NOT_FOUND,
            code: "not_found".to_owned(),
            message: message.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"code": self.code, "message": self.message});
        (self.status, Json(body)).into_response()
    }
}

impl From<Stopping> for ApiError {
    fn from(stopping: Stopping) -> ApiError {
        ApiError {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "stopping".to_owned(),
            message: stopping.to_string(),
        }
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> ApiError {
        let (status, code) = match &error {
            LedgerError::Refused(_) => (StatusCode::CONFLICT, "refused"),
            LedgerError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store_failed"),
            LedgerError::Damaged(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store_damaged"),
        };
        ApiError { status, code: code.to_owned(), message: error.to_string() }
    }
}

/// A request's body. It is read as the books' own documents are: a second reader of a whole household
/// (`axum::Json` has one that keeps the path to a fault) is much to compile for a door that only the
/// command line uses.
pub(super) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<JsonBody<T>, ApiError> {
        let text = String::from_request(request, state).await;
        let text = text.map_err(|fault| ApiError {
            status: fault.status(),
            ..ApiError::malformed(fault.body_text())
        })?;
        let said = serde_json::from_str(&text);
        said.map(JsonBody).map_err(|fault| ApiError::malformed(fault.to_string()))
    }
}

/// What a request gives.
pub type ApiResult = Result<Json<Value>, ApiError>;

/// An owner's wish, as the command line says it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CommandBody {
    /// `approve`, `reject`, `cancel`, `refund`, `fulfil`, `freeze`, `thaw`, `limit-set`,
    /// `limit-remove`, `alert-ack`, `alert-snooze`, `bill-add`, `bill-pay`, `bill-cancel`.
    pub verb: String,
    /// The order, limit or alert.
    #[serde(default)]
    pub id: Option<String>,
    /// Decimal text, for refunds and fulfilments.
    #[serde(default)]
    pub amount: Option<String>,
    /// For freezing and thawing; none = the home.
    #[serde(default)]
    pub device: Option<String>,
    #[serde(default)]
    pub limit: Option<LimitEdit>,
    #[serde(default)]
    pub bill: Option<BillForm>,
    /// For `alert-snooze`, unix milliseconds.
    #[serde(default)]
    pub until_ms: Option<i64>,
}

pub fn router(api: Api) -> Router {
    // `/api/v1` is what the console serves; `/v1` is what older command lines ask for.
    Router::new()
        .nest("/api", routes())
        .merge(routes())
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
        .with_state(api)
}

fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/events", get(events::events))
        .route("/v1/status", get(views::status))
        .route("/v1/health", get(views::health))
        .route("/v1/clock", get(clock_views::status).post(clock_views::accept))
        .route("/v1/log", get(views::log))
        .route("/v1/household", get(views::household))
        .route("/v1/apply", post(apply))
        .route("/v1/wish", post(wish))
        .route("/v1/orders", get(views::orders))
        .route("/v1/orders/{id}", get(views::order))
        .route("/v1/orders/{id}/explain", get(views::explain))
        .route("/v1/limits", get(views::limits))
        .route("/v1/devices/{id}", get(views::device))
        .route("/v1/devices/{id}/run", get(price_views::run))
        .route("/v1/usage", get(usage::usage))
        .route("/v1/usage/correct", post(usage::correct))
        .route("/v1/usage/import", post(usage::import))
        .route("/v1/rerate", post(rerate::rerate))
        .route("/v1/alerts", get(views::alerts))
        .route("/v1/bills", get(views::bills))
        .route("/v1/prices", get(price_views::prices))
        .route("/v1/journal", get(views::journal))
        .route("/v1/backup", post(backup))
        .route("/v1/wallet/status", get(wallet_views::status))
        .route("/v1/wallet/balance", get(wallet_views::balance))
        .route("/v1/wallet/reconcile", get(reconcile::reconcile))
}

async fn nothing(uri: Uri) -> ApiError {
    ApiError::absent(format!("there is nothing at {}", uri.path()))
}

/// An edit of the household: as it was seen, and as it shall be.
#[derive(Clone, Debug, Deserialize)]
pub struct EditBody {
    base: Household,
    household: Household,
}

async fn apply(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(body): JsonBody<EditBody>,
) -> ApiResult {
    let (base, next) = (Box::new(body.base), Box::new(body.household));
    let told = api.wish(actor, OwnerCommand::Edit { base: base.clone(), next }).await?;
    match told {
        CommandOutcome::Refused { code: Code::StaleEdit, why } => {
            let now = api.view().book.household.clone();
            let changes = difference(&base, &now, &api.home).join("; ");
            Err(ApiError::decided(Code::StaleEdit, format!("{why}: {changes}. Look again first")))
        }
        told => told_answer(&api, told),
    }
}

async fn wish(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(body): JsonBody<CommandBody>,
) -> ApiResult {
    let wish = read_wish(&api, body).await?;
    let told = api.wish(actor, wish).await?;
    told_answer(&api, told)
}

pub(super) fn told_answer(api: &Api, told: CommandOutcome) -> ApiResult {
    let encoder = Encoder { base: &api.base, home: &api.home, phrases: &api.phrases };
    match told {
        CommandOutcome::Nothing | CommandOutcome::Done(None) => Ok(Json(json!({"ok": true}))),
        CommandOutcome::Done(Some(order)) => {
            Ok(Json(json!({"ok": true, "order": encoder.order_body(&order)})))
        }
        CommandOutcome::Limits(outcomes) => {
            let limits: Vec<Value> =
                outcomes.iter().map(|limit| outcome_told(&api.home, limit)).collect();
            Ok(Json(json!({"ok": true, "limits": limits})))
        }
        CommandOutcome::Refused { code, why } => Err(ApiError::decided(code, why)),
    }
}

async fn read_wish(api: &Api, body: CommandBody) -> Result<OwnerCommand, ApiError> {
    let bad = |why: String| ApiError::malformed(why);
    let id = || body.id.clone().ok_or_else(|| bad("id is missing".to_owned()));
    let order = || id().map(|id| OrderId::from_store(&id));
    let amount = || -> Result<Option<Minor>, ApiError> {
        let read = |text: &String| api.home.currency.parse(text).map_err(|e| bad(e.to_string()));
        body.amount.as_ref().map(read).transpose()
    };
    let name = |text: &str| Name::parse(text).map_err(|e| bad(e.to_string()));
    let device = || body.device.as_deref().map(name).transpose();
    Ok(match body.verb.as_str() {
        "approve" => OwnerCommand::Approve(order()?),
        "reject" => OwnerCommand::Reject(order()?),
        "cancel" => OwnerCommand::Cancel(order()?),
        "refund" => OwnerCommand::Refund(order()?, amount()?),
        "fulfil" => OwnerCommand::Fulfil(order()?, amount()?),
        "freeze" => OwnerCommand::Freeze(device()?),
        "thaw" => OwnerCommand::Thaw(device()?),
        "limit-remove" => OwnerCommand::RemoveLimit(name(&id()?)?),
        "alert-ack" => OwnerCommand::AckAlert(id()?),
        "alert-snooze" => {
            let until = body.until_ms.ok_or_else(|| bad("until_ms is missing".to_owned()))?;
            OwnerCommand::SnoozeAlert(id()?, UnixMs(until))
        }
        "limit-set" => {
            let form = body.limit.clone().ok_or_else(|| bad("limit is missing".to_owned()))?;
            let household = api.view().book.household.clone();
            let limit = form.applied(&api.home, &household).map_err(bad)?;
            OwnerCommand::SetLimit(Box::new(limit))
        }
        "bill-add" => {
            let form = body.bill.clone().ok_or_else(|| bad("bill is missing".to_owned()))?;
            let household = api.view().book.household.clone();
            let bill = bill_of_form(&form, &api.home, &household).map_err(bad)?;
            OwnerCommand::AddBill(Box::new(bill))
        }
        "bill-pay" => OwnerCommand::PayBill(name(&id()?)?),
        "bill-cancel" => OwnerCommand::CancelBill(name(&id()?)?),
        other => return Err(bad(format!("there is no wish \"{other}\""))),
    })
}

#[derive(Deserialize)]
struct BackupBody {
    file: std::path::PathBuf,
}

async fn backup(State(api): State<Api>, JsonBody(body): JsonBody<BackupBody>) -> ApiResult {
    if !body.file.is_absolute() {
        return Err(ApiError::malformed("name the file with its full path"));
    }
    api.reader.copy_to(&body.file).await?;
    Ok(Json(json!({"ok": true, "file": body.file})))
}

/// Extractors that the views share.
pub(super) type PathParam = Path<String>;

pub(super) type QueryParams<T> = Query<T>;
