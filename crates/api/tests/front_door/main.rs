//! The API from outside: a real server on a real port, with its own broker and database.

mod artifacts;
mod bad_input;
mod control;
mod document;
mod fleet;
mod guard;
mod outages;
mod reads;
mod sse;
mod streams;
mod submit;
mod worker;
mod world;
