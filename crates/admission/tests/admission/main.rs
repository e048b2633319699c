//! Admission against a real broker, one per test.

mod desk;
mod house;
