//! The only crate that speaks to NATS: connections, topology, publishing, consuming.
//!
//! Everything that counts about runs lies in one stream, RUNS. A [`Bus`] publishes to it under message ids
//! and fences, so that every step may be repeated, and reads it three ways: the queue of offers
//! ([`Bus::offers`]), the recorder's durable reading ([`Bus::record_from`]) and a tail for
//! whoever looks on ([`Bus::tail`]). Beats and the wake-up of idle workers are core NATS. What
//! terminals show is core NATS too, kept for a while by two streams in memory
//! ([`Bus::terminal_feed`]).

pub mod access;
mod beat;
mod connect;
mod connection;
mod delivery;
mod desk;
mod drains;
mod error;
mod follow;
mod get;
mod logins;
mod message;
mod offers;
mod publish;
mod queue;
mod record;
mod retry;
mod tail;
mod terminal;
mod topology;

pub use connect::{Bus, BusOptions, Credentials};
pub use connection::Connection;
pub use delivery::Delivery;
pub use desk::DeskRequest;
pub use drains::DrainFeed;
pub use error::BusError;
pub use get::StreamState;
pub use logins::{Connected, LoginRequest};
pub use message::RawMessage;
pub use offers::{OfferScope, OfferSource, Room};
pub use publish::{Fence, Patience, PublishError};
pub use record::RecordSource;
pub use tail::TailStart;
pub use terminal::{Fed, KeptTerminal, NotSent, TerminalFeed, TypedIn};
pub use topology::{Difference, RUNS, TERM, TERM_KEYS, Topology};
