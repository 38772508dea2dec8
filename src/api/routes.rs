//! The owner's HTTP API: each route with its description, so that the OpenAPI document has them all.

use super::Api;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};
use homepay_protocols::views::commands::FaultView;
use homepay_text::openapi::{Document, Operation};
use schemars::JsonSchema;
use serde_json::Value;

/// What answers may have for a status where something is wrong: what was asked cannot be read, is not
/// there, is not possible now, or the daemon is stopping.
const FAULTS: [u16; 5] = [400, 403, 404, 409, 503];

/// Routes and their document in the making.
pub(super) struct ApiRoutes {
    router: Router<Api>,
    document: Document,
    fault: Value,
}

/// What a request may have in its query, where it has nothing.
#[derive(JsonSchema)]
pub(super) struct NoQuery {}

impl ApiRoutes {
    pub(super) fn new(title: &str, description: &str) -> ApiRoutes {
        let mut document = Document::new(title, "1", description);
        let fault = document.body::<FaultView>();
        ApiRoutes { router: Router::new(), document, fault }
    }

    /// A type's schema, as a reference into the document.
    pub(super) fn body<T: JsonSchema>(&mut self) -> Value {
        self.document.body::<T>()
    }

    /// A look, which answers `A` and may be asked by the fields of `Q`.
    pub(super) fn look<A: JsonSchema, Q: JsonSchema, H, T>(
        mut self,
        path: &str,
        handler: H,
        summary: &str,
    ) -> ApiRoutes
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        let operation = Operation::new(summary).asks_by::<Q>();
        let operation = operation.answers(&[200], &self.document.body::<A>());
        self.add("get", path, get(handler), operation)
    }

    /// A change, which takes `B` and answers `A`.
    pub(super) fn change<B: JsonSchema, A: JsonSchema, H, T>(
        mut self,
        path: &str,
        handler: H,
        summary: &str,
    ) -> ApiRoutes
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        let operation = Operation::new(summary).takes(&self.document.body::<B>());
        let operation = operation.answers(&[200], &self.document.body::<A>());
        self.add("post", path, post(handler), operation)
    }

    /// A route that is described otherwise.
    pub(super) fn add(
        mut self,
        method: &str,
        path: &str,
        handler: MethodRouter<Api>,
        operation: Operation,
    ) -> ApiRoutes {
        let operation = operation.answers(&FAULTS, &self.fault);
        self.document.add(method, &format!("/api{path}"), operation);
        self.router = self.router.route(path, handler);
        self
    }

    pub(super) fn finish(self) -> (Router<Api>, Value) {
        (self.router, self.document.finish())
    }
}
