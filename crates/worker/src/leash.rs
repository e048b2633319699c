//! Pushes end with the lease, whatever happens to the worker: they run under `baton leash`, which
//! ends them when nobody has vouched for them for a while, and the worker vouches only when it was
//! told just now that it still holds the run. A worker that is killed, stopped or cut off vouches
//! for nothing.

use std::{
    convert::Infallible,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use baton_domain::RunId;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{standing::Standings, workspace::Workspace};

/// How long a push goes on that nobody vouches for. A lease is lost after the last beat, which may
/// be 3 s older than the last vouching: leases of 9 s and more outlast every push of a lost worker.
const LIMIT: Duration = Duration::from_secs(5);
const VOUCH_EVERY: Duration = Duration::from_secs(1);

/// One attempt's leash. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Leash(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The program that is called as `leash`.
    program: PathBuf,
    standings: Standings,
    run: RunId,
    /// Written again at every vouching.
    file: PathBuf,
    vouched_at: Mutex<Option<Instant>>,
}

impl Leash {
    pub(crate) fn new(
        program: &Path,
        standings: &Standings,
        run: RunId,
        workspace: &Workspace,
    ) -> Self {
        Self(Arc::new(Inner {
            program: program.to_owned(),
            standings: standings.clone(),
            run,
            file: workspace.root().join("vouched"),
            vouched_at: Mutex::new(None),
        }))
    }

    /// The program to run instead of `program`, and the words before its own.
    pub(crate) fn on(&self, program: &Path) -> (PathBuf, Vec<OsString>) {
        let words = vec![
            "leash".into(),
            "--file".into(),
            self.0.file.clone().into_os_string(),
            "--seconds".into(),
            LIMIT.as_secs().to_string().into(),
            "--".into(),
            program.as_os_str().to_owned(),
        ];
        (self.0.program.clone(), words)
    }

    /// Waits until the worker was told that it holds the run.
    pub(crate) async fn taken(&self) {
        let mut looks = interval(VOUCH_EVERY);
        loop {
            looks.tick().await;
            if self.vouch().await {
                return;
            }
        }
    }

    /// Vouches again and again, as long as it is polled.
    pub(crate) async fn hold(&self) -> Infallible {
        let mut looks = interval(VOUCH_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            self.vouch().await;
        }
    }

    /// Whether what was on it may have been ended because nobody vouched.
    pub(crate) fn has_slipped(&self) -> bool {
        self.last().is_none_or(|at| at.elapsed() >= LIMIT)
    }

    async fn vouch(&self) -> bool {
        // Before the question: the answer is true of some moment after it.
        let asked_at = Instant::now();
        if !self.0.standings.holds(self.0.run).await || asked_at.elapsed() >= LIMIT {
            return false;
        }
        if let Err(error) = fs::write(&self.0.file, b"") {
            tracing::warn!(run = %self.0.run, %error, "failed to vouch for a push");
            return false;
        }
        *self
            .0
            .vouched_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(asked_at);
        true
    }

    fn last(&self) -> Option<Instant> {
        *self
            .0
            .vouched_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
