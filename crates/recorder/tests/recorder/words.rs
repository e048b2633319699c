//! Messages as API, workers and supervisors publish them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use baton_domain::{
    Attempt, Channel, EventSeq, FailureCode, Fence, Generation, GrantId, HelpEnd, HelpKind,
    MessageKind, PauseCause, PauseMethod, PauseMode, Position, Priority, Provider, Role, Route,
    RunId, RunSpec, RunType, TerminalName, TerminalSize, WorkerId, run::PauseKind,
};
use baton_wire::{
    ControlCommand, ControlMessage, DrainAction, DrainMessage, Event, EventsMessage, Gate,
    GrantMessage, GrantStep, LeaseMessage, LeaseStep, Offer, OfferReason, Reported, Sealed,
    SignedGate, Subject, TaskRunRequest, Writer, audit,
    event::{
        Delivered, HelpClosed, HelpNeeded, HelpOption, InputTyped, MessageDelivered, MessageSeen,
        PausedHow, ResumedHow, SessionLinks, SessionReady, SessionStarting, TakeoverBegan,
    },
    spec::{BudgetsBody, ControlBody, LiveSessionBody, TaskBody},
    terminal::TypedSeq,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A run's id; `n` tells runs apart, and orders them.
pub(crate) fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(
        0x0197_0000_0000_7000_8000_0000_0000_0000 + n,
    ))
}

/// A moment, in seconds after the start of every test.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_780_000_000, 123_456_789).expect("a time of our days");
    start + TimeDelta::seconds(seconds)
}

pub(crate) fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("an attempt")
}

pub(crate) fn worker(name: &str) -> WorkerId {
    name.parse().expect("a worker's id")
}

pub(crate) fn request() -> TaskRunRequest {
    TaskRunRequest {
        run_type: Some("command".to_owned()),
        title: Some("say hello".to_owned()),
        task: TaskBody {
            argv: Some(vec!["echo".to_owned(), "hello".to_owned()]),
            ..TaskBody::default()
        },
        ..TaskRunRequest::default()
    }
}

pub(crate) fn offer(run: RunId, n: u64) -> (Subject, Offer) {
    let spec = RunSpec::try_from(&request()).expect("a good request");
    let subject = Subject::Offer {
        run,
        route: Route::clone(&spec.route()),
        priority: Priority::Normal,
    };
    let first = n == 1;
    let offer = Offer {
        run,
        attempt: attempt(n),
        lease_position: Position::START,
        lost_position: Some(Position::START),
        reason: if first {
            OfferReason::Submitted
        } else {
            OfferReason::Retry
        },
        at: at(0),
        submitted_at: at(0),
        submitted_by: "somebody".to_owned().try_into().expect("an actor"),
        idempotency_key: None,
        request_digest: None,
        spec: request(),
    };
    (subject, offer)
}

pub(crate) fn lease(run: RunId, n: u64, step: LeaseStep, by: &str) -> (Subject, LeaseMessage) {
    let message = LeaseMessage {
        run,
        attempt: attempt(n),
        worker: worker(by),
        step,
        at: at(1),
        reason: None,
    };
    let worker = worker(by);
    (Subject::Lease { run, worker }, message)
}

pub(crate) fn cancel(run: RunId) -> (Subject, ControlMessage) {
    wish(run, ControlCommand::Cancel { note: None })
}

pub(crate) fn wish(run: RunId, command: ControlCommand) -> (Subject, ControlMessage) {
    let message = ControlMessage {
        run,
        id: Uuid::from_u128(7),
        actor: "somebody".to_owned().try_into().expect("an actor"),
        at: at(2),
        command,
    };
    (Subject::Control { run }, message)
}

pub(crate) fn drain(scope: &str, note: &str) -> (Subject, DrainMessage) {
    let message = DrainMessage {
        scope: scope.parse().expect("a scope"),
        id: Uuid::from_u128(8),
        action: DrainAction::Drain,
        note: note.to_owned(),
        actor: "somebody".to_owned().try_into().expect("an actor"),
        at: at(3),
        until: Some(at(3600)),
        runs: None,
    };
    let scope = message.scope.clone();
    (Subject::Drain { scope }, message)
}

pub(crate) fn undrain(scope: &str) -> (Subject, DrainMessage) {
    let (subject, message) = drain(scope, "done");
    let action = DrainAction::Undrain;
    (subject, DrainMessage { action, ..message })
}

/// Events of an attempt, their sequences from `first` on.
pub(crate) fn events(
    run: RunId,
    n: u64,
    by: &str,
    first: u64,
    events: impl IntoIterator<Item = Event>,
) -> (Subject, EventsMessage) {
    let said = events.into_iter().zip(first..);
    let message = EventsMessage {
        run,
        attempt: attempt(n),
        events: said
            .map(|(event, seq)| Reported {
                seq: EventSeq::new(seq).expect("a sequence"),
                at: at(2 + seq.cast_signed()),
                event,
            })
            .collect(),
    };
    let worker = worker(by);
    (Subject::Events { run, worker }, message)
}

pub(crate) fn succeeded() -> Event {
    Event::Succeeded {
        summary: "said hello".to_owned(),
    }
}

