//! Who may type: asked for, fenced, renewed, given back, taken over.

use std::{collections::BTreeSet, sync::Arc};

use baton_api::LiveOptions;
use baton_domain::{Role, TerminalName};
use baton_keys::{KeySet, WriteKey};
use baton_wire::{
    event::SessionLinks,
    http::{LiveSession, SessionAnswer, TaskRun, WriteGrant},
};
use futures::future::join_all;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    scripted_host::ScriptedHost,
    world::{Unusual, World, problem},
};

pub(crate) async fn world(keys: Option<&KeySet>) -> World {
    World::unusual(with_keys(keys)).await
}

pub(crate) fn with_keys(keys: Option<&KeySet>) -> Unusual {
    Unusual {
        live: LiveOptions {
            keys: keys.cloned().map(Arc::new),
            ..LiveOptions::default()
        },
        ..Unusual::default()
    }
}

/// A run whose session can be joined, and its host.
pub(crate) async fn joined(world: &World, keys: &KeySet) -> (TaskRun, ScriptedHost) {
    let run = world.submit("typed into").await;
    let asked = live(world, &run, "", &json!({})).await;
    assert_eq!(asked.status(), 202);
    let links = SessionLinks::default();
    let host = ScriptedHost::start(world, &run, keys.public(), links).await;
    (run, host)
}

pub(crate) async fn live(world: &World, run: &TaskRun, below: &str, body: &Value) -> Response {
    let path = format!("/api/task-runs/{}/live-session{below}", run.id);
    world.post(&path, body).send().await.unwrap()
}

pub(crate) async fn live_as(
    world: &World,
    token: &str,
    run: &TaskRun,
    below: &str,
    body: &Value,
) -> Response {
    let path = format!("/api/task-runs/{}/live-session{below}", run.id);
    let asked = world.post(&path, body).bearer_auth(token);
    asked.send().await.unwrap()
}

pub(crate) async fn granted(response: Response) -> WriteGrant {
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

pub(crate) async fn answered(response: Response) -> SessionAnswer {
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

// H-04
#[tokio::test]
async fn a_session_is_enabled_once_and_typed_into_only_while_it_is_ready() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let run = world.submit("watched").await;
    let grant = json!({"ttlMinutes": 5});
    let none = problem(live(&world, &run, "/grant-write", &grant).await).await;
    assert_eq!(none.status, 404, "{}", none.detail);

    let first = live(&world, &run, "", &json!({"ttlMinutes": 30})).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let first: LiveSession = first.json().await.unwrap();
    assert_eq!((first.status.as_str(), first.generation), ("starting", 1));
    let again = live(&world, &run, "", &json!({})).await;
    assert_eq!(again.status(), StatusCode::OK);
    let again: LiveSession = again.json().await.unwrap();
    assert_eq!((again.id, again.generation), (first.id, 1));
    let other = live(&world, &run, "", &json!({"provider": "tmate"})).await;
    assert_eq!(other.status(), 409);
    let early = problem(live(&world, &run, "/grant-write", &grant).await).await;
    assert_eq!(early.status, 409);
    assert!(early.detail.contains("is starting"), "{}", early.detail);

    let links = SessionLinks::default();
    let host = ScriptedHost::start(&world, &run, keys.public(), links).await;
    granted(live(&world, &run, "/grant-write", &grant).await).await;
    let over = answered(live(&world, &run, "/revoke", &json!({"note": "enough"})).await).await;
    assert_eq!(over.session.status, "revoked");
    assert_eq!(host.writer(), None, "typing ends with the session");
    let late = problem(live(&world, &run, "/grant-write", &grant).await).await;
    assert_eq!(late.status, 409);
    assert!(late.detail.contains("was revoked"), "{}", late.detail);
    let twice = live(&world, &run, "/revoke", &json!({})).await;
    assert_eq!(twice.status(), 409);
    let anew: LiveSession = live(&world, &run, "", &json!({}))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!((anew.id, anew.generation), (first.id, 2));
}

// H-04, H-12
#[tokio::test]
async fn what_cannot_be_granted_is_refused_by_name() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let (run, _host) = joined(&world, &keys).await;
    for (body, field) in [
        (json!({"ttlMinutes": 0}), "ttlMinutes"),
        (json!({"ttlMinutes": 241}), "ttlMinutes"),
        (json!({"terminals": ["root"]}), "terminals"),
        (json!({"channel": "phone"}), "channel"),
        (json!({"reason": "a\nb"}), "reason"),
    ] {
        let refused = problem(live(&world, &run, "/grant-write", &body).await).await;
        assert_eq!((refused.status, &*refused.errors[0].field), (422, field));
    }
    let tmate = json!({"channel": "tmate"});
    let refused = problem(live(&world, &run, "/grant-write", &tmate).await).await;
    assert!(
        refused.detail.contains("no tmate relay"),
        "{}",
        refused.detail
    );
    for (below, field) in [("", "ttlMinutes"), ("", "provider")] {
        let bad = json!({field: if field == "provider" { json!("x") } else { json!(1441) }});
        let refused = problem(live(&world, &run, below, &bad).await).await;
        assert_eq!((refused.status, &*refused.errors[0].field), (422, field));
    }
    let renewed = json!({"terminals": ["agent"]});
    let refused = problem(live(&world, &run, "/renew-write", &renewed).await).await;
    assert_eq!(refused.errors[0].field, "terminals");
}

