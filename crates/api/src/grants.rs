//! Write grants: who may type into a run's terminals. The truth is the last message on the run's
//! grant subject; each one has a higher fence than the one before, and of several that are said at
//! once the broker takes one. No table is needed to take a grant away.

mod before;
mod confirm;
mod lost;
mod say;

pub(crate) use before::Before;
pub(crate) use confirm::{confirmed, gate_moved};
pub(crate) use lost::take_from_those_who_lost_it;
pub(crate) use say::{Ground, Next, Said, say, say_by_broker};

use baton_keys::KeySet;

use crate::{
    problem::{Answer, Kind, Problem},
    state::App,
};

/// What signs grants; a problem that says what to set if there is nothing.
pub(crate) fn keys(app: &App) -> Answer<&KeySet> {
    app.options().live.keys.as_deref().ok_or_else(|| {
        Problem::new(
            Kind::Conflict,
            "nobody can type: this server has no session keys; make some with `baton keys generate` \
             and name them by BATON_API_SESSION_KEYS_FILE (or BATON_API_SESSION_KEYS)",
        )
    })
}
