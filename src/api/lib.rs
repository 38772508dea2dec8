//! HTTP for the command line (a Unix socket, owner only) and the console (loopback).

mod caller;
mod clock_views;
pub mod console;
pub mod control;
mod events;
pub mod hosts;
pub mod openapi;
mod price_views;
pub mod reach;
pub mod reconcile;
mod rerate;
mod routes;
pub mod setup;
pub mod usage;
pub mod views;
pub mod wallet_views;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use homepay_domain::actor::Actor;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::household::{Home, Lang};
use homepay_engine::view::{View, Views};
use homepay_engine::vitals::Vitals;
use homepay_engine::{Input, Ticket};
use homepay_language::phrases::Phrases;
use homepay_ports::{BooksClock, HttpTransport, Ledger, Message, Publication};
use homepay_wallets::Connector;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot};

/// What the doors for owners share.
#[derive(Clone)]
pub struct Api {
    pub queue: mpsc::Sender<Input>,
    /// The books as they stand.
    pub views: Arc<Views>,
    /// Readers of the books' file.
    pub reader: Arc<dyn Ledger>,
    pub connector: Arc<dyn Connector>,
    /// The way to the wallet.
    pub wallet: Arc<dyn HttpTransport>,
    pub home: Arc<Home>,
    pub base: Arc<str>,
    pub phrases: Arc<Phrases>,
    pub clock: Arc<dyn BooksClock>,
    pub nonce: fn() -> [u8; 16],
    /// The newest lines of the log, oldest first.
    pub log_lines: fn() -> Vec<String>,
    /// What is committed and published, for whoever watches.
    pub watchers: broadcast::Sender<Publication>,
    /// What a page says in the place of a speaker; it is heard like what the broker brings.
    pub said: mpsc::Sender<Message>,
    /// The setup code, while one is offered.
    pub reach: Arc<dyn reach::ConsoleReach>,
    pub setup: Arc<setup::SetupDesk>,
    /// How the hub is.
    pub vitals: Arc<Vitals>,
}

/// The engine has ended; nothing more is decided.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the daemon is stopping")]
pub struct Stopping;

impl Api {
    /// The language in which somebody wants words; the home's where nobody says.
    fn lang(&self, headers: &HeaderMap) -> Lang {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|tag| tag.to_str().ok());
        wanted.and_then(Lang::parse).unwrap_or(self.home.lang)
    }

    /// Lets the engine decide a wish, and waits for its word.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn wish(&self, actor: Actor, wish: OwnerCommand) -> Result<CommandOutcome, Stopping> {
        self.decide(Event::OwnerCommanded { stamp: None, actor, command: wish }).await
    }

    /// Lets the engine decide something that an owner at this door brought about.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn decide(&self, event: Event) -> Result<CommandOutcome, Stopping> {
        let (tell, told) = oneshot::channel();
        let input = Input::event(event, Ticket::Owner(tell));
        self.queue.send(input).await.map_err(|_| Stopping)?;
        told.await.map_err(|_| Stopping)
    }

    /// How the books stand: with all that this door was answered about before.
    pub fn view(&self) -> Arc<View> {
        self.views.newest()
    }
}
