//! A run's live session, what was done to the run and what was typed, as the API shows them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use baton_bus::{Fence as Expected, Patience};
use baton_domain::{
    Attempt, Channel, Clock as _, Fence, Generation, GrantId, Provider, Role, SystemClock,
    TerminalName, TerminalSize,
};
use baton_wire::{
    Event, Gate, GrantMessage, GrantStep, MessageId, Sealed, SignedGate, Subject, Writer, audit,
    event::{InputTyped, SessionLinks, SessionReady, SessionStarting},
    http::{ControlEventPage, InputPage, LiveSession, TaskRun, TaskRunPage},
    terminal::TypedSeq,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    worker::Holder,
    world::{World, command, problem},
};

async fn session(world: &World, run: &TaskRun) -> LiveSession {
    let path = format!("/api/task-runs/{}/live-session", run.id);
    world.get(&path).send().await.unwrap().json().await.unwrap()
}

fn begun() -> [Event; 2] {
    let ready = SessionReady {
        generation: Generation::FIRST,
        provider: Provider::Tmate,
        hostname: "host".to_owned(),
        size: TerminalSize::DEFAULT,
        links: SessionLinks {
            attach_ro: Some("ssh ro-1@relay".to_owned()),
            web_ro: Some("https://relay/ro-1".to_owned()),
            sealed: Some(Sealed {
                key_id: "k-1".to_owned(),
                sealed: "c2VhbGVk".to_owned(),
            }),
        },
    };
    let starting = SessionStarting {
        generation: Generation::FIRST,
        provider: Provider::Tmate,
        ttl_seconds: Some(5_400),
    };
    [Event::SessionStarting(starting), Event::SessionReady(ready)]
}

fn granted(run: &TaskRun) -> GrantMessage {
    let grant = GrantId::from_uuid(Uuid::from_u128(9));
    let writer = Some(Writer {
        grant,
        holder: "ada".to_owned().try_into().unwrap(),
        role: Role::Operator,
        channel: Channel::Web,
        terminals: vec![TerminalName::Shell],
        ttl_ms: 600_000,
        reason: "the build hangs".to_owned(),
        key_sha256: "00".repeat(32),
    });
    let gate = Gate {
        version: Gate::VERSION,
        run: run.id,
        attempt: Attempt::FIRST,
        fence: Fence::FIRST,
        writer: writer.clone(),
    };
    GrantMessage {
        run: run.id,
        id: Uuid::now_v7(),
        actor: "ada".to_owned().try_into().unwrap(),
        at: SystemClock.now(),
        step: GrantStep::Granted,
        fence: Fence::FIRST,
        grant,
        writer,
        note: None,
        signed: SignedGate {
            key_id: "k-1".to_owned(),
            payload: URL_SAFE_NO_PAD.encode(serde_json::to_vec(&gate).unwrap()),
            signature: String::new(),
        },
    }
}

fn typed(run: &TaskRun) -> InputTyped {
    let mut typed: InputTyped = serde_json::from_value(json!({
        "number": 1, "terminal": "shell", "grant": Uuid::from_u128(9), "holder": "ada",
        "channel": "web", "fence": 1, "firstSeq": 1, "lastSeq": 2, "offset": 5, "length": 3,
        "echo": true, "text": "ls\r", "previous": audit::genesis(run.id, Attempt::FIRST),
        "hash": "",
    }))
    .unwrap();
    typed.hash = audit::hash_of(&typed);
    assert_eq!(typed.last_seq, TypedSeq(2));
    typed
}

async fn grant(world: &World, run: &TaskRun) -> u64 {
    let message = granted(run);
    let id = MessageId::grant(run.id, message.id);
    let subject = Subject::Grant { run: run.id };
    let said = world
        .bus
        .publish(&subject, &id, &message, Expected::None, &Patience::Short);
    said.await.unwrap().get()
}

/// A run that wants a session, watched and typed into.
async fn watched(world: &World) -> (TaskRun, Holder) {
    let mut body = command();
    body["liveSession"] = json!({"enabled": true, "provider": "tmate", "ttlMinutes": 90});
    let run = world.post("/api/task-runs", &body).send().await.unwrap();
    let run: TaskRun = run.json().await.unwrap();
    assert_eq!(run.live_session.as_ref().unwrap().status, "starting");
    assert_eq!(session(world, &run).await.status, "starting");
    let mut holder = Holder::take(&world.bus, &run).await;
    holder.say(begun()).await;
    grant(world, &run).await;
    let position = holder.say([Event::InputTyped(typed(&run))]).await;
    world.recorded(position).await;
    (run, holder)
}