// H-11, B-05
#[tokio::test]
async fn a_grant_is_signed_under_a_rising_fence_renewed_given_back_and_taken_over() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let (run, host) = joined(&world, &keys).await;
    let wish = json!({"ttlMinutes": 7, "reason": "the test hangs", "terminals": ["agent"]});
    let first = granted(live(&world, &run, "/grant-write", &wish).await).await;
    assert!(first.effective);
    assert_eq!(
        (first.fence, &first.attach_rw, &first.web_rw),
        (1, &None, &None)
    );
    let writer = first.session.writer.unwrap();
    assert_eq!(
        (&*writer.holder, &*writer.reason),
        ("root", "the test hangs")
    );
    assert_eq!(writer.until, first.granted_until);
    let gate = host.obeyed.lock().unwrap()[0].clone();
    let told = gate.writer.unwrap();
    assert!(WriteKey::fits(&first.write_key, &told.key_sha256));
    assert_eq!(
        (told.ttl_ms, told.terminals),
        (7 * 60_000, vec![TerminalName::Agent])
    );

    let renewed =
        answered(live(&world, &run, "/renew-write", &json!({"ttlMinutes": 9})).await).await;
    let writer = renewed.session.writer.unwrap();
    assert!(renewed.effective);
    assert_eq!((writer.grant_id, writer.fence), (first.grant_id, 2));
    assert!(writer.until > first.granted_until);

    let (_, ada) = world.operator("ada", Role::Operator).await;
    let refused = problem(live_as(&world, &ada, &run, "/grant-write", &json!({})).await).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.detail.contains("'root' may type until"),
        "{}",
        refused.detail
    );
    let refused = live_as(&world, &ada, &run, "/release-write", &json!({})).await;
    assert_eq!(refused.status(), 403, "it is not hers");
    let over = json!({"takeOver": true});
    let taken = granted(live_as(&world, &ada, &run, "/grant-write", &over).await).await;
    assert_eq!((taken.fence, host.writer().as_deref()), (3, Some("ada")));
    let refused = live(&world, &run, "/renew-write", &json!({})).await;
    assert_eq!(refused.status(), 403);

    let back = answered(live_as(&world, &ada, &run, "/release-write", &json!({})).await).await;
    assert_eq!((back.effective, back.session.writer), (true, None));
    assert_eq!((host.fences(), host.writer()), (vec![1, 2, 3, 4], None));
    let nobody = live(&world, &run, "/revoke-write", &json!({})).await;
    assert_eq!(nobody.status(), 409);

    // All of it is on record, with who and until when.
    let events = world.events(&run, "limit=500").await.events;
    let on_record: Vec<_> = events
        .iter()
        .filter(|event| event.kind.starts_with("write_") && event.kind != "write_gate")
        .map(|event| (&*event.kind, &*event.source, event.effective))
        .collect();
    let good = Some(true);
    assert_eq!(
        on_record,
        [
            ("write_granted", "root", good),
            ("write_renewed", "root", good),
            ("write_granted", "ada", good),
            ("write_released", "ada", good),
        ]
    );
    for event in events.iter().filter(|event| event.kind == "write_granted") {
        assert!(
            event.data["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0),
            "{event:?}"
        );
    }
}

