//! Role: the front door. HTTP, server-sent events, artifacts, the embedded dashboard.
//!
//! [`ApiServer`] is the role: made from [`ApiOptions`] and [`ApiDeps`], bound, then served until
//! it is told to stop. Handlers are below `routes`, one a file; what they share is in `state`.
//! Writing means publishing: the API never writes a table but those of accounts.

mod artifacts;
mod beats;
mod broker;
mod cursor;
mod dashboard;
mod extract;
mod find;
mod follow;
mod grants;
mod history;
mod holder;
mod hosts;
mod hub;
mod idempotency;
mod identity;
mod metrics;
mod note;
mod openapi;
mod options;
mod problem;
mod record;
mod reply;
mod router;
mod routes;
mod say;
mod server;
mod shown;
mod state;
mod terminal;
mod text;

pub use options::{
    ApiDeps, ApiError, ApiOptions, ControlOptions, DefaultIdentity, LiveOptions, Patience,
    ViewerLimits, WebLinks,
};
pub use router::openapi_json;
pub use routes::token_info;
pub use server::{ApiServer, BoundApi};
