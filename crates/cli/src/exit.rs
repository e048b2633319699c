//! Exit codes, one meaning each. The help of `baton` lists them.

use std::{borrow::Cow, io, process::ExitCode};

use baton_bus::BusError;
use baton_store::StoreError;

use crate::{args::instead, client::ClientError, output};

/// How a command ended that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Done, and the answer is no: a run failed, something is missing, something differs.
    Failed,
    /// What was asked for cannot be meant.
    Misused,
    /// The run that was followed, or done, was cancelled.
    Cancelled,
    /// As the program ended that was run.
    As(u8),
    /// There was nothing to do.
    Idle,
    /// A second signal cut it short.
    Interrupted,
}

impl Exit {
    const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Misused => MISUSED,
            Self::Cancelled => 3,
            Self::As(code) => code,
            Self::Idle => 6,
            Self::Interrupted => 130,
        }
    }
}

const ERROR: u8 = 1;
const MISUSED: u8 = 2;
const REFUSED: u8 = 4;
const UNREACHABLE: u8 = 5;

/// The code of a process whose command line ended it: 0 when it asked for help.
pub(crate) fn misused(code: i32) -> ExitCode {
    if code == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(MISUSED)
    }
}

/// The code of a process that ran a command; an error is told on standard error.
pub(crate) fn code(ran: anyhow::Result<Exit>) -> ExitCode {
    match ran {
        Ok(exit) => ExitCode::from(exit.number()),
        // The reader of our output has seen enough, as `head` has.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::tell(&format!("error: {error:#}"));
            if let Some(remedy) = remedy(&error) {
                output::tell(&format!("  tip: {remedy}"));
            }
            ExitCode::from(number_of(&error))
        }
    }
}

fn number_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused { .. }) => REFUSED,
        Some(ClientError::Garbled { .. }) => ERROR,
        Some(ClientError::Unreachable { .. } | ClientError::Unavailable { .. }) => UNREACHABLE,
        None if is_away(error) => UNREACHABLE,
        None => ERROR,
    }
}

/// Whether the broker or the database could not be reached.
fn is_away(error: &anyhow::Error) -> bool {
    let broker = error.downcast_ref::<BusError>();
    let database = error.downcast_ref::<StoreError>();
    matches!(
        broker,
        Some(BusError::Connect { .. } | BusError::Unavailable(_))
    ) || database.is_some_and(StoreError::is_unavailable)
}

/// What to do about something that is not there.
fn remedy(error: &anyhow::Error) -> Option<Cow<'static, str>> {
    match error.downcast_ref() {
        Some(ClientError::Refused { problem }) if problem.status == 404 => {
            instead(&problem.detail).map(Cow::from)
        }
        _ => way_in(error).map(Cow::from),
    }
}

/// What to do about a server that cannot be reached, or asks who one is.
fn way_in(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(BusError::Connect { .. }) = error.downcast_ref() {
        return Some("start the broker, or name another one with --nats-url (BATON_NATS_URL)");
    }
    if let Some(ClientError::Refused { problem }) = error.downcast_ref()
        && problem.status == 401
    {
        return Some(
            "show your token: BATON_TOKEN, or a file that holds it by --token-file (BATON_TOKEN_FILE)",
        );
    }
    let database = error.downcast_ref::<StoreError>();
    database
        .is_some_and(StoreError::is_unavailable)
        .then_some("start Postgres, or name another database with --database-url-file (BATON_DATABASE_URL_FILE)")
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn each_kind_of_error_has_its_own_number() {
        let refused = ClientError::refused_for_tests();
        assert_eq!(number_of(&refused.into()), 4);
        let broker = anyhow::Error::from(BusError::Unavailable("no answer".to_owned()));
        assert_eq!(number_of(&broker.context("failed to start")), 5);
        assert_eq!(number_of(&anyhow!("anything else")), 1);
    }

    #[test]
    fn what_there_is_not_comes_with_what_there_is() {
        let problem = serde_json::from_value(serde_json::json!({
            "type": "urn:baton:problem:not-found", "title": "there is no such thing", "status": 404,
            "detail": "there is no run '019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a'",
        }));
        let problem = Box::new(problem.expect("a problem"));
        let error = anyhow::Error::from(ClientError::Refused { problem });
        let tip = remedy(&error.context("failed to pause it")).expect("a tip");
        assert!(tip.contains("`baton runs list`"), "{tip}");
        assert_eq!(remedy(&ClientError::refused_for_tests().into()), None);
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(&closed.into()));
        assert!(!is_closed_pipe(&anyhow!("anything else")));
    }
}
