//! The process that an agent lives in: `baton pty-host`. It starts the agent, keeps what it prints
//! in a journal, answers on a unix socket, and ends with the agent; a worker that dies or is
//! replaced finds both as they were. It knows no broker and no run.

mod agent_client;
mod asking;
mod audit;
mod cgroup;
mod checkpoint;
mod control;
mod family;
mod gate;
mod host;
mod hosted;
mod journal;
mod launch;
mod mark;
mod order;
mod procfs;
mod protocol;
mod pty;
mod recording;
mod watching;

pub use agent_client::{
    Answered, Asked, Handed, HelpAsk, Hook, Step, StepEnd, ask_person, pass_hook, pass_step,
    text_of,
};
pub use asking::AGENT_SOCKET_VARIABLE;
pub use cgroup::Cgroup;
pub use control::{AgentMessage, Held, HeldTurns, HelpAnswer, Hold, LetGo, LetGoWhy, TurnEnded};
pub use family::{Family, Gone};
pub use host::{HostError, serve};
pub use hosted::{FollowError, Hosted, Listener, Remote};
pub use journal::{Ended, Entry, Exit, JournalReader, NotStarted, Started, What};
pub use launch::{AttachError, HostProgram, LaunchError, attach, launch, left_behind};
pub use mark::Mark;
pub use order::{AgentOutput, Order, ShellOrder, TerminalOrder};
pub use procfs::start_ticks;
pub use protocol::{GateRefused, Seen, Status, Via, WatchWish};
pub use recording::{Recorded, journal_in, recording};
pub use watching::{WatchError, WatchFrames, WatchSender, Watching};
