//! Every state of a session goes into its table and comes back as it was; no other combination goes
//! in, and what was done or typed is only added to.

use baton_domain::{
    Actor, Attempt, Channel, Fence, Generation, GrantId, Provider, Role, RunId, SessionHealth,
    SessionStatus, TerminalName,
    run::session::{
        AuditChain, Closed, Links, Maker, Open, Opening, Over, Ready, Revoked, RevokedBy,
        SealedText, Session, SessionState, SessionWish, Writer,
    },
    session::ChainLink,
};
use baton_store::{
    Batch, ControlFilter, ControlPage, Mark, NewSession, RunFilter, StoredControlEvent,
    StoredInput, TypedInput, control_events, inputs, runs, sessions,
};
use serde_json::json;
use sqlx::Executor;
use uuid::Uuid;

use crate::stage::{Stage, at, position, run, through};

fn ada() -> Actor {
    "ada".to_owned().try_into().expect("an actor")
}

fn generation(n: u64) -> Generation {
    Generation::new(n).expect("small")
}

fn attempt(n: u64) -> Attempt {
    Attempt::new(n).expect("small")
}

fn maker() -> Maker {
    Maker {
        worker: "w1".parse().expect("a worker"),
        generation: generation(1),
        since: at(1),
    }
}

fn opening(maker: Option<Maker>) -> Opening {
    Opening {
        generation: generation(3),
        wish: SessionWish::new(Provider::Tmate, Some(60)),
        requested_at: at(0),
        requested_by: ada(),
        maker,
    }
}

fn open() -> Open {
    Open {
        maker: maker(),
        ready_at: at(2),
        expires_at: Some(at(62)),
        hostname: "host".to_owned(),
        heartbeat_at: at(3),
    }
}

fn over() -> Over {
    Over {
        code: "finished".to_owned(),
        reason: "the run succeeded".to_owned(),
    }
}

fn ready(writer: Option<Writer>, links: Links) -> SessionState {
    SessionState::Ready(Box::new(Ready {
        opening: opening(Some(maker())),
        open: open(),
        links,
        health: SessionHealth::Stale,
        health_reason: Some("the relay does not answer".to_owned()),
        writer: writer.map(Box::new),
    }))
}

fn links() -> Links {
    Links {
        attach_ro: Some("ssh ro-1@relay".to_owned()),
        web_ro: Some("https://relay/ro-1".to_owned()),
        sealed: Some(SealedText {
            key_id: "k-1".to_owned(),
            text: "c2VhbGVk".to_owned(),
        }),
    }
}

fn writer() -> Writer {
    Writer {
        grant: GrantId::from_uuid(Uuid::from_u128(9)),
        holder: ada(),
        role: Role::Operator,
        channel: Channel::Tmate,
        terminals: vec![TerminalName::Agent, TerminalName::Shell],
        reason: "to look".to_owned(),
        granted_at: at(4),
        until: at(64),
        gate_at: Some(at(5)),
    }
}

fn closed(open: Option<Open>) -> Closed {
    Closed {
        opening: opening(open.as_ref().map(|_| maker())),
        open,
        at: at(7),
    }
}

fn revoked(by: RevokedBy, torn_down: bool) -> SessionState {
    SessionState::Revoked(Box::new(Revoked {
        closed: closed(Some(open())),
        by,
        torn_down_at: torn_down.then(|| at(8)),
    }))
}

fn states() -> Vec<SessionState> {
    let operator = |note: Option<&str>| RevokedBy::Operator {
        actor: ada(),
        note: note.map(str::to_owned),
    };
    vec![
        SessionState::Starting(Box::new(opening(None))),
        SessionState::Starting(Box::new(opening(Some(maker())))),
        ready(None, Links::default()),
        ready(Some(writer()), links()),
        revoked(operator(None), false),
        revoked(operator(Some("seen enough")), true),
        revoked(RevokedBy::Worker(over()), true),
        SessionState::Ended(Box::new(closed(None)), over()),
        SessionState::Ended(Box::new(closed(Some(open()))), over()),
        SessionState::Error(Box::new(closed(None)), over()),
        SessionState::Error(Box::new(closed(Some(open()))), over()),
    ]
}

