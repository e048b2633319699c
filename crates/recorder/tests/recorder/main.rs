//! The recorder against a real broker and a real database.

mod faults;
mod readers;
mod rebuild;
mod replay;
mod stage;
mod standby;
mod tables;
mod words;
