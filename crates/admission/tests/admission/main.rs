//! Admission against a real broker, one per test.

mod desk;
mod guarded;
mod house;
mod logins;
mod stolen;
