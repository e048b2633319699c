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
/// `baton_control_requests_total` by `action` and `outcome` (`kept`, `refused`, `failed`), and
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
    if let Ok(open) = app.history().open_help_requests().await {
        text.push_str(&format!(
            "# HELP baton_help_requests_open Requests that wait for a person, over the fleet.\n\
             # TYPE baton_help_requests_open gauge\n\
             baton_help_requests_open {open}\n"
        ));
    }
    Ok(([(header::CONTENT_TYPE, media_type)], text))
}
