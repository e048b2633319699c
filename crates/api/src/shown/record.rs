//! What was done and typed, as the API shows it.

use baton_domain::session::ChainLink;
use baton_store::{ShownControlEvent, StoredInput};
use baton_wire::{
    event::InputTyped,
    http::{ControlRecord, InputRecord},
    terminal::TypedSeq,
};

/// A deed as recorded.
pub(crate) fn control(shown: ShownControlEvent) -> ControlRecord {
    let stored = shown.event;
    ControlRecord {
        id: stored.id,
        task_run_id: stored.run,
        actor: stored.actor,
        actor_kind: stored.actor_kind,
        action: stored.action,
        metadata: stored.metadata,
        created_at: stored.at,
        position: stored.mark.position.get(),
        effective: stored.refusal.is_none(),
        refusal: stored.refusal,
        delivered_at: shown.delivered_at,
        declined: shown.declined,
        effective_at: shown.effective_at,
        handed_over_at: shown.handed_over_at,
        seen_at: shown.seen_at,
    }
}

/// A record of input as recorded.
pub(crate) fn input(stored: StoredInput) -> InputRecord {
    let typed = stored.typed;
    InputRecord {
        attempt: stored.attempt.get(),
        at: stored.at,
        continues: stored.chain == ChainLink::Continues,
        typed: InputTyped {
            number: typed.number,
            terminal: typed.terminal,
            grant: typed.grant,
            holder: typed.holder,
            channel: typed.channel,
            fence: typed.fence,
            first_seq: TypedSeq(typed.first_seq),
            last_seq: TypedSeq(typed.last_seq),
            offset: typed.offset,
            length: typed.length,
            echo: typed.echo,
            text: typed.text,
            mac: typed.mac,
            previous: typed.previous,
            hash: typed.hash,
        },
    }
}
