//! A form's fields; what is no form of ours is answered by a page.

use crate::Shared;
use crate::page::Page;
use axum::extract::{Form, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;

/// The fields of a form that was sent.
pub(crate) struct FormFields<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for FormFields<T> {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<FormFields<T>, Response> {
        let page = Page::stranger(&shared.pages, request.headers());
        match Form::from_request(request, shared).await {
            Ok(Form(fields)) => Ok(FormFields(fields)),
            Err(_) => Err(page.problem(StatusCode::UNPROCESSABLE_ENTITY, "form")),
        }
    }
}
