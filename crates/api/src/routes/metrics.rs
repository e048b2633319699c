//! What the server counts, for Prometheus.

use axum::{
    extract::State,
    http::{HeaderName, header},
};

use crate::{
    problem::{Answer, Anywhere},
    state::App,
};

/// Counts of this server and gauges of the fleet, as Prometheus reads them
///
/// `baton_control_requests_total` by `action` and `outcome` (`kept`, `refused`, `failed`); the
/// histograms `baton_control_delivered_seconds` and `baton_control_effective_seconds` by `action`:
/// from a wish that this server took until its worker holds it, and until it has had its effect;
/// `baton_terminal_viewers`, those of the run that has most (`baton_terminal_viewers_of_one_run`), how
/// many there may be (`baton_terminal_viewers_limit`) and how many were refused
/// (`baton_terminal_viewers_refused_total`) `per` `server`, `run` and `name`; and
/// `baton_help_requests_open`, which is left out while the database is away.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "server",
    responses(
        (status = 200, description = "The text format of Prometheus, version 0.0.4", body = String, content_type = "text/plain"),
        Anywhere,
    ),
)]
pub(crate) async fn metrics(
    State(app): State<App>,
) -> Answer<([(HeaderName, &'static str); 1], String)> {
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    let mut text = app.metrics().text();
    text.push_str(&app.terminals().text(app.options().live.viewers));
    if let Ok(open) = app.history().open_help_requests().await {
        text.push_str(&format!(
            "# HELP baton_help_requests_open Requests that wait for a person, over the fleet.\n\
             # TYPE baton_help_requests_open gauge\n\
             baton_help_requests_open {open}\n"
        ));
    }
    Ok(([(header::CONTENT_TYPE, media_type)], text))
}
