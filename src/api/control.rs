//! The control socket: what the command line reads and changes.

use super::caller::Caller;
use super::routes::{ApiRoutes, NoQuery};
use super::{
    Api, Stopping, clock_views, events, price_views, reach, reconcile, rerate, usage, views,
    wallet_views,
};
use axum::body::Body;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt as _;
use homepay_domain::actor::Actor;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Household;
use homepay_domain::reply::Code;
use homepay_files::household::{LimitEdit, difference};
use homepay_ports::LedgerError;
use homepay_protocols::native::bill::BillForm;
use homepay_protocols::native::bill::BillsView;
use homepay_protocols::native::states::{BridgeHealth, DeviceState, HomeState};
use homepay_protocols::native::verbs::{VERBS, Verb, VerbArguments};
use homepay_protocols::views::alerts::AlertsView;
use homepay_protocols::views::approval::ApprovalView;
use homepay_protocols::views::clock::ClockView;
use homepay_protocols::views::commands::{CommandDone, FaultView};
use homepay_protocols::views::journal::JournalView;
use homepay_protocols::views::limits::LimitsView;
use homepay_protocols::views::notify::NotifyView;
use homepay_protocols::views::orders::{ExplainView, OrderDetails, OrdersView};
use homepay_protocols::views::prices::PricesView;
use homepay_protocols::views::run_cost::RunCostView;
use homepay_protocols::views::usage::{CorrectionView, ImportView, RerateView, UsageView};
use homepay_protocols::views::wallet::{BalanceView, ReconcileView, WalletStatusView};
use homepay_text::openapi::Operation;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest household that is taken, in bytes.
const API_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How much of a request that is too large is still read, in bytes.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

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
        let body = FaultView { code: self.code, message: self.message };
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

    async fn from_request(request: Request, _: &S) -> Result<JsonBody<T>, ApiError> {
        let text = text_of(request.into_body()).await?;
        // A list would be read as the fields in their order: an empty one as everything left out.
        if !text.trim_start().starts_with('{') {
            return Err(ApiError::malformed("the body is not an object: write {…}"));
        }
        let said = serde_json::from_str(&text);
        said.map(JsonBody).map_err(|fault| ApiError::malformed(fault.to_string()))
    }
}

/// A body as text. One that is too long is read on, up to a bound, and thrown away: whoever is cut off
/// while they send sees a broken pipe instead of the reason.
async fn text_of(body: Body) -> Result<String, ApiError> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut received) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|fault| ApiError::malformed(fault.to_string()))?;
        received += chunk.len();
        if received > DISCARDED_BYTES_MAX {
            break;
        }
        if received <= API_BODY_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
        }
    }
    if received > API_BODY_BYTES_MAX {
        let why = format!("the request has more than {API_BODY_BYTES_MAX} bytes");
        return Err(ApiError { status: StatusCode::PAYLOAD_TOO_LARGE, ..ApiError::malformed(why) });
    }
    String::from_utf8(bytes).map_err(|fault| ApiError::malformed(fault.to_string()))
}

/// What a request gives.
pub type ApiResult<T> = Result<Json<T>, ApiError>;

/// An owner's wish, as the command line says it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CommandBody {
    /// A verb of the table, or an older word for it.
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
    let (routes, document) = all_routes();
    let routes = routes.route("/v1/openapi.json", get(async move || Json(document)));
    // `/api/v1` is what the console serves; `/v1` is what older command lines ask for.
    Router::new().nest("/api", routes.clone()).merge(routes).fallback(nothing).with_state(api)
}

/// The owner's API as an OpenAPI 3.1 document.
pub fn openapi() -> Value {
    all_routes().1
}

fn all_routes() -> (Router<Api>, Value) {
    let about = "What owners look at and have done, as the control socket serves it.";
    changes(looks(ApiRoutes::new("homepay", about))).finish()
}

