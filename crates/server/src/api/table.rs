//! The one table of addresses: the router and the description of the API (`openapi`) are both made from it, so that no
//! address is served without being described, and none described that is not served.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post, put};

use super::Api;
use super::openapi::Operation;

/// Addresses with what serves and what describes them.
#[derive(Default)]
pub(super) struct Table {
    router: Router<Arc<Api>>,
    operations: Vec<Operation>,
}

impl Table {
    /// An address that is read.
    pub(super) fn get<H: Handler<T, Arc<Api>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.add("get", get(handler), operation)
    }

    /// An address to which something is handed in.
    pub(super) fn post<H: Handler<T, Arc<Api>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.add("post", post(handler), operation)
    }

    /// An address at which something is kept.
    pub(super) fn put<H: Handler<T, Arc<Api>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.add("put", put(handler), operation)
    }

    fn add(mut self, method: &'static str, serve: MethodRouter<Arc<Api>>, mut operation: Operation) -> Self {
        operation.method = method;
        self.router = self.router.route(operation.route, serve);
        self.operations.push(operation);
        self
    }

    /// The routes.
    pub(super) fn into_router(self) -> Router<Arc<Api>> {
        self.router
    }

    /// What is described.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }
}
