//! Dead letters: found by cause, tried again.

pub(super) mod groups;
pub(super) mod list;
pub(super) mod redrive;

use baton_store::dead_letters::DeadLetterFilter;

use crate::extract::Pairs;

/// Filters as given in the query; what is wrong with them is noted there.
fn filter(query: &mut Pairs) -> DeadLetterFilter {
    DeadLetterFilter {
        code: query.parsed("code", CODE),
        cause: query.text("cause", 300),
        pool: query.parsed("pool", POOL),
    }
}

const CODE: &str = "is no kind of failure, such as agent_failed or lease_lost";
const POOL: &str = "is not a pool's name";
