//! The OpenAPI document, made from the handlers themselves.

mod security;

use baton_wire::{http, terminal};
use utoipa::{
    OpenApi,
    openapi::{Info, License, OpenApi as Document, Tag, path::Paths},
};

/// What the document says besides its paths. Types that no operation names as its body.
#[derive(OpenApi)]
#[openapi(components(schemas(
    http::Problem,
    baton_wire::Event,
    terminal::Hello,
    terminal::RunShown,
    terminal::TerminalSaid,
    terminal::Exit,
    terminal::Subscribe,
    terminal::Refused,
    http::LiveSession,
    http::SessionRequest,
    http::GrantRequest,
    http::SessionNote,
    http::WriteGrant,
    http::SessionAnswer,
    http::TerminalTicket,
    http::ControlEventPage,
    http::InputPage,
    http::OperatorMessagePage,
    http::MessageRequest,
    http::HelpRequestPage,
    http::HelpAnswerRequest,
)))]
struct Base;

/// The document as JSON, indented, with a line's end at its end.
///
/// # Panics
/// Never: the document is made of strings and maps.
pub(crate) fn text_of(endpoints: Document) -> String {
    let mut text = document(endpoints)
        .to_pretty_json()
        .expect("a document of strings and maps is JSON");
    text.push('\n');
    text
}

/// The document about these endpoints.
pub(crate) fn document(endpoints: Document) -> Document {
    let mut document = base();
    document.merge(endpoints);
    document.paths = plain_paths(document.paths);
    security::describe(&mut document);
    document
}

/// The document before any path.
fn base() -> Document {
    let mut document = Base::openapi();
    let mut info = Info::new("Baton", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Task runs for coding agents: submit, watch, end, and fetch what they left. Times are \
         RFC 3339 UTC; errors are RFC 9457 problems (see docs/errors.md); positions are places in \
         the one total order of everything that happened."
            .to_owned(),
    );
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    document.info = info;
    document.tags = Some(
        [
            ("runs", "Submit runs, find them, end them"),
            (
                "control",
                "What is said to agents, and what runs ask of people",
            ),
            ("events", "What happened, as pages and as live streams"),
            ("artifacts", "Files that runs left"),
            (
                "live sessions",
                "Runs' terminals: who may watch, who may type, what was done and typed",
            ),
            ("fleet", "The workers"),
            ("identity", "Who asks: tokens, and the sign-in of browsers"),
            ("server", "The server itself"),
        ]
        .map(|(name, words)| {
            let mut tag = Tag::new(name);
            tag.description = Some(words.to_owned());
            tag
        })
        .to_vec(),
    );
    document
}

/// The router's `{*name}`, which takes the rest of a path, is `{name}` in the document.
fn plain_paths(paths: Paths) -> Paths {
    let mut plain = Paths::new();
    plain.paths = paths
        .paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    plain
}
