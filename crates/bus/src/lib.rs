//! The only crate that speaks to NATS: connections, topology, publishing, consuming.
