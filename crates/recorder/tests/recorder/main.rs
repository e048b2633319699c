//! The recorder against a real broker and a real database.

mod faults;
mod in_flight;
mod readers;
mod rebuild;
mod replay;
mod stage;
mod standby;
mod tables;
mod words;
