//! How sessions are shown through tmate.

use std::path::PathBuf;

use clap::Args;

/// How sessions are shown through tmate.
#[derive(Debug, Clone, Args)]
pub(crate) struct TmateArgs {
    /// The tmate client, 2.4 [default: tmate on PATH]
    #[arg(
        help_heading = "Tmate",
        long,
        env = "BATON_WORKER_TMATE_BIN",
        value_name = "FILE"
    )]
    pub(crate) tmate_bin: Option<PathBuf>,
    /// The tmate relay that sessions of provider tmate are shown through; without one such a session
    /// ends in an error. Whoever runs it sees the terminals and can run commands as this worker
    #[arg(
        help_heading = "Tmate",
        long,
        env = "BATON_WORKER_TMATE_RELAY_HOST",
        value_parser = super::checked::plain_host,
        requires_all = ["tmate_rsa_fingerprint", "tmate_ed25519_fingerprint"],
        value_name = "HOST"
    )]
    pub(crate) tmate_relay_host: Option<String>,
    /// The relay's port, 1 to 65535
    #[arg(
        help_heading = "Tmate",
        long,
        env = "BATON_WORKER_TMATE_RELAY_PORT",
        value_name = "PORT",
        default_value_t = 22,
        value_parser = clap::value_parser!(u16).range(1..=65_535)
    )]
    pub(crate) tmate_relay_port: u16,
    /// The fingerprint of the relay's RSA key, SHA256:… as its `create_keys.sh` prints it
    #[arg(
        help_heading = "Tmate",
        long,
        env = "BATON_WORKER_TMATE_RSA_FINGERPRINT",
        value_parser = super::checked::fingerprint,
        value_name = "FINGERPRINT"
    )]
    pub(crate) tmate_rsa_fingerprint: Option<String>,
    /// The fingerprint of the relay's Ed25519 key, SHA256:… likewise
    #[arg(
        help_heading = "Tmate",
        long,
        env = "BATON_WORKER_TMATE_ED25519_FINGERPRINT",
        value_parser = super::checked::fingerprint,
        value_name = "FINGERPRINT"
    )]
    pub(crate) tmate_ed25519_fingerprint: Option<String>,
}
