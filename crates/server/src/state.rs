//! What every handler has: the ledger and the settings.

use std::sync::Arc;

use ledger::Ledger;
use views::population::Populations;

use crate::auth::Auth;
use crate::timestamp::Stamps;

/// Settings of the server that do not change while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the operator calls this installation; stands beside the brand on every page.
    pub title: String,
    /// Time stamps over checkpoints, where there are any.
    pub stamps: Option<Stamps>,
}

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Sign-in and sessions.
    pub auth: Arc<Auth>,
    /// Who is affected by what, followed; without it, questions about populations are put off.
    pub populations: Option<Arc<Populations>>,
}
