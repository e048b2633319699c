//! What the API can be told, and what it stands on.

mod control;
mod live;
mod patience;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use baton_bus::{Bus, BusError};
use baton_domain::{Actor, Clock, Role};
use baton_store::Store;

pub use control::ControlOptions;
pub use live::{LiveOptions, ViewerLimits, WebLinks};
pub use patience::Patience;

use crate::identity::Identity;

/// How the API is to behave.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether it may listen beyond this machine. It speaks no TLS by itself: tokens cross the
    /// network as they are.
    pub allow_remote: bool,
    /// For whom it takes requests that do not say who asks; they are refused if this is none.
    /// Only where nobody else can reach it.
    pub default_identity: Option<DefaultIdentity>,
    /// Names besides loopback's that requests may be addressed to, without a port.
    pub allowed_hosts: Vec<String>,
    /// The folder of the artifact store; made if it is missing.
    pub artifacts_dir: PathBuf,
    /// The largest artifact, in bytes.
    pub artifact_max_bytes: u64,
    /// Live sessions, and the right to type into them.
    pub live: LiveOptions,
    /// Takeovers, and what may be said to agents.
    pub control: ControlOptions,
    /// How long answers wait for the recorder and for workers.
    pub patience: Patience,
}

/// An operator whom nobody has to prove to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultIdentity {
    /// The name for the record.
    pub name: Actor,
    /// What it may do.
    pub role: Role,
}

impl DefaultIdentity {
    pub(crate) fn identity(&self) -> Identity {
        Identity::default(self.name.clone(), self.role)
    }
}

impl ApiOptions {
    /// 512 MiB.
    pub const DEFAULT_ARTIFACT_MAX_BYTES: u64 = 512 * 1024 * 1024;

    /// The port if none is named.
    pub const DEFAULT_PORT: u16 = 7700;

    /// On loopback at the default port, with artifacts in this folder.
    #[must_use]
    pub fn new(artifacts_dir: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, Self::DEFAULT_PORT)),
            allow_remote: false,
            default_identity: None,
            allowed_hosts: Vec::new(),
            artifacts_dir,
            artifact_max_bytes: Self::DEFAULT_ARTIFACT_MAX_BYTES,
            live: LiveOptions::default(),
            control: ControlOptions::default(),
            patience: Patience::default(),
        }
    }
}

/// What the API stands on.
#[derive(Debug, Clone)]
pub struct ApiDeps {
    /// The broker.
    pub bus: Bus,
    /// The database. Runs are read, accounts are kept: a role that may do just this is enough.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why the API cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is open to others, and that was not allowed.
    #[error(
        "{0} can be reached from other machines, and tokens would cross the network unencrypted: \
         use a loopback address behind a proxy that speaks TLS, or allow remote access"
    )]
    Remote(SocketAddr),
    /// The address is open to others, and nobody would have to prove who they are.
    #[error(
        "{0} can be reached from other machines, where nobody may have a default identity: use a \
         loopback address, or let everybody bring a token"
    )]
    DefaultIdentity(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The artifact store's folder cannot be used.
    #[error("cannot use {folder} as artifact store: {reason}")]
    Artifacts {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The broker cannot be followed.
    #[error("cannot follow the broker: {0}")]
    Broker(#[from] BusError),
    /// A part of the API died.
    #[error("the API's {0} ended unexpectedly")]
    PartEnded(&'static str),
}
