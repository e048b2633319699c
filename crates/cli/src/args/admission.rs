//! Letting workers in.

use std::path::PathBuf;

use clap::Args;

/// Letting workers in to a broker that asks them for their tokens.
#[derive(Debug, Clone, Args)]
pub(crate) struct AdmissionArgs {
    /// The file with the key by which workers are let in: issuer.seed of `baton nats keys`
    #[arg(
        help_heading = "Admission",
        long,
        env = "BATON_ADMISSION_ISSUER_FILE",
        value_name = "FILE",
        requires = "admission_system_file"
    )]
    pub(crate) admission_issuer_file: Option<PathBuf>,
    /// The file with the key to the broker's system account, by which connections are ended:
    /// admission.seed of `baton nats keys`
    #[arg(
        help_heading = "Admission",
        long,
        env = "BATON_ADMISSION_SYSTEM_FILE",
        value_name = "FILE",
        requires = "admission_issuer_file"
    )]
    pub(crate) admission_system_file: Option<PathBuf>,
    /// How long a worker may stay connected before its token is looked at again, in seconds, 10 to 86400
    #[arg(
        help_heading = "Admission",
        long,
        env = "BATON_ADMISSION_SESSION_SECONDS",
        value_name = "SECONDS",
        default_value_t = 3600,
        value_parser = clap::value_parser!(u32).range(10..=86_400)
    )]
    pub(crate) admission_session_seconds: u32,
}
