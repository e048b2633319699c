//! Who may type, handed to the agent's host: as the API has signed it, with the keys by which the
//! host knows that it did.

use baton_domain::WriteEnd;
use baton_terminal::Remote;
use baton_wire::{GrantMessage, GrantStep};

use super::{Live, keys::ApiKeys};

/// Hands on what is said, until it is dropped.
pub(crate) async fn keep_gate(live: Live, keys: ApiKeys, remote: Remote) {
    let mut grants = live.grants();
    let mut ends = live.ends();
    let mut status = live.status();
    // What was said already counts as news.
    grants.mark_changed();
    loop {
        tokio::select! {
            biased;
            Ok(()) = ends.changed() => {
                remote.close_gate(WriteEnd::Ended);
                remote.end_shell();
            }
            Ok(()) = grants.changed() => {
                let grant = grants.borrow_and_update().clone();
                if let Some(grant) = grant {
                    tell(&grant, &keys, &remote).await;
                }
            }
            Ok(()) = status.changed() => {
                let status = *status.borrow_and_update();
                if let Some(status) = status {
                    remote.mark(format!("session {status}"));
                }
            }
            else => return,
        }
    }
}

async fn tell(grant: &GrantMessage, keys: &ApiKeys, remote: &Remote) {
    let keys = keys.with(&grant.signed.key_id).await;
    if !keys.is_empty() {
        remote.trust(keys);
    }
    let ended = match grant.step {
        GrantStep::Granted | GrantStep::Renewed => WriteEnd::Replaced,
        GrantStep::Released => WriteEnd::Released,
        GrantStep::Revoked => WriteEnd::Revoked,
    };
    remote.gate(grant.signed.clone(), ended);
}
