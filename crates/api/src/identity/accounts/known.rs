//! What was learned lately of whoever asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_store::accounts::AccountsChange;
use tokio::time::Instant;

use crate::identity::{Identity, live::Live};

/// How long an answer of the database counts without asking again.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// How long whoever was known goes on while the database is away.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// How long the database is not asked after it did not answer, for those who go on anyway.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(2);

/// The most secrets that are remembered.
const MOST: usize = 10_000;

/// Who showed which secret, and what is being answered.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Rises with every change that is heard: an answer from before it counts for nothing.
    pub(super) changes: u64,
    secrets: HashMap<[u8; 32], Remembered>,
    /// When the database did not answer.
    pub(super) unanswered: Option<Instant>,
    pub(super) live: Live,
}

#[derive(Debug)]
struct Remembered {
    identity: Arc<Identity>,
    confirmed: Instant,
    is_fresh: bool,
}

impl Known {
    pub(super) fn fresh(&self, key: &[u8; 32]) -> Option<Arc<Identity>> {
        let is_away = self
            .unanswered
            .is_some_and(|at| at.elapsed() < LEFT_ALONE_FOR);
        if is_away {
            return self.within_grace(key);
        }
        let found = self.secrets.get(key)?;
        let is_fresh = found.is_fresh && found.confirmed.elapsed() < FRESH_FOR;
        is_fresh.then(|| Arc::clone(&found.identity))
    }

    pub(super) fn within_grace(&self, key: &[u8; 32]) -> Option<Arc<Identity>> {
        let found = self.secrets.get(key)?;
        let is_known = found.confirmed.elapsed() < GRACE;
        is_known.then(|| Arc::clone(&found.identity))
    }

    pub(super) fn remember(&mut self, key: [u8; 32], identity: Identity) -> Arc<Identity> {
        if self.secrets.len() >= MOST {
            self.secrets
                .retain(|_, known| known.confirmed.elapsed() < FRESH_FOR);
        }
        if self.secrets.len() >= MOST {
            self.secrets.clear();
        }
        let identity = Arc::new(identity);
        let remembered = Remembered {
            identity: Arc::clone(&identity),
            confirmed: Instant::now(),
            is_fresh: true,
        };
        self.secrets.insert(key, remembered);
        identity
    }

    pub(super) fn changed(&mut self, change: AccountsChange) {
        self.changes += 1;
        for known in self.secrets.values_mut() {
            known.is_fresh &= match change {
                AccountsChange::Token(token) => known.identity.token() != Some(token),
                AccountsChange::SignIn(id) => known.identity.sign_in() != Some(id),
                AccountsChange::Anything => false,
            };
        }
    }

    pub(super) fn forget(&mut self, key: &[u8; 32]) {
        self.secrets.remove(key);
    }
}

/// A panic elsewhere leaves maps that are still maps.
pub(super) fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
