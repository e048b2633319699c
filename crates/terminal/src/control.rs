//! What a worker tells a host about holding its agent, talking to it and answering it; and what the
//! host's journal tells about that. Everything may be told twice: ids make the second time nothing.

use baton_domain::MessageKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A wish that the agent stands still at its next checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Its own id: the journal tells of it by this.
    pub id: Uuid,
    /// Who holds it and why, for whoever watches the terminal; one line.
    pub label: String,
    /// For an agent that has a screen of its own: what of its turns. Of others nothing is known
    /// between two turns, since they have but one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<HeldTurns>,
}

/// How an agent is held whose turns are begun by whoever types to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeldTurns {
    /// Its own record tells that its turn is over, so many `Status::prompts` after its start: it
    /// stands still until the next begins. For turns that end without a hook, by Esc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_after: Option<u32>,
    /// An operator has the agent's place: turns that they begin by typing are done, and where its
    /// own turn ends, it waits for that. Otherwise a turn that begins waits too.
    pub typed: bool,
}

/// A message to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentMessage {
    /// Its own id: the journal tells of it by this.
    pub id: Uuid,
    /// When it is handed over.
    pub kind: MessageKind,
    /// Who writes, for the agent, such as `operator anna`.
    pub from: String,
    /// What.
    pub text: String,
}

/// An answer to what the agent has asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelpAnswer {
    /// The request for help that it answers.
    pub help: Uuid,
    /// One of its options, or free words. A permission is given by `allow` alone.
    pub answer: String,
    /// What the agent hears besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who answers, for the agent, such as `operator anna`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The command that brought it: it comes back in `HelpClosed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
}

/// The agent stands still in its checkpoint because of a hold. Told once for each hold, however
/// many of its tool calls wait. A hold that takes another's place while the agent waits is told by
/// this alone: the agent was not let go between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Which hold.
    pub hold: Uuid,
    /// The tool that it was about to use, or had used; else the event or the label of the
    /// checkpoint; `its next turn` where its turn is over.
    pub before: String,
}

/// The agent waits because of a hold no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LetGo {
    /// Which hold.
    pub hold: Uuid,
    /// How long it has waited in all, in milliseconds, by the host's monotonic clock.
    pub waited_ms: u64,
    /// Why.
    pub why: LetGoWhy,
}

/// Why an agent waits no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LetGoWhy {
    /// The worker wishes it.
    Released,
    /// Nobody waits any more, though the hold stands: the agent has ended its checkpoint (its hook
    /// took longer than it allows), or it is gone. If it goes on, only a freeze holds it.
    Left,
    /// Whoever has its place has begun a turn by typing to it.
    TurnBegan,
}

/// The agent's turn has ended, and no message was waiting for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnEnded {
    /// Which of the turns of this agent, from 1.
    pub number: u32,
}
