//! What crosses a process boundary: subjects (built and parsed here only), messages on the broker,
//! and HTTP bodies. JSON is camelCase, times are RFC 3339 UTC, durations name their unit.

pub mod audit;
pub mod beat;
pub mod control;
pub mod desk;
pub mod drain;
pub mod event;
pub mod grant;
pub mod http;
pub mod lease;
pub mod message;
pub mod offer;
pub mod spec;
pub mod subject;
pub mod terminal;

pub use beat::Beat;
pub use control::{ControlCommand, ControlMessage};
pub use desk::{HeldLease, Inquiry, Standing, Standings};
pub use drain::{DrainAction, DrainMessage};
pub use event::{Event, EventsMessage, Reported};
pub use grant::{
    Gate, GateShown, GrantMessage, GrantStep, Sealed, SignedGate, Writer, WriterShown,
};
pub use lease::{LeaseMessage, LeaseStep};
pub use message::{DecodeError, Decoded, MessageId};
pub use offer::{Offer, OfferReason};
pub use spec::{FieldError, InvalidSpec, TaskRunRequest};
pub use subject::{Filter, InvalidSubject, Subject};
pub use terminal::{Frame, TerminalMessage};