fn looks(mut routes: ApiRoutes) -> ApiRoutes {
    let stream = routes.body::<events::EventData>();
    let stream = Operation::new("Server-sent events: the retained states as they are, then each reply, order, alert and state once it stands committed. `event` is the last level of its topic, `data` the payload of [MQTT](mqtt.md) with its `topic`. `missed` says how many a slow reader lost.")
        .tells(&[200], "text/event-stream", &stream);
    routes
        .add("get", "/v1/events", get(events::events), stream)
        .look::<HomeState, NoQuery, _, _>(
            "/v1/status",
            views::status,
            "The home's state, as published.",
        )
        .look::<BridgeHealth, NoQuery, _, _>(
            "/v1/health",
            views::health,
            "The hub's health, as published.",
        )
        .look::<ClockView, NoQuery, _, _>(
            "/v1/clock",
            clock_views::status,
            "How the books' time stands to the machine's clock.",
        )
        .look::<views::LogView, NoQuery, _, _>("/v1/log", views::log, "The last lines of the log.")
        .look::<reach::ReachView, NoQuery, _, _>(
            "/v1/console",
            reach::status,
            "How the console is reached from the home's network.",
        )
        .look::<HouseholdView, NoQuery, _, _>(
            "/v1/household",
            views::household,
            "The household as the books keep it.",
        )
        .look::<OrdersView, views::OrdersQuery, _, _>(
            "/v1/orders",
            views::orders,
            "Orders, the newest first.",
        )
        .look::<OrderDetails, NoQuery, _, _>(
            "/v1/orders/{id}",
            views::order,
            "An order, what it holds, and how it stands at the wallet.",
        )
        .look::<ExplainView, NoQuery, _, _>(
            "/v1/orders/{id}/explain",
            views::explain,
            "Every rule that was looked at, in order, with its figures.",
        )
        .look::<ApprovalView, NoQuery, _, _>(
            "/v1/orders/{id}/proof",
            views::proof,
            "How an owner proved the approval of an order at the console, to be verified outside.",
        )
        .look::<LimitsView, NoQuery, _, _>(
            "/v1/limits",
            views::limits,
            "Every limit with what was spent, what is held and what is left.",
        )
        .look::<DeviceState, NoQuery, _, _>(
            "/v1/devices/{id}",
            views::device,
            "How a device stands: readings, what was held or not taken, and why.",
        )
        .look::<RunCostView, price_views::RunQuery, _, _>(
            "/v1/devices/{id}/run",
            price_views::run,
            "What a run of the device costs, and when it is cheapest.",
        )
        .look::<UsageView, usage::UsageQuery, _, _>(
            "/v1/usage",
            usage::usage,
            "Use and cost by day.",
        )
        .look::<AlertsView, NoQuery, _, _>(
            "/v1/alerts",
            views::alerts,
            "Alerts, in the language of `Accept-Language`.",
        )
        .look::<NotifyView, NoQuery, _, _>(
            "/v1/notify",
            views::notify,
            "Who is told of what, and how the last messages went.",
        )
        .look::<BillsView, NoQuery, _, _>(
            "/v1/bills",
            views::bills,
            "Bills to pay, and bills made for use.",
        )
        .look::<PricesView, NoQuery, _, _>(
            "/v1/prices",
            price_views::prices,
            "Market prices from today's midnight on.",
        )
        .look::<JournalView, views::JournalQuery, _, _>(
            "/v1/journal",
            views::journal,
            "The journal's newest entries, the oldest of them first.",
        )
        .look::<WalletStatusView, NoQuery, _, _>(
            "/v1/wallet/status",
            wallet_views::status,
            "Whether the wallet answers, and what it is asked.",
        )
        .look::<BalanceView, NoQuery, _, _>(
            "/v1/wallet/balance",
            wallet_views::balance,
            "What is in the wallet.",
        )
        .look::<ReconcileView, reconcile::SpanQuery, _, _>(
            "/v1/wallet/reconcile",
            reconcile::reconcile,
            "Compares the wallet's statement with the books, line by line.",
        )
}

