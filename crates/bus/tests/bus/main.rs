//! The bus against a real broker, one per test.

mod beats;
mod connect;
mod house;
mod offers;
mod permissions;
mod placement;
mod publish;
mod record;
mod tail;
mod terminals;
mod topology;
