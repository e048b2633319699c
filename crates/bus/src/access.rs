//! Who may say what: the permission templates (`nats/permissions`) and the accounts
//! (`nats/accounts.json`), filled in. Whoever keeps keys and tokens asks here what they are for.

mod config;
mod login;
mod permissions;

pub(crate) use config::WORKERS_API_PREFIX;
pub use config::{AccessKeys, BATON_ACCOUNT, SYSTEM_ACCOUNT, WORKERS_ACCOUNT, server_config};
pub use login::{parse_worker_login, worker_login};
pub use permissions::{Allowed, Permissions, Role, WorkerAccess};
