//! The wallet as the owner sees it: does it answer, what is in it, does it agree with the journal.

use super::Api;
use super::control::{ApiError, ApiResult};
use axum::Json;
use axum::extract::State;
use homepay_domain::time::UnixMs;
use homepay_ports::{HttpRequest, HttpResponse, OutboxFigures, SendFault};
use homepay_protocols::views::wallet::{BalanceView, OutboxView, SourceView, WalletStatusView};

impl Api {
    pub(super) async fn ask(
        &self,
        write: impl FnOnce(UnixMs, [u8; 16]) -> HttpRequest,
    ) -> (HttpRequest, Result<HttpResponse, SendFault>, UnixMs) {
        let now = self.clock.now();
        let request = write(now, (self.nonce)());
        let reply = self.wallet.send(request.clone()).await;
        (request, reply, now)
    }
}

pub(super) fn unclear(why: String) -> ApiError {
    ApiError::refused("wallet_unreachable", why)
}

pub(super) async fn status(State(api): State<Api>) -> ApiResult<WalletStatusView> {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now);
    let view = api.view();
    let open = &view.book.open;
    let unsettled = open.values().filter(|order| order.attempt.is_some()).count();
    let open_orders = open.len();
    let OutboxFigures { waiting, oldest_ms } = api.reader.outbox().await?;
    Ok(Json(WalletStatusView {
        reachable: balance.is_ok(),
        why: balance.err(),
        unsettled,
        open_orders,
        outbox: OutboxView { waiting, oldest_ms },
    }))
}

pub(super) async fn balance(State(api): State<Api>) -> ApiResult<BalanceView> {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now).map_err(unclear)?;
    let money = |amount| api.home.currency.text(amount);
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.sources_request(now, nonce)).await;
    let sources = api.connector.sources(&request, reply, now).map_err(unclear)?;
    let sources = sources.into_iter().map(|source| SourceView {
        available: money(source.available),
        id: source.id,
        kind: source.kind,
    });
    Ok(Json(BalanceView {
        available: money(balance.available),
        held: money(balance.held),
        currency: api.home.currency.code().to_owned(),
        sources: sources.collect(),
    }))
}
