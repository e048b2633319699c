//! A terminal and those who watch it, under one lock: what is taken in, and what each of them gets
//! next. Pure but for the lock and the waking.

mod crowded;
mod place;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use baton_bus::Fed;
use baton_domain::TerminalName;
use baton_wire::{GrantMessage, terminal::RunShown};
use tokio::sync::{Notify, watch};

use self::crowded::Crowded;
pub(super) use self::place::Place;
use super::{run::RunNow, shown::Shown};

/// A terminal that is watched here.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) run: baton_domain::RunId,
    pub(super) terminal: TerminalName,
    inner: Mutex<Crowded>,
    /// Whether everything that was kept of it is read.
    begun: watch::Sender<bool>,
    /// What is known of its run.
    now: watch::Sender<RunNow>,
    /// The last step of its run's write grants.
    grant: watch::Sender<Option<GrantMessage>>,
    /// Told when the last viewer leaves or one comes.
    pub(super) crowd: Notify,
}

impl Room {
    pub(super) fn new(run: baton_domain::RunId, terminal: TerminalName, now: RunNow) -> Self {
        let mut shown = Shown::new(now.attempt(), Instant::now());
        shown.tell(&known(&now));
        Self {
            run,
            terminal,
            inner: Mutex::new(Crowded::of(shown)),
            begun: watch::Sender::new(false),
            now: watch::Sender::new(now),
            grant: watch::Sender::new(None),
            crowd: Notify::new(),
        }
    }

    /// Takes what the terminal shows.
    pub(super) fn take(&self, fed: Fed) {
        let now = Instant::now();
        let mut inner = self.lock();
        let told = inner.shown.take(fed, now);
        for told in told {
            inner.tell(told, now);
        }
    }

    /// Sends the output that is due.
    pub(super) fn flush(&self) {
        let now = Instant::now();
        let mut inner = self.lock();
        if inner.batch.due().is_some_and(|due| due <= now) {
            inner.flush(now);
        }
    }

    /// When output is due that is held back.
    pub(super) fn due(&self) -> Option<Instant> {
        self.lock().batch.due()
    }

    /// Everything that was kept is read.
    pub(super) fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether everything that was kept is read, and when that is so.
    pub(super) fn begun(&self) -> watch::Receiver<bool> {
        self.begun.subscribe()
    }

    /// What is known of the run, and when that changes.
    pub(super) fn now(&self) -> watch::Receiver<RunNow> {
        self.now.subscribe()
    }

    /// The last step of the run's write grants, and when there is another.
    pub(super) fn grant(&self) -> watch::Receiver<Option<GrantMessage>> {
        self.grant.subscribe()
    }

    /// There was another step, or the same one was read again.
    pub(super) fn set_grant(&self, last: Option<GrantMessage>) {
        self.grant.send_if_modified(|known| {
            let fence = |grant: &Option<GrantMessage>| grant.as_ref().map(|grant| grant.fence);
            let is_news = fence(&last) > fence(known);
            if is_news {
                *known = last;
            }
            is_news
        });
    }

    /// Something is known of the run that was not.
    pub(super) fn set_now(&self, now: RunNow) {
        let at = Instant::now();
        {
            let mut inner = self.lock();
            let told = inner.shown.tell(&known(&now));
            let end = now.is_over().then(|| inner.shown.end()).flatten();
            for told in told.into_iter().chain(end) {
                inner.tell(told, at);
            }
        }
        self.now.send_if_modified(|before| {
            let is_news = *before != now;
            *before = now;
            is_news
        });
    }

    /// The worker is silent, or speaks again.
    pub(super) fn set_silent(&self, silent: bool) {
        let news = RunShown {
            silent: Some(silent),
            ..RunShown::default()
        };
        let mut inner = self.lock();
        if let Some(told) = inner.shown.tell(&news) {
            inner.tell(told, Instant::now());
        }
    }

    /// How many watch.
    pub(super) fn viewers(&self) -> usize {
        self.lock().viewers.len()
    }

    /// A panic elsewhere leaves a screen that is still a screen.
    fn lock(&self) -> MutexGuard<'_, Crowded> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What viewers are told of a run.
fn known(now: &RunNow) -> RunShown {
    RunShown {
        state: Some(now.state),
        session: Some(now.session),
        ..RunShown::default()
    }
}