fn session(state: SessionState) -> Session {
    let is_over = matches!(state, SessionState::Revoked(_));
    Session {
        wish: (!is_over).then(|| SessionWish::new(Provider::Web, None)),
        fence: Some(Fence::new(4).expect("small")),
        state,
        audit: [(1, "aa"), (2, "bb")]
            .map(|(n, head)| AuditChain {
                attempt: attempt(n),
                head: head.repeat(32),
                count: n + 1,
            })
            .into(),
    }
}

// H-01 H-02
#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_session_comes_back_as_it_was() {
    let stage = Stage::start().await;
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    let mut batch = Batch::default();
    for state in states() {
        let mut run = run();
        run.record.run.session = session(state);
        batch.sessions.push(NewSession {
            run: run.id(),
            session: run.record.run.session.clone(),
            position: position(2),
        });
        batch.new_runs.push(run);
    }
    writer.write(&batch, through(2)).await.expect("all fit");
    // A second time is no second row.
    let again = Batch {
        sessions: batch.sessions.clone(),
        ..Batch::default()
    };
    writer.write(&again, through(3)).await.expect("all fit");
    for run in &batch.new_runs {
        let found = runs::get(&stage.store, run.id()).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(run));
    }
    let count = |status| {
        let filter = RunFilter {
            session: Some(status),
            ..RunFilter::default()
        };
        let store = stage.store.clone();
        async move {
            let page = runs::list(&store, &filter, None, 50).await;
            page.expect("an answer").runs.len()
        }
    };
    assert_eq!(count(SessionStatus::Ready).await, 2);
    assert_eq!(count(SessionStatus::Revoked).await, 3);
    assert_eq!(count(SessionStatus::Disabled).await, 0);
    let others = sessions::sealed_to_others(&stage.store, "k-2", 10).await;
    assert_eq!(others.expect("an answer").len(), 1);
    let others = sessions::sealed_to_others(&stage.store, "k-1", 10).await;
    assert_eq!(others.expect("an answer"), []);
}

// H-01 H-02
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_no_state_of_a_session_allows_is_refused() {
    let stage = Stage::start().await;
    let mut run = run();
    run.record.run.session = session(SessionState::Starting(Box::new(opening(None))));
    let batch = Batch {
        sessions: vec![NewSession {
            run: run.id(),
            session: run.record.run.session.clone(),
            position: position(2),
        }],
        new_runs: vec![run],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(2)).await.expect("it fits");
    let mut raw = stage.raw().await;
    for change in [
        "status = 'ready'",
        "status = 'disabled'",
        "status = 'revoked', revoked_at = now(), over_code = 'x', over_reason = 'x'",
        "status = 'ended'",
        "status = 'ended', ended_at = now()",
        "status = 'error', error_at = now(), over_code = 'x'",
        "generation = 0",
        "provider = 'screen'",
        "wished_provider = NULL",
        "worker = 'w1'",
        "ready_at = now(), hostname = 'h', heartbeat_at = now()",
        "expires_at = now()",
        "attach_ro = 'ssh x@y'",
        "sealed_secret = 'x', sealed_key_id = 'k'",
        "health = 'ready'",
        "grant_id = gen_random_uuid()",
        "gate_at = now()",
        "audit_count = 0",
        "audit_head = NULL",
        "torn_down_at = now()",
        "fence = -1",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE task_run_live_sessions SET {change}"));
        let refused = sqlx::query(sql).execute(&mut raw).await;
        let refused = refused.expect_err(change);
        let database = refused.as_database_error().expect("the database says so");
        assert!(database.is_check_violation(), "{change}: {database}");
    }
}

