//! Logs: to standard error, as text or JSON.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::args::{LogArgs, LogFormat};

/// What roles log unless told otherwise; the libraries below them only when something is wrong.
const ROLE: &str = "info,async_nats=warn,sqlx=warn,hyper=warn,reqwest=warn";
const OTHER: &str = "warn,async_nats=error";

/// Starts logging.
pub(crate) fn init(args: &LogArgs, is_role: bool) -> anyhow::Result<()> {
    let default = if is_role { ROLE } else { OTHER };
    let filter = args.filter.as_deref().unwrap_or(default);
    let filter = EnvFilter::builder()
        .parse(filter)
        .with_context(|| format!("--log (BATON_LOG) is '{filter}', which is no log filter"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match args.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
