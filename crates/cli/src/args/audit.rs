//! Commands about what was typed.

use baton_domain::RunId;
use clap::{Args, Subcommand};

use super::{ClientArgs, examples, id};

/// Commands about what was typed.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that nothing was changed, left out or put in: the chain of each attempt from its
    /// first record to the end that the recorder counted. Exit code 1 when something was
    #[command(after_help = examples::AUDIT_VERIFY)]
    Verify(AuditArgs),
    /// Show who typed what into a run's terminals
    #[command(after_help = examples::AUDIT_SHOW)]
    Show(AuditArgs),
}

/// Whose record.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditArgs {
    /// The run's id
    #[arg(value_parser = id::run)]
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}
