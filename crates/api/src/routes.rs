//! Every endpoint, one a file.

mod artifacts;
mod control;
mod control_events;
mod dead_letters;
mod drains;
mod events;
mod get;
mod health;
mod help;
mod info;
mod inputs;
mod keys;
mod list;
mod live_session;
mod me;
mod messages;
mod metrics;
mod placement;
mod recording;
mod reseal;
mod sign_in;
mod stream;
mod submit;
mod terminal;
mod tokens;
mod workers;

pub(crate) use info::OpenApiText;
pub use tokens::token_info;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

/// The documented endpoints, with their part of the OpenAPI document.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(submit::submit, list::list))
        .routes(routes!(get::get))
        .routes(routes!(placement::placement))
        .routes(routes!(events::events))
        .routes(routes!(stream::of_run))
        .routes(routes!(stream::of_all))
        .routes(routes!(control::control))
        .routes(routes!(messages::list::list, messages::send::send))
        .routes(routes!(messages::get::get, messages::cancel::cancel))
        .routes(routes!(help::list::list))
        .routes(routes!(help::get::get))
        .routes(routes!(help::answer::answer))
        .routes(routes!(
            live_session::get::get,
            live_session::enable::enable
        ))
        .routes(routes!(live_session::grant_write::grant_write))
        .routes(routes!(live_session::renew_write::renew_write))
        .routes(routes!(live_session::release_write::release_write))
        .routes(routes!(live_session::revoke_write::revoke_write))
        .routes(routes!(live_session::revoke::revoke))
        .routes(routes!(live_session::ticket::ticket))
        .routes(routes!(control_events::control_events))
        .routes(routes!(inputs::inputs))
        .routes(routes!(terminal::terminal))
        .routes(routes!(recording::recording))
        .routes(routes!(artifacts::list::list))
        .routes(routes!(artifacts::download::download))
        .routes(routes!(artifacts::upload::upload))
        .routes(routes!(workers::workers))
        .routes(routes!(drains::list::list, drains::begin::begin))
        .routes(routes!(drains::end::end))
        .routes(routes!(dead_letters::groups::groups))
        .routes(routes!(dead_letters::list::list))
        .routes(routes!(dead_letters::redrive::redrive))
        .routes(routes!(me::me))
        .routes(routes!(keys::keys))
        .routes(routes!(reseal::reseal))
        .routes(routes!(sign_in::sign_in, sign_in::sign_out))
        .routes(routes!(tokens::list::list, tokens::create::create))
        .routes(routes!(
            tokens::get::get,
            tokens::change::change,
            tokens::revoke::revoke
        ))
        .routes(routes!(info::info))
        .routes(routes!(info::openapi))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}
