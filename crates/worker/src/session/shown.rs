//! An agent's terminals while it lives: published, and its gate kept.

use std::time::Duration;

use baton_domain::TerminalName;
use baton_terminal::Remote;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{ApiKeys, Feed, gatekeeper::keep_gate};

/// How long the end of a terminal is waited for once its agent has ended.
const ENDED_WITHIN: Duration = Duration::from_secs(2);

/// The tasks that go beside following an agent.
#[derive(Debug)]
pub(crate) struct Shown {
    over: CancellationToken,
    agent: JoinSet<()>,
    beside: JoinSet<()>,
}

impl Shown {
    /// Begins with the agent's terminal, and the operator's shell beside it.
    pub(crate) fn begin(feed: Feed, keys: ApiKeys, remote: Remote) -> Self {
        let over = feed.over.clone();
        let (mut agent, mut beside) = (JoinSet::new(), JoinSet::new());
        let shell = Feed {
            terminal: TerminalName::Shell,
            ..feed.clone()
        };
        beside.spawn(keep_gate(feed.live.clone(), keys, remote));
        beside.spawn(shell.run());
        agent.spawn(feed.run());
        Self {
            over,
            agent,
            beside,
        }
    }

    /// The agent is followed no longer. When it has ended, that is shown too.
    pub(crate) async fn end(&mut self, has_ended: bool) {
        if has_ended {
            self.over.cancel();
            let _ = timeout(ENDED_WITHIN, self.agent.join_next()).await;
        }
        self.agent.shutdown().await;
        self.beside.shutdown().await;
    }
}
