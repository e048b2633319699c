//! What is asked for in a request about a grant, checked.

use std::time::Duration;

use baton_domain::{Channel, TerminalName};
use baton_wire::http::GrantRequest;
use chrono::TimeDelta;

use crate::{
    identity::Identity,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// The most characters of a reason.
const MAX_REASON: usize = 2000;

/// The longest grant, in minutes.
const MAX_MINUTES: u32 = 240;

/// For how long, in milliseconds: as asked or by default, and never beyond the asker's token.
pub(super) fn ttl_ms(app: &App, asker: &Identity, minutes: Option<u32>) -> Answer<u64> {
    let asked = match minutes {
        None => app.options().live.grant_ttl,
        Some(minutes @ 1..=MAX_MINUTES) => Duration::from_secs(u64::from(minutes) * 60),
        Some(_) => {
            let rule = format!("must be 1 to {MAX_MINUTES}");
            return Err(Problem::field(Kind::InvalidBody, "ttlMinutes", rule));
        }
    };
    let left = asker.until.map(|until| until - app.clock().now());
    let left = left.map(|left| left.max(TimeDelta::milliseconds(1)).to_std());
    let ttl = match left {
        Some(Ok(left)) => asked.min(left),
        _ => asked,
    };
    Ok(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))
}

/// What for; nothing is said when nothing is given.
pub(super) fn reason(given: Option<&String>) -> Answer<String> {
    let reason = given.map(|reason| reason.trim()).unwrap_or_default();
    let is_good = reason.chars().count() <= MAX_REASON && !reason.chars().any(char::is_control);
    if is_good {
        return Ok(reason.to_owned());
    }
    let rule = "must have at most 2,000 printable characters, in one line";
    Err(Problem::field(Kind::InvalidBody, "reason", rule))
}

/// Into what: both terminals unless one is named.
pub(super) fn terminals(given: &[String]) -> Answer<Vec<TerminalName>> {
    if given.is_empty() {
        return Ok(vec![TerminalName::Agent, TerminalName::Shell]);
    }
    let mut terminals = Vec::new();
    for name in given {
        let terminal: TerminalName = name.parse().map_err(|_| {
            let rule = "must hold 'agent', 'shell' or both";
            Problem::field(Kind::InvalidBody, "terminals", rule)
        })?;
        if !terminals.contains(&terminal) {
            terminals.push(terminal);
        }
    }
    Ok(terminals)
}

/// Where they type.
pub(super) fn channel(given: Option<&String>) -> Answer<Channel> {
    match given {
        None => Ok(Channel::Web),
        Some(name) => name.parse().map_err(|_| {
            Problem::field(
                Kind::InvalidBody,
                "channel",
                "must be 'web' (browser and `baton attach`) or 'tmate'",
            )
        }),
    }
}

/// Refuses, for more time, what only a new grant can have.
pub(super) fn more_time_alone(request: &GrantRequest) -> Answer<()> {
    let given = [
        ("terminals", !request.terminals.is_empty()),
        ("channel", request.channel.is_some()),
        ("takeOver", request.take_over),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((field, _)) => Err(Problem::field(
            Kind::InvalidBody,
            field,
            "cannot be changed with more time: ask for another grant",
        )),
    }
}
