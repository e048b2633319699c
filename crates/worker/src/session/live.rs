//! What the parts of an attempt tell its session, and it them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use baton_domain::{SessionStatus, TerminalName};
use baton_wire::{Frame, GrantMessage};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};

use super::SessionCommand;

/// How long the end of an attempt waits for its session to be taken down.
const DOWN_WITHIN: Duration = Duration::from_secs(8);
/// How many inputs wait for an agent's host. Those that do not fit are lost, and whoever typed
/// them gets no answer.
const TYPED: usize = 256;

/// The live side of one attempt; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Live(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    status: watch::Sender<Option<SessionStatus>>,
    commands: mpsc::UnboundedSender<SessionCommand>,
    host: watch::Sender<Option<PathBuf>>,
    over: watch::Sender<Option<Over>>,
    kept: watch::Sender<Kept>,
    grant: watch::Sender<Option<GrantMessage>>,
    typed: broadcast::Sender<(TerminalName, Frame)>,
    /// How many sessions have ended, so that nobody may type.
    ends: watch::Sender<u64>,
}

/// Whether somebody keeps the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    No,
    Yes,
}

/// Why a session is kept no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Over {
    /// Its attempt is over.
    Ended {
        /// A word for machines.
        code: &'static str,
        /// For a person.
        reason: &'static str,
    },
    /// The worker leaves; the next one takes it up again. Or the lease is lost, and with it the
    /// right to say anything.
    Silently,
}

/// Keeps a session for as long as it lives.
#[derive(Debug)]
pub(crate) struct Keeping(Live);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.0.kept.send_replace(Kept::No);
    }
}

impl Live {
    /// The live side of an attempt, and what operators wish of it.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<SessionCommand>) {
        // Operators wish little, and the desk tells each wish once.
        let (commands, wishes) = mpsc::unbounded_channel();
        let shared = Shared {
            status: watch::Sender::new(None),
            commands,
            host: watch::Sender::new(None),
            over: watch::Sender::new(None),
            kept: watch::Sender::new(Kept::No),
            grant: watch::Sender::new(None),
            typed: broadcast::Sender::new(TYPED),
            ends: watch::Sender::new(0),
        };
        (Self(Arc::new(shared)), wishes)
    }

    /// Where the session stands, for beats.
    pub(crate) fn status(&self) -> watch::Receiver<Option<SessionStatus>> {
        self.0.status.subscribe()
    }

    pub(super) fn stands(&self, status: SessionStatus) {
        self.0.status.send_replace(Some(status));
        if !shows(Some(status)) {
            self.0.ends.send_modify(|ends| *ends += 1);
        }
    }

    /// Waits until a session shows the terminals, or begins to.
    pub(super) async fn shown(&self) {
        let mut status = self.status();
        // `self` holds the sender.
        let _ = status.wait_for(|status| shows(*status)).await;
    }

    /// Waits until no session shows them.
    pub(super) async fn hidden(&self) {
        let mut status = self.status();
        let _ = status.wait_for(|status| !shows(*status)).await;
    }

    /// The API says who may type. What is older than what is known is passed over.
    pub(crate) fn grant(&self, grant: &GrantMessage) {
        self.0.grant.send_if_modified(|known| {
            let news = known.as_ref().is_none_or(|known| known.fence < grant.fence);
            if news {
                *known = Some(grant.clone());
            }
            news
        });
    }

    /// Who may type, now and later.
    pub(super) fn grants(&self) -> watch::Receiver<Option<GrantMessage>> {
        self.0.grant.subscribe()
    }

    /// Changes whenever a session ends.
    pub(super) fn ends(&self) -> watch::Receiver<u64> {
        self.0.ends.subscribe()
    }

    /// Something is typed into a terminal.
    pub(crate) fn type_in(&self, terminal: TerminalName, frame: Frame) {
        if matches!(frame, Frame::Input(_) | Frame::Resize { .. }) {
            // Nobody listens while there is no agent.
            let _ = self.0.typed.send((terminal, frame));
        }
    }

    /// What is typed from now on.
    pub(super) fn typed(&self) -> broadcast::Receiver<(TerminalName, Frame)> {
        self.0.typed.subscribe()
    }

    /// An operator wishes something.
    pub(crate) fn wish(&self, command: SessionCommand) {
        // Nobody listens any more when the attempt is over.
        let _ = self.0.commands.send(command);
    }

    /// The agent's host is there, in this folder.
    pub(crate) fn host_is_up(&self, folder: PathBuf) {
        self.0.host.send_replace(Some(folder));
    }

    /// Waits for the agent's host.
    pub(super) async fn host(&self) -> PathBuf {
        let mut host = self.0.host.subscribe();
        match host
            .wait_for(Option::is_some)
            .await
            .map(|host| host.clone())
        {
            Ok(Some(host)) => host,
            // `self` holds the sender.
            _ => std::future::pending().await,
        }
    }

    pub(crate) fn keeping(&self) -> Keeping {
        self.0.kept.send_replace(Kept::Yes);
        Keeping(self.clone())
    }

    /// Waits until the session is to be kept no longer.
    pub(super) async fn over(&self) -> Over {
        let mut over = self.0.over.subscribe();
        match over
            .wait_for(Option::is_some)
            .await
            .map(|over| over.clone())
        {
            Ok(Some(over)) => over,
            _ => std::future::pending().await,
        }
    }

    /// Has the session taken down. What is not done in time is left to whoever comes after.
    pub(crate) async fn close(&self, over: Over) {
        self.0.over.send_replace(Some(over));
        let mut kept = self.0.kept.subscribe();
        let down = kept.wait_for(|kept| *kept == Kept::No);
        if timeout(DOWN_WITHIN, down).await.is_err() {
            tracing::warn!("a live session takes long to be taken down; goes on without it");
        }
    }
}

/// Whether a session that stands so shows the terminals, or is about to.
const fn shows(status: Option<SessionStatus>) -> bool {
    matches!(status, Some(SessionStatus::Starting | SessionStatus::Ready))
}
