//! Waiting for the run's worker to confirm what was said.

use std::time::Duration;

use baton_domain::Fence;
use baton_wire::{GrantMessage, GrantStep, http::EventRecord};

use crate::hub::Subscription;

/// Whether the worker says in time what is waited for; the first record that is an answer decides.
/// The place was taken before the worker could say anything.
pub(crate) async fn confirmed(
    place: &mut Subscription,
    patience: Duration,
    answer: impl Fn(&EventRecord) -> Option<bool>,
) -> bool {
    let listening = async {
        while let Some(live) = place.next().await {
            if let Some(answer) = live.records.iter().find_map(&answer) {
                return answer;
            }
        }
        false
    };
    let heard = tokio::time::timeout(patience, listening).await;
    heard.unwrap_or(false)
}

/// Whether the gate has moved to what was said. For a grant: whether it admits it; a later fence may
/// have come first. For an end: whether it obeys this fence or a later one.
pub(crate) fn gate_moved(message: &GrantMessage, record: &EventRecord) -> Option<bool> {
    let fence = record.data["fence"].as_u64()?;
    if record.kind != "write_gate" || fence < Fence::get(message.fence) {
        return None;
    }
    Some(match message.step {
        GrantStep::Granted | GrantStep::Renewed => {
            let grant = message.grant.to_string();
            record.data["grant"].as_str() == Some(&grant)
        }
        GrantStep::Released | GrantStep::Revoked => true,
    })
}