// H-01 H-02
#[tokio::test]
async fn a_session_is_seen_from_starting_to_its_end_through_the_api_alone() {
    let world = World::start().await;
    let none = world.submit("nobody watches").await;
    let path = format!("/api/task-runs/{}/live-session", none.id);
    let refused = problem(world.get(&path).send().await.unwrap()).await;
    assert_eq!(refused.status, 404);
    assert_eq!(none.live_session, None);

    let (run, mut holder) = watched(&world).await;
    let now = session(&world, &run).await;
    assert_eq!((now.status.as_str(), now.generation), ("ready", 1));
    assert_eq!(now.provider, "tmate");
    assert_eq!(now.worker_id.as_deref(), Some("w-1"));
    assert_eq!(now.worker_hostname.as_deref(), Some("host"));
    assert_eq!(now.attach_ro.as_deref(), Some("ssh ro-1@relay"));
    // Unless the server was told to let people have them, pages of a relay are nobody's to see.
    assert_eq!(now.web_ro, None);
    let lasts = now.expires_at.unwrap() - now.ready_at.unwrap();
    assert_eq!(lasts.num_minutes(), 90);
    let writer = now.writer.unwrap();
    assert_eq!((writer.holder.as_str(), writer.fence), ("ada", 1));
    assert_eq!(Some(writer.until), now.rw_granted_until);
    let shown = world.run(&run).await.live_session.unwrap();
    assert_eq!(shown.writer.as_deref(), Some("ada"));

    let listed = |status: &'static str| {
        let request = world.get(&format!("/api/task-runs?session={status}"));
        async move {
            let page: TaskRunPage = request.send().await.unwrap().json().await.unwrap();
            page.runs.iter().map(|run| run.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(listed("ready").await, [run.id]);
    assert_eq!(listed("disabled").await, [none.id]);
    let bad = world
        .get("/api/task-runs?session=open")
        .send()
        .await
        .unwrap();
    assert_eq!(problem(bad).await.status, 422);

    let done = Event::Succeeded {
        summary: "done".to_owned(),
    };
    let position = holder.say([done]).await;
    world.recorded(position).await;
    let over = session(&world, &run).await;
    assert_eq!(
        (over.status.as_str(), over.end_code.as_deref()),
        ("ended", Some("finished"))
    );
    assert_eq!(
        (over.attach_ro, over.writer, over.rw_granted_until),
        (None, None, None)
    );
    assert!(over.ready_at.is_some() && over.ended_at.is_some());
}

// H-03 H-11
#[tokio::test]
async fn what_was_done_is_listed_in_pages_by_action_and_by_actor_and_without_secrets() {
    let world = World::start().await;
    let (run, _holder) = watched(&world).await;
    let read = async |query: &str| -> ControlEventPage {
        let path = format!("/api/task-runs/{}/control-events?{query}", run.id);
        world.get(&path).send().await.unwrap().json().await.unwrap()
    };
    let whole = read("").await;
    let told: Vec<_> = whole
        .events
        .iter()
        .map(|it| {
            (
                it.actor_kind.as_str(),
                it.actor.as_str(),
                it.action.as_str(),
            )
        })
        .collect();
    let expected = [
        ("operator", "root", "enable_session"),
        ("worker", "w-1", "session_starting"),
        ("worker", "w-1", "session_ready"),
        ("operator", "ada", "write_granted"),
    ];
    assert_eq!(told, expected);
    assert_eq!(whole.events[3].metadata["reason"], "the build hangs");
    assert!(whole.events.iter().all(|event| event.effective));

    let first = read("limit=3").await;
    assert!(first.has_more);
    let rest = read(&format!("limit=3&after={}", first.next_after.unwrap())).await;
    assert_eq!((rest.events.len(), rest.has_more), (1, false));
    assert_eq!(read("action=session_ready").await.events.len(), 1);
    assert_eq!(read("actor=ada").await.events.len(), 1);
    assert_eq!(read("actor=ada&action=cancel").await.events.len(), 0);

    let events = world.events(&run, "").await;
    let text = serde_json::to_string(&(whole, events, session(&world, &run).await)).unwrap();
    for secret in ["c2VhbGVk", &"00".repeat(32), "ls\\r"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

// B-06
#[tokio::test]
async fn what_was_typed_is_told_to_operators_with_the_end_of_its_chain() {
    let world = World::start().await;
    let (run, _holder) = watched(&world).await;
    let path = format!("/api/task-runs/{}/inputs", run.id);
    let page: InputPage = world.get(&path).send().await.unwrap().json().await.unwrap();
    assert_eq!(page.inputs.len(), 1);
    let input = &page.inputs[0];
    assert_eq!((&input.typed, input.continues), (&typed(&run), true));
    let head = &page.heads[0];
    assert_eq!(
        (head.attempt, head.count, &head.hash),
        (1, 1, &typed(&run).hash)
    );
    let after = page.next_after.unwrap();
    let rest = world
        .get(&format!("{path}?after={after}"))
        .send()
        .await
        .unwrap();
    let rest: InputPage = rest.json().await.unwrap();
    assert_eq!((rest.inputs.len(), rest.heads.len()), (0, 1));

    let (_, viewer) = world.operator("vic", Role::Viewer).await;
    let refused = world.get(&path).bearer_auth(viewer).send().await.unwrap();
    assert_eq!(problem(refused).await.status, 403);
}
