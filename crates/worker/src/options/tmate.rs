//! How sessions are shown through tmate.

use std::{path::PathBuf, time::Duration};

/// How sessions are shown through tmate.
#[derive(Debug, Clone)]
pub struct TmateOptions {
    /// The program, a path or a name on `PATH`.
    pub program: PathBuf,
    /// The relay; without one a session of provider tmate ends in an error. There is no default:
    /// the client's own one is a public relay.
    pub relay: Option<TmateRelayOptions>,
    /// What is waited for, and for how long.
    pub patience: TmatePatience,
}

/// A relay and the keys by which it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TmateRelayOptions {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `SHA256:…` of its RSA key.
    pub rsa_fingerprint: String,
    /// `SHA256:…` of its Ed25519 key.
    pub ed25519_fingerprint: String,
}

/// How long a relay may take. A relay that does not work is given up within
/// [`reach`](Self::reach) and [`ready`](Self::ready) before it has ever worked, within
/// [`poll`](Self::poll), [`reach`](Self::reach) and [`lost`](Self::lost) afterwards: both within
/// 15 s by default.
#[derive(Debug, Clone, Copy)]
pub struct TmatePatience {
    /// To let the worker connect and say that it speaks SSH.
    pub reach: Duration,
    /// To give links.
    pub ready: Duration,
    /// To a question to the client.
    pub answer: Duration,
    /// Between two looks at client and relay.
    pub poll: Duration,
    /// To answer again once it has stopped.
    pub lost: Duration,
}

impl Default for TmateOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("tmate"),
            relay: None,
            patience: TmatePatience::default(),
        }
    }
}

impl Default for TmatePatience {
    fn default() -> Self {
        Self {
            reach: Duration::from_secs(3),
            ready: Duration::from_secs(10),
            answer: Duration::from_secs(3),
            poll: Duration::from_secs(2),
            lost: Duration::from_secs(9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // H-13
    #[test]
    fn a_relay_that_does_not_work_is_given_up_within_15_seconds() {
        let patience = TmatePatience::default();
        let most = Duration::from_secs(15);
        assert!(patience.reach + patience.ready < most);
        assert!(patience.poll + patience.reach + patience.lost < most);
    }
}
