//! The API's session keys. They sign who may type into a run's terminals, which hosts verify, and
//! they open what workers seal for the API. The only user of the crates for that.
//!
//! No IO: whoever calls reads and writes the file. Secrets are wiped from memory when they are
//! dropped, and no `Debug` shows one.

mod gate;
mod key;
mod public;
mod seal;
mod secret;
mod set;
mod write_key;

pub use gate::{GateError, verify};
pub use public::{InvalidKey, PublicKey};
pub use seal::{OpenError, seal};
pub use secret::Secret;
pub use set::{KeySet, KeySetError, MAX_KEYS};
pub use write_key::WriteKey;
