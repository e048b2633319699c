//! The inbox of the fleet.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_domain::Position;
use baton_store::{HelpCursor, HelpFilter, HelpStanding, Mark};
use baton_wire::http::HelpRequestPage;

use crate::{
    extract::Pairs,
    problem::{Answer, Reading},
    reply, shown,
    state::App,
};

/// Lists what runs need a person for: the open requests oldest first, then the others newest first
#[utoipa::path(
    get,
    path = "/api/help-requests",
    operation_id = "listHelpRequests",
    tag = "control",
    params(
        ("state" = Option<String>, Query, description = "`open`, `over` (all others), or how it ended: `answered`, `withdrawn`, `timed_out` or `run_ended`", example = "open"),
        ("kind" = Option<String>, Query, description = "`question`, `permission`, `retries_used_up`, `policy`, `budget` or `stall`", example = "question"),
        ("run" = Option<uuid::Uuid>, Query, description = "Of this run", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31"),
        ("pool" = Option<String>, Query, description = "Of runs in this pool", max_length = 63, example = "default"),
        ("limit" = Option<u32>, Query, description = "Requests a page; 50 if absent", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before, with the same filters", max_length = 60),
    ),
    responses(
        (status = 200, description = "A page of requests", body = HelpRequestPage, headers(
            ("Baton-History-Position" = u64, description = "The position up to which history is recorded"),
        )),
        Reading,
    ),
)]
pub(crate) async fn list(State(app): State<App>, mut query: Pairs) -> Answer<Response> {
    let filter = filter(&mut query);
    let limit = query.number("limit", 1, 200, 50);
    let after = query.checked("cursor", |text| {
        cursor(&text).ok_or("is not a cursor that this server gave")
    });
    query.finish()?;
    let history = app.history();
    let position = reply::recorded_to(history.position());
    let page = history.help_requests(&filter, after, limit).await?;
    let body = Json(HelpRequestPage {
        help_requests: page.requests.into_iter().map(shown::help).collect(),
        next_cursor: page.next.map(cursor_text),
        open: history.open_help_requests().await?,
    });
    Ok((position, body).into_response())
}

fn filter(query: &mut Pairs) -> HelpFilter {
    let standing = query.checked("state", |text| standing(&text).ok_or(STATES));
    HelpFilter {
        standing: standing.unwrap_or_default(),
        kind: query.parsed("kind", KINDS),
        run: query.parsed("run", "is not a run's id"),
        pool: query.parsed("pool", "is not a pool's name"),
    }
}

const STATES: &str = "must be open, over, answered, withdrawn, timed_out or run_ended";
const KINDS: &str = "must be question, permission, retries_used_up, policy, budget or stall";

fn standing(text: &str) -> Option<HelpStanding> {
    match text {
        "open" => Some(HelpStanding::Open),
        "over" => Some(HelpStanding::Over),
        end => end.parse().ok().map(HelpStanding::Ended),
    }
}

/// `open.<position>.<index>` or `over.<position>.<index>`.
fn cursor_text(cursor: HelpCursor) -> String {
    let (word, mark) = match cursor {
        HelpCursor::Open(mark) => ("open", mark),
        HelpCursor::Over(mark) => ("over", mark),
    };
    format!("{word}.{}.{}", mark.position, mark.index)
}

fn cursor(text: &str) -> Option<HelpCursor> {
    let (word, place) = text.split_once('.')?;
    let (position, index) = place.split_once('.')?;
    let mark = Mark {
        position: Position::new(position.parse().ok()?).ok()?,
        index: index.parse().ok().filter(|index| *index <= LAST)?,
    };
    match word {
        "open" => Some(HelpCursor::Open(mark)),
        "over" => Some(HelpCursor::Over(mark)),
        _ => None,
    }
}

/// More records than a message holds.
const LAST: u16 = i16::MAX.cast_unsigned();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_anything_else_is_refused() {
        let mark = Mark {
            position: Position::new(1200).unwrap(),
            index: 3,
        };
        for (at, text) in [
            (HelpCursor::Open(mark), "open.1200.3"),
            (HelpCursor::Over(mark), "over.1200.3"),
        ] {
            assert_eq!(cursor_text(at), text);
            assert_eq!(cursor(text), Some(at));
        }
        for bad in ["", "open", "open.1", "shut.1.2", "open.1.40000", "over.x.1"] {
            assert_eq!(cursor(bad), None, "{bad}");
        }
    }
}
