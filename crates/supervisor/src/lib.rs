//! Role: keeps the promises that have time in them: leases, retries.

pub mod core;