fn changes(routes: ApiRoutes) -> ApiRoutes {
    let done = |routes: ApiRoutes, verb: &'static Verb| {
        let act = async move |State(api): State<Api>, Caller(actor): Caller, body: VerbBody| {
            do_verb(&api, actor, verb, &body.0).await
        };
        let path = format!("/v1/commands/{}", verb.name);
        routes.change::<VerbArguments, CommandDone, _, _>(&path, act, verb.summary)
    };
    const ALL: &[Verb] = &VERBS;
    let commands = ALL.iter().filter(|verb| verb.look.is_none());
    commands
        .fold(routes, done)
        .change::<CommandBody, CommandDone, _, _>(
            "/v1/wish",
            wish,
            "An owner's command: `verb` and what it needs.",
        )
        .change::<EditBody, CommandDone, _, _>(
            "/v1/apply",
            apply,
            "Puts a household in force; 409 where it was edited meanwhile.",
        )
        .change::<clock_views::AcceptBody, CommandDone, _, _>(
            "/v1/clock",
            clock_views::accept,
            "Takes a leap of the clock, or takes one back (`back`).",
        )
        .change::<NoQuery, reach::ReachView, _, _>(
            "/v1/console/open",
            reach::open,
            "Lets phones in the home's network reach the console, over TLS.",
        )
        .change::<NoQuery, reach::ReachView, _, _>(
            "/v1/console/close",
            reach::close,
            "Lets only the hub's own machine reach the console.",
        )
        .change::<super::routes::NoQuery, super::setup::SetupCodeView, _, _>(
            "/v1/owner/reset",
            super::setup::owner_reset,
            "Makes a setup code, with which an owner gets a new password at the console.",
        )
        .change::<usage::Corrected, CorrectionView, _, _>(
            "/v1/usage/correct",
            usage::correct,
            "Puts right what a counter said wrongly.",
        )
        .change::<usage::ImportBody, ImportView, _, _>(
            "/v1/usage/import",
            usage::import,
            "Takes a supplier's figures in.",
        )
        .change::<rerate::RerateQuery, RerateView, _, _>(
            "/v1/rerate",
            rerate::rerate,
            "Computes every bill that was made anew; `dry_run` changes nothing.",
        )
        .change::<BackupBody, BackupDone, _, _>(
            "/v1/backup",
            backup,
            "Writes a backup to `file`, a full path.",
        )
}

/// The arguments of a verb.
type VerbBody = JsonBody<VerbArguments>;

/// The household as the books keep it; `schemas/household.schema.json` describes its file.
type HouseholdView = Map<String, Value>;

async fn nothing(uri: Uri) -> ApiError {
    ApiError::absent(format!("there is nothing at {}", uri.path()))
}

/// An edit of the household: as it was seen, and as it shall be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct EditBody {
    /// The household as it was seen.
    #[schemars(with = "HouseholdView")]
    base: Household,
    /// The household as it shall be.
    #[schemars(with = "HouseholdView")]
    household: Household,
}

async fn apply(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(body): JsonBody<EditBody>,
) -> ApiResult<CommandDone> {
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
) -> ApiResult<CommandDone> {
    let CommandBody { verb, id, amount, device, limit, bill, until_ms } = body;
    let unknown = || ApiError::malformed(Verb::unknown(&verb));
    let known = Verb::find(&verb).filter(|known| known.look.is_none()).ok_or_else(unknown)?;
    let arguments =
        VerbArguments { id, amount, device, limit, bill, until_ms, ..Default::default() };
    do_verb(&api, actor, known, &arguments).await
}

pub(super) fn told_answer(api: &Api, told: CommandOutcome) -> ApiResult<CommandDone> {
    let done = CommandDone::of(&api.encoder(), &told);
    done.map(Json).map_err(|(code, why)| ApiError::decided(code, why))
}

async fn do_verb(
    api: &Api,
    actor: Actor,
    verb: &Verb,
    arguments: &VerbArguments,
) -> ApiResult<CommandDone> {
    let household = api.view().book.household.clone();
    let command = verb.command(arguments, &api.home, &household).map_err(ApiError::malformed)?;
    let told = api.wish(actor, command).await?;
    told_answer(api, told)
}

#[derive(Deserialize, JsonSchema)]
struct BackupBody {
    /// The full path of a file that is not there yet.
    file: std::path::PathBuf,
}

async fn backup(
    State(api): State<Api>,
    JsonBody(body): JsonBody<BackupBody>,
) -> ApiResult<BackupDone> {
    if !body.file.is_absolute() {
        return Err(ApiError::malformed("name the file with its full path"));
    }
    api.reader.copy_to(&body.file).await?;
    Ok(Json(BackupDone { ok: true, file: body.file }))
}

/// A copy of the books was written.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BackupDone {
    ok: bool,
    /// The full path of the copy.
    file: std::path::PathBuf,
}

/// Extractors that the views share.
pub(super) type PathParam = Path<String>;

pub(super) type QueryParams<T> = Query<T>;
