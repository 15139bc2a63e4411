//! `/sign-in` and `/sign-out`: the only pages and forms outside the session.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::assets::Assets;
use super::shell::html;
use crate::auth::SignInError;
use crate::auth::request::{safe_next, same_origin};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    assets: Assets,
    product: String,
    next: String,
    error: Option<String>,
}

fn show(pages: &Pages, status: StatusCode, next: &str, error: Option<String>) -> Response {
    let product = pages.app.settings.title.clone();
    let page = SignIn { assets: Assets::get(), product, next: next.into(), error };
    html(status, &page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn go(to: &str, cookie: &str) -> Response {
    let header = |text: &str| HeaderValue::from_str(text).ok();
    let mut response = StatusCode::SEE_OTHER.into_response();
    let pairs = [(LOCATION, header(to)), (SET_COOKIE, header(cookie))];
    response.headers_mut().extend(pairs.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}

pub(super) async fn form(
    State(pages): State<Pages>,
    headers: HeaderMap,
    Query(q): Query<BTreeMap<String, String>>,
) -> Response {
    let next = safe_next(q.get("next").map(String::as_str));
    if pages.app.auth.signed_in(&headers) {
        return axum::response::Redirect::to(next).into_response();
    }
    show(&pages, StatusCode::OK, next, None)
}

pub(super) async fn submit(
    State(pages): State<Pages>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let next = safe_next(form.get("next").map(String::as_str)).to_owned();
    if !same_origin(&headers) {
        let why = "This form was not sent by this server's own page. Open the address of this server and sign in there.";
        return show(&pages, StatusCode::FORBIDDEN, &next, Some(why.into()));
    }
    let code = form.get("code").cloned().unwrap_or_default();
    let auth = pages.app.auth.clone();
    // Codes are files: reading them may wait for the disk.
    let outcome = tokio::task::spawn_blocking(move || auth.sign_in(&code)).await;
    match outcome {
        Ok(Ok(cookie)) => go(&next, &cookie),
        Ok(Err(e @ SignInError::Wrong)) => show(&pages, StatusCode::FORBIDDEN, &next, Some(sentence(&e))),
        Ok(Err(e @ SignInError::TooMany(seconds))) => {
            let mut response = show(&pages, StatusCode::TOO_MANY_REQUESTS, &next, Some(sentence(&e)));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Ok(Err(e @ SignInError::Failed(_))) => {
            tracing::error!(error = %e, "sign-in failed");
            show(&pages, StatusCode::SERVICE_UNAVAILABLE, &next, Some(sentence(&e)))
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

pub(super) async fn sign_out(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    if !same_origin(&headers) {
        return (StatusCode::FORBIDDEN, "This form was not sent by this server's own page.\n")
            .into_response();
    }
    go("/sign-in", &pages.app.auth.sign_out(&headers))
}

fn sentence(e: &SignInError) -> String {
    let text = e.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
