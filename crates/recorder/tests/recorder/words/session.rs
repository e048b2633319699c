//! What is said of a live session, of who may type, and of what was typed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use baton_domain::{
    Channel, Fence, Generation, GrantId, Provider, Role, RunId, TerminalName, TerminalSize,
};
use baton_wire::{
    ControlCommand, ControlMessage, Event, Gate, GrantMessage, GrantStep, Sealed, SignedGate,
    Subject, Writer, audit,
    event::{InputTyped, SessionLinks, SessionReady, SessionStarting},
    spec::LiveSessionBody,
    terminal::TypedSeq,
};
use uuid::Uuid;

use super::{at, attempt, wish};

/// A session by the built-in provider, for an hour.
pub(crate) fn live_session() -> LiveSessionBody {
    LiveSessionBody {
        enabled: true,
        provider: Some("web".to_owned()),
        ttl_minutes: Some(60),
    }
}

pub(crate) fn enable(run: RunId) -> (Subject, ControlMessage) {
    let command = ControlCommand::EnableSession {
        provider: Provider::Web,
        ttl_seconds: Some(3_600),
        note: None,
    };
    wish(run, command)
}

pub(crate) fn starting() -> Event {
    Event::SessionStarting(SessionStarting {
        generation: Generation::FIRST,
        provider: Provider::Web,
        ttl_seconds: Some(3_600),
    })
}

pub(crate) fn ready() -> Event {
    Event::SessionReady(SessionReady {
        generation: Generation::FIRST,
        provider: Provider::Web,
        hostname: "host".to_owned(),
        size: TerminalSize::DEFAULT,
        links: SessionLinks {
            attach_ro: Some("ssh ro-1@relay".to_owned()),
            web_ro: None,
            sealed: Some(Sealed {
                key_id: "k-1".to_owned(),
                sealed: "c2VhbGVk".to_owned(),
            }),
        },
    })
}

/// A grant for an attempt; its gate says what it says, its signature nothing.
pub(crate) fn granted(run: RunId, n: u64, fence: u64) -> (Subject, GrantMessage) {
    let grant = GrantId::from_uuid(Uuid::from_u128(9));
    let fence = Fence::new(fence).expect("a fence");
    let holder: baton_domain::Actor = "ada".to_owned().try_into().expect("an actor");
    let writer = Some(Writer {
        grant,
        holder: holder.clone(),
        role: Role::Operator,
        channel: Channel::Web,
        terminals: vec![TerminalName::Shell],
        ttl_ms: 60_000,
        reason: "to look".to_owned(),
        key_sha256: "00".repeat(32),
    });
    let gate = Gate {
        version: Gate::VERSION,
        run,
        attempt: attempt(n),
        fence,
        writer: writer.clone(),
    };
    let message = GrantMessage {
        run,
        id: Uuid::from_u128(8),
        actor: holder,
        at: at(4),
        step: GrantStep::Granted,
        fence,
        grant,
        writer,
        note: None,
        signed: SignedGate {
            key_id: "k-1".to_owned(),
            payload: URL_SAFE_NO_PAD.encode(serde_json::to_vec(&gate).expect("JSON")),
            signature: String::new(),
        },
    };
    (Subject::Grant { run }, message)
}

/// The record of something typed into the first attempt.
pub(crate) fn input(run: RunId, number: u64, before: Option<&InputTyped>) -> InputTyped {
    let mut typed = InputTyped {
        number,
        terminal: TerminalName::Shell,
        grant: GrantId::from_uuid(Uuid::from_u128(9)),
        holder: "ada".to_owned().try_into().expect("an actor"),
        channel: Channel::Web,
        fence: Fence::FIRST,
        first_seq: TypedSeq(number),
        last_seq: TypedSeq(number),
        offset: 10 * number,
        length: 3,
        echo: true,
        text: Some("ls\r".to_owned()),
        mac: None,
        previous: before.map_or_else(
            || audit::genesis(run, attempt(1)),
            |before| before.hash.clone(),
        ),
        hash: String::new(),
    };
    typed.hash = audit::hash_of(&typed);
    typed
}