// B-05
#[tokio::test]
async fn of_twenty_who_ask_at_once_one_gets_it_and_of_twenty_who_take_over_one_has_it() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let (run, host) = joined(&world, &keys).await;
    let names = (0..20).map(|n| format!("op-{n}")).collect::<Vec<_>>();
    let tokens = names
        .iter()
        .map(|name| world.operator(name, Role::Operator));
    let tokens: Vec<_> = join_all(tokens).await;
    let ask = async |body: Value| {
        let asking = tokens
            .iter()
            .map(|(_, token)| live_as(&world, token, &run, "/grant-write", &body));
        join_all(asking).await
    };
    let answers = ask(json!({})).await;
    let got = answers
        .iter()
        .filter(|answer| answer.status() == 200)
        .count();
    let refused = answers
        .iter()
        .filter(|answer| answer.status() == 409)
        .count();
    assert_eq!((got, refused), (1, 19));
    assert_eq!(host.fences(), [1]);

    let answers = ask(json!({"takeOver": true})).await;
    let grants: Vec<_> = join_all(answers.into_iter().map(granted)).await;
    let fences: BTreeSet<u64> = grants.iter().map(|grant| grant.fence).collect();
    assert_eq!(fences, (2..=21).collect());
    let last = grants.iter().max_by_key(|grant| grant.fence).unwrap();
    let obeyed = host.fences();
    assert!(obeyed.is_sorted_by(|a, b| a < b), "{obeyed:?}");
    assert_eq!(obeyed.last(), Some(&21));
    let effective: Vec<_> = grants.iter().filter(|grant| grant.effective).collect();
    assert!(effective.iter().any(|grant| grant.fence == last.fence));
    let path = format!("/api/task-runs/{}/live-session", run.id);
    let shown: LiveSession = world.get(&path).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown.writer.unwrap().grant_id, last.grant_id);
}

// H-11, H-12
#[tokio::test]
async fn without_session_keys_nobody_types_and_the_problem_says_what_to_set() {
    let world = world(None).await;
    let run = world.submit("keyless").await;
    live(&world, &run, "", &json!({})).await;
    ScriptedHost::start(&world, &run, Vec::new(), SessionLinks::default()).await;
    for below in [
        "/grant-write",
        "/renew-write",
        "/release-write",
        "/revoke-write",
    ] {
        let refused = problem(live(&world, &run, below, &json!({})).await).await;
        assert_eq!(refused.status, 409, "{below}");
        assert!(
            refused.detail.contains("BATON_API_SESSION_KEYS_FILE"),
            "{below}"
        );
    }
}

// H-04, H-11
#[tokio::test]
async fn viewers_ask_for_tickets_and_for_nothing_else() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let (run, _host) = joined(&world, &keys).await;
    let (_, viewer) = world.operator("vic", Role::Viewer).await;
    let tokens = [(viewer.as_str(), 200), (world.worker_token.as_str(), 403)];
    for (token, ticket) in tokens {
        let answer = live_as(&world, token, &run, "/ticket", &json!({})).await;
        assert_eq!(answer.status(), ticket);
        for below in [
            "",
            "/grant-write",
            "/renew-write",
            "/release-write",
            "/revoke-write",
            "/revoke",
        ] {
            let answer = live_as(&world, token, &run, below, &json!({})).await;
            assert_eq!(answer.status(), 403, "{below}");
        }
    }
}
