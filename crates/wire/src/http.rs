//! Bodies of the HTTP interface.

mod artifact;
mod control;
mod dead_letter;
mod drain;
mod identity;
mod info;
mod key;
mod placement;
mod problem;
mod record;
mod run;
mod session;
mod worker;

pub use artifact::{ArtifactInfo, ArtifactList};
pub use control::{
    AgentInfo, BudgetInfo, HandBackInfo, HelpAnswerRequest, HelpRequest, HelpRequestPage,
    MessageRequest, OperatorMessage, OperatorMessagePage, PauseInfo, RunControl, TakeoverInfo,
};
pub use dead_letter::{
    DeadLetterGroup, DeadLetterPage, RedriveAnswer, RedriveRefusal, RedriveRequest,
};
pub use drain::{DrainInfo, DrainList, DrainRequest};
pub use identity::{
    Me, NewTokenInfo, SignInRequest, TokenChange, TokenInfo, TokenPage, TokenRequest,
};
pub use info::{Health, ServerInfo};
pub use key::{ResealAnswer, ResealFailure};
pub use placement::{PlacementInfo, QueuePlace, WorkerVerdict};
pub use problem::{PROBLEM_TYPES, Problem};
pub use run::{
    ControlEvent, ControlRequest, EventPage, EventRecord, LeaseInfo, PullRequestInfo, RunError,
    RunResult, TaskRun, TaskRunPage, UsageInfo,
};
pub use session::{
    ControlEventPage, ControlRecord, GrantRequest, InputHead, InputPage, InputRecord, LiveSession,
    LiveSessionSummary, PublicKeyInfo, PublicKeys, SessionAnswer, SessionNote, SessionRequest,
    SessionWriter, TerminalTicket, WriteGrant,
};
pub use worker::{WorkerDrain, WorkerInfo, WorkerList, WorkerRun};
