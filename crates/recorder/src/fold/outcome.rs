//! What came of a run, taken from the events that count.

use baton_domain::{Attempt, RunId};
use baton_store::{Outcome, StoredArtifact, StoredPullRequest, Usage};
use baton_wire::Event;
use chrono::SubsecRound;

use crate::read::Message;

/// Takes an event in.
pub(super) fn take_in(outcome: &mut Outcome, event: &Event) {
    match event {
        Event::Succeeded { summary } => outcome.summary = Some(summary.clone()),
        Event::BranchPushed { branch, commit } => {
            outcome.branch = Some(branch.clone());
            outcome.commit = Some(commit.clone());
        }
        Event::PullRequestOpened { url, number, .. } => {
            outcome.pull_request = Some(StoredPullRequest {
                url: url.clone(),
                // What a column holds; GitHub's numbers are far below.
                number: (*number).clamp(1, i64::MAX.cast_unsigned()),
            });
        }
        Event::PatchWritten {
            files,
            insertions,
            deletions,
        } => {
            outcome.files_changed = Some(*files);
            outcome.insertions = Some(*insertions);
            outcome.deletions = Some(*deletions);
        }
        Event::Usage {
            input_tokens,
            cached_input_tokens,
            output_tokens,
            ..
        } => {
            let sum = outcome.usage.get_or_insert_default();
            *sum = Usage {
                input_tokens: add(sum.input_tokens, *input_tokens),
                cached_input_tokens: add(sum.cached_input_tokens, *cached_input_tokens),
                output_tokens: add(sum.output_tokens, *output_tokens),
            };
        }
        _ => {}
    }
}

/// A sum that stays within what a column holds.
fn add(sum: u64, more: u64) -> u64 {
    sum.saturating_add(more).min(i64::MAX.cast_unsigned())
}

/// The file that an event tells of.
pub(super) fn artifact(
    run: RunId,
    attempt: Attempt,
    event: &Event,
    message: &Message,
) -> Option<StoredArtifact> {
    let Event::ArtifactStored {
        name,
        size,
        sha256,
        content_type,
    } = event
    else {
        return None;
    };
    Some(StoredArtifact {
        run,
        attempt,
        name: name.clone(),
        size: *size,
        sha256: sha256.clone(),
        content_type: content_type.clone(),
        stored_at: message.raw.stored_at.trunc_subsecs(6),
        position: message.position(),
    })
}