pub(crate) fn failed(code: FailureCode) -> Event {
    Event::Failed {
        code,
        message: "it broke".to_owned(),
        retryable: code.usually_retryable(),
    }
}

pub(crate) fn usage(input_tokens: u64) -> Event {
    Event::Usage {
        input_tokens,
        cached_input_tokens: 1,
        output_tokens: 2,
        spent_cents: None,
        turns: None,
    }
}

pub(crate) fn output(text: &str) -> Event {
    Event::Output {
        offset: 0,
        text: text.to_owned(),
    }
}

pub(crate) fn stored(name: &str, size: u64) -> Event {
    Event::ArtifactStored {
        name: name.to_owned(),
        size,
        sha256: "00".repeat(32),
        content_type: "text/plain".to_owned(),
    }
}

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

/// The id of a command, or of a request for help.
pub(crate) fn command(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// A wish under its own id.
pub(crate) fn words_of(run: RunId, n: u128, command: ControlCommand) -> (Subject, ControlMessage) {
    let (subject, mut message) = wish(run, command);
    message.id = self::command(n);
    (subject, message)
}

pub(crate) fn pause(run: RunId, n: u128) -> (Subject, ControlMessage) {
    let command = ControlCommand::Pause {
        mode: PauseMode::Soft,
        deadline_seconds: None,
        resume_after_seconds: None,
        note: Some("to look".to_owned()),
    };
    words_of(run, n, command)
}

pub(crate) fn resume(run: RunId, n: u128) -> (Subject, ControlMessage) {
    words_of(run, n, ControlCommand::Resume { note: None })
}

pub(crate) fn takeover(run: RunId, n: u128) -> (Subject, ControlMessage) {
    let command = ControlCommand::Takeover {
        deadline_seconds: None,
        expires_after_seconds: 900,
        note: None,
    };
    words_of(run, n, command)
}

pub(crate) fn message(run: RunId, n: u128, text: &str) -> (Subject, ControlMessage) {
    let command = ControlCommand::SendMessage {
        kind: MessageKind::Steering,
        text: text.to_owned(),
    };
    words_of(run, n, command)
}

pub(crate) fn answered(run: RunId, n: u128, help: Uuid, answer: &str) -> (Subject, ControlMessage) {
    let command = ControlCommand::AnswerHelp {
        help,
        answer: answer.to_owned(),
        note: None,
    };
    words_of(run, n, command)
}

pub(crate) fn delivered(n: u128) -> Event {
    Event::ControlDelivered(Delivered {
        command: command(n),
        refused: None,
    })
}

pub(crate) fn paused(n: u128) -> Event {
    Event::Paused {
        kind: PauseKind::Checkpoint,
        how: PausedHow {
            method: Some(PauseMethod::Checkpoint),
            cause: Some(PauseCause::Operator),
            command: Some(command(n)),
            before: Some("exec_command".to_owned()),
            escalated: false,
            resumes_in_ms: Some(90_000),
        },
    }
}

pub(crate) fn resumed() -> Event {
    Event::Resumed(ResumedHow::default())
}

/// The takeover that a command wished begins.
pub(crate) fn over(n: u128) -> Event {
    Event::TakeoverBegan(TakeoverBegan {
        command: command(n),
        by: "ada".to_owned().try_into().expect("an actor"),
        expires_in_seconds: 900,
    })
}

pub(crate) fn handed_over(n: u128) -> Event {
    Event::MessageDelivered(MessageDelivered {
        message: command(n),
        via: "PreToolUse".to_owned(),
    })
}

pub(crate) fn seen(n: u128) -> Event {
    Event::MessageSeen(MessageSeen {
        message: command(n),
    })
}

pub(crate) fn asked(n: u128) -> Event {
    asked_by(command(n))
}

pub(crate) fn asked_by(help: Uuid) -> Event {
    let option = |answer: &str| HelpOption {
        answer: answer.to_owned(),
        label: answer.to_owned(),
    };
    Event::OperatorNeeded(HelpNeeded {
        help,
        kind: HelpKind::Permission,
        question: "may I?".to_owned(),
        detail: Some("exec_command".to_owned()),
        options: vec![option("deny"), option("allow")],
        free_text: false,
        blocking: true,
    })
}

pub(crate) fn not_needed(n: u128, by: u128) -> Event {
    Event::OperatorNotNeeded(HelpClosed {
        help: command(n),
        end: HelpEnd::Answered,
        command: Some(command(by)),
    })
}

/// An agent of this model runs.
pub(crate) fn began(model: &str) -> Event {
    Event::AgentStarted {
        agent: RunType::CodexExec,
        model: Some(model.to_owned()),
        effort: None,
        mode: Some("exec".to_owned()),
        sandbox: None,
        approvals: None,
        capabilities: None,
    }
}

/// Attempts that may use so many tokens.
pub(crate) fn tokens(tokens: u64) -> ControlBody {
    ControlBody {
        pause_before: Vec::new(),
        budgets: Some(BudgetsBody {
            tokens: Some(tokens),
            ..BudgetsBody::default()
        }),
    }
}
