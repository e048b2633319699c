//! What was typed: judged, and as it is kept.

use baton_domain::{Attempt, Run, session::ChainLink};
use baton_store::TypedInput;
use baton_wire::{audit, event::InputTyped};

/// Whether a record of input continues the chain of its attempt, as it is before the record.
pub(super) fn judge(run: &Run, attempt: Attempt, typed: &InputTyped) -> ChainLink {
    match run.session.chain(attempt) {
        Some(chain) => audit::judge(&chain.head, chain.count, typed),
        None => audit::judge(&audit::genesis(run.id, attempt), 0, typed),
    }
}

/// A record of input as it is kept.
pub(super) fn kept(typed: &InputTyped) -> TypedInput {
    TypedInput {
        number: typed.number,
        terminal: typed.terminal,
        grant: typed.grant,
        holder: typed.holder.clone(),
        channel: typed.channel,
        fence: typed.fence,
        first_seq: typed.first_seq.0,
        last_seq: typed.last_seq.0,
        offset: typed.offset,
        length: typed.length,
        echo: typed.echo,
        text: typed.text.clone(),
        mac: typed.mac.clone(),
        previous: typed.previous.clone(),
        hash: typed.hash.clone(),
    }
}