fn deed(run: RunId, n: u64, index: u16, action: &str, actor: &str) -> StoredControlEvent {
    StoredControlEvent {
        mark: Mark {
            position: position(n),
            index,
        },
        id: Uuid::from_u128(u128::from(n)),
        run,
        attempt: Some(attempt(1)),
        actor_kind: "operator".to_owned(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        at: at(1),
        refusal: (index == 1).then(|| "wrong_state".to_owned()),
        answers: None,
        metadata: json!({"note": "why"}),
    }
}

/// The deeds of a page, none of which anybody has answered.
fn told(page: &ControlPage) -> Vec<StoredControlEvent> {
    let deeds = page.events.iter();
    deeds
        .map(|shown| {
            assert_eq!((shown.delivered_at, shown.effective_at), (None, None));
            shown.event.clone()
        })
        .collect()
}

fn input(run: RunId, n: u64, echo: bool) -> StoredInput {
    StoredInput {
        mark: Mark {
            position: position(n),
            index: 0,
        },
        run,
        attempt: attempt(1),
        worker: "w1".parse().expect("a worker"),
        at: at(1),
        chain: ChainLink::Continues,
        typed: TypedInput {
            number: n,
            terminal: TerminalName::Shell,
            grant: GrantId::from_uuid(Uuid::from_u128(9)),
            holder: ada(),
            channel: Channel::Web,
            fence: Fence::FIRST,
            first_seq: 1,
            last_seq: 2,
            offset: 3,
            length: 4,
            echo,
            text: Some("ls\r".to_owned()),
            mac: None,
            previous: "aa".repeat(32),
            hash: "bb".repeat(32),
        },
    }
}

// H-03
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_read_page_by_page_and_by_whom_and_what() {
    let stage = Stage::start().await;
    let id = run().id();
    let deeds = vec![
        deed(id, 1, 0, "cancel", "ada"),
        deed(id, 1, 1, "cancel", "ben"),
        deed(id, 2, 0, "write_granted", "ada"),
        deed(run().id(), 2, 1, "cancel", "ada"),
    ];
    let batch = Batch {
        control_events: deeds.clone(),
        inputs: vec![input(id, 3, true), input(id, 4, false)],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(4)).await.expect("all fit");
    let read = |action: Option<&str>, actor: Option<&str>, after, limit| {
        let filter = ControlFilter {
            action: action.map(str::to_owned),
            actor: actor.map(str::to_owned),
        };
        let store = stage.store.clone();
        async move {
            control_events::after(&store, id, &filter, after, limit)
                .await
                .expect("a page")
        }
    };
    let first = read(None, None, None, 2).await;
    assert_eq!((told(&first), first.has_more), (deeds[..2].to_vec(), true));
    let rest = read(None, None, Some(first.events[1].event.mark), 2).await;
    assert_eq!((told(&rest), rest.has_more), (deeds[2..3].to_vec(), false));
    assert_eq!(told(&read(Some("cancel"), None, None, 9).await), deeds[..2]);
    let bens = read(Some("cancel"), Some("ben"), None, 9).await;
    assert_eq!(told(&bens), deeds[1..2]);

    let page = inputs::after(&stage.store, id, None, 1)
        .await
        .expect("a page");
    assert_eq!(
        (&page.inputs[..], page.has_more),
        (&[input(id, 3, true)][..], true)
    );
    let page = inputs::after(&stage.store, id, Some(page.inputs[0].mark), 1).await;
    let page = page.expect("a page");
    // What was typed unseen is nowhere in clear, though its host has said it.
    assert_eq!(page.inputs[0].typed.text, None);
    assert!(!page.has_more);
}

// H-03 B-06
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_typed_is_neither_changed_nor_deleted_but_by_a_rebuild() {
    let stage = Stage::start().await;
    let id = run().id();
    let batch = Batch {
        control_events: vec![deed(id, 1, 0, "cancel", "ada")],
        inputs: vec![input(id, 2, true)],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(2)).await.expect("all fit");
    let mut raw = stage.raw().await;
    for sql in [
        "UPDATE task_run_control_events SET actor = 'eve'",
        "DELETE FROM task_run_control_events",
        "UPDATE task_run_inputs SET text = 'nothing'",
        "DELETE FROM task_run_inputs",
    ] {
        let refused = raw.execute(sql).await.expect_err(sql);
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
    writer.clear().await.expect("a rebuild begins");
    let page = inputs::after(&stage.store, id, None, 1).await;
    assert_eq!(page.expect("a page").inputs, []);
}
