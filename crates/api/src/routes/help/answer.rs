//! Answering what a run needs a person for.

use axum::{extract::State, response::Response};
use baton_domain::HelpKind;
use baton_wire::{
    ControlCommand,
    http::{ControlEvent, HelpAnswerRequest, HelpRequest},
};
use uuid::Uuid;

use super::found;
use crate::{
    extract::{Asker, Body, HelpPath, IdempotencyKey, Pairs},
    identity::Identity,
    note,
    options::ControlOptions,
    problem::{Answer, Kind, Problem, Wishing},
    say::Wish,
    shown,
    state::App,
    text,
};

/// Answers what a run needs a person for
///
/// With one of the request's `options`, or in one's own words where it takes them (`freeText`). The
/// first answer counts. An agent that waits hears it, and what Baton itself asks is obeyed: a budget is
/// raised, a run goes on, is ended or tried again.
#[utoipa::path(
    post,
    path = "/api/help-requests/{id}/answer",
    operation_id = "answerHelpRequest",
    tag = "control",
    params(
        ("id" = uuid::Uuid, Path, description = "The request's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, unique for the actor and the run", min_length = 1, max_length = 200),
    ),
    request_body(content = HelpAnswerRequest, example = json!({"answer": "allow", "note": "it is the test database"})),
    responses(
        (status = 202, description = "The answer is kept", body = ControlEvent, headers(
            ("Baton-History-Delayed" = Option<String>, description = "`true` if the recorder has not seen it yet"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` if it was kept before, under this key"),
        )),
        Wishing,
    ),
)]
pub(crate) async fn answer(
    State(app): State<App>,
    HelpPath(id): HelpPath,
    Asker(asker): Asker,
    IdempotencyKey(key): IdempotencyKey,
    query: Pairs,
    Body(request): Body<HelpAnswerRequest>,
) -> Answer<Response> {
    query.finish()?;
    let command = ControlCommand::AnswerHelp {
        help: id,
        answer: text::checked("answer", &request.answer, ControlOptions::MOST_CHARS)?,
        note: note::checked(request.note.as_ref())?,
    };
    let action = command.action();
    let answering = async {
        let help = shown::help(found(&app, id).await?);
        let run = help.task_run_id;
        let wish = Wish::new(&app, run, asker.name.clone(), key.as_deref(), command);
        if let Some(answer) = wish.said_before(&app).await? {
            return Ok(answer);
        }
        still_open(&help)?;
        fits(&help, &request.answer)?;
        let answer = wish.say(&app).await?;
        if tries_again(&help, &request.answer) {
            redrive(&app, &asker, &help).await?;
        }
        Ok(answer)
    };
    app.metrics().counted(action, answering).await
}

/// Whether somebody waits for an answer.
fn still_open(help: &HelpRequest) -> Answer<()> {
    let words = match (&help.answered_by, help.state.as_str()) {
        (Some(name), _) => format!("'{name}' has answered it"),
        (None, "open") => return Ok(()),
        (None, "timed_out") => "nobody answered in the time that the agent waited".to_owned(),
        (None, "run_ended") => "its attempt has ended".to_owned(),
        (None, _) => "it is not needed any more".to_owned(),
    };
    let detail = format!("the request for help is over: {words}");
    Err(Problem::new(Kind::Conflict, detail))
}

/// Whether the answer is one of the options, or may be in one's own words.
fn fits(help: &HelpRequest, answer: &str) -> Answer<()> {
    if help.free_text || help.options.iter().any(|option| option.answer == answer) {
        return Ok(());
    }
    let options: Vec<String> = help
        .options
        .iter()
        .map(|option| format!("'{}'", option.answer))
        .collect();
    let rule = format!("must be one of {}", options.join(", "));
    Err(Problem::field(Kind::InvalidBody, "answer", rule))
}

/// Nobody holds a run whose retries are used up, so nobody else obeys this answer.
fn tries_again(help: &HelpRequest, answer: &str) -> bool {
    help.kind == HelpKind::RetriesUsedUp && answer == "redrive"
}

async fn redrive(app: &App, asker: &Identity, help: &HelpRequest) -> Answer<()> {
    let note = Some("answered so in the inbox".to_owned());
    let key = format!("help:{}", Uuid::simple(help.id));
    let command = ControlCommand::Redrive { note };
    let wish = Wish::new(
        app,
        help.task_run_id,
        asker.name.clone(),
        Some(&key),
        command,
    );
    wish.say(app).await.map(|_| ())
}
