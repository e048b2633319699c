//! The right to type, taken away by circumstances; and told to nobody else.

use baton_domain::Role;
use baton_keys::{KeySet, seal};
use baton_wire::{
    event::SessionLinks,
    http::{LiveSession, ResealAnswer},
};
use serde_json::json;

use crate::{
    canary::{Log, assert_nowhere},
    grants::{answered, granted, joined, live, live_as, with_keys, world},
    scripted_host::ScriptedHost,
    world::{IMPATIENT, Unusual, World},
};

/// A world whose recorder or database is to be away.
async fn impatient(keys: &KeySet) -> World {
    World::unusual(Unusual {
        patience: Some(IMPATIENT),
        ..with_keys(Some(keys))
    })
    .await
}

// H-11, B-05
#[tokio::test]
async fn a_grant_is_taken_away_while_the_database_is_away() {
    let keys = KeySet::generate().unwrap();
    let mut world = impatient(&keys).await;
    let (run, host) = joined(&world, &keys).await;
    granted(live(&world, &run, "/grant-write", &json!({})).await).await;
    world.database.stop().await;
    let answer = live(&world, &run, "/revoke-write", &json!({"note": "now"})).await;
    assert_eq!(answer.headers()["baton-history-delayed"], "true");
    let answer = answered(answer).await;
    assert!(answer.effective);
    assert_eq!((answer.session.writer, host.writer()), (None, None));
}

// H-11
#[tokio::test]
async fn whoever_loses_the_role_loses_the_grant() {
    let keys = KeySet::generate().unwrap();
    let world = world(Some(&keys)).await;
    let (run, host) = joined(&world, &keys).await;
    let (id, eve) = world.operator("eve", Role::Operator).await;
    for change in ["role", "revoked"] {
        let (id, token) = if change == "role" {
            (id, eve.clone())
        } else {
            world.operator("eve", Role::Operator).await
        };
        granted(live_as(&world, &token, &run, "/grant-write", &json!({})).await).await;
        assert_eq!(host.writer().as_deref(), Some("eve"));
        let url = world.url(&format!("/api/tokens/{id}"));
        let changed = if change == "role" {
            world.client.patch(&url).json(&json!({"role": "viewer"}))
        } else {
            world.client.delete(&url)
        };
        assert_eq!(changed.send().await.unwrap().status(), 200);
        while host.writer().is_some() {
            tokio::task::yield_now().await;
        }
    }
    let events = world.events(&run, "limit=500").await.events;
    let taken = events.iter().filter(|event| event.kind == "write_revoked");
    let taken: Vec<_> = taken
        .map(|event| (&*event.source, event.data["note"].as_str()))
        .collect();
    let words = Some("the token of 'eve' allows it no longer");
    assert!(
        taken.iter().all(|told| *told == ("baton", words)),
        "{taken:?}"
    );
}

// H-11
#[tokio::test]
async fn a_grant_that_is_recorded_late_is_taken_away_from_whoever_has_lost_the_right_to_it() {
    let keys = KeySet::generate().unwrap();
    let mut world = impatient(&keys).await;
    let (run, host) = joined(&world, &keys).await;
    let (id, eve) = world.operator("eve", Role::Operator).await;
    world.stop_recorder().await;
    granted(live_as(&world, &eve, &run, "/grant-write", &json!({})).await).await;
    let url = world.url(&format!("/api/tokens/{id}"));
    assert_eq!(
        world.client.delete(&url).send().await.unwrap().status(),
        200
    );
    // Nobody knows of it for longer than the recorder is waited for.
    let taken = async {
        while host.writer().is_some() {
            tokio::task::yield_now().await;
        }
    };
    let early = tokio::time::timeout(IMPATIENT.recorder * 3 / 2, taken).await;
    assert!(early.is_err());
    world.start_recorder().await;
    while host.writer().is_some() {
        tokio::task::yield_now().await;
    }
}

const CANARY: &str = "ssh -p2200 CanaryRwTokenOfTheRelay@relay.example";
const WEB_CANARY: &str = "https://relay.example/t/CanaryRwWebPage";

// H-11
#[tokio::test]
async fn what_types_is_told_in_the_grants_answer_and_nowhere_else_also_after_a_rotation() {
    let log = Log::listen();
    let old = KeySet::generate().unwrap();
    let keys = old.rotated().unwrap();
    let world = world(Some(&keys)).await;
    let run = world.submit("shared").await;
    let tmate = live(&world, &run, "", &json!({"provider": "tmate"})).await;
    assert_eq!(tmate.status(), 202);
    let secret = json!({"attachRw": CANARY, "webRw": WEB_CANARY}).to_string();
    let links = SessionLinks {
        attach_ro: Some("ssh -p2200 ro-token@relay.example".to_owned()),
        web_ro: Some("https://relay.example/t/ro-token".to_owned()),
        sealed: Some(seal(&old.public()[0], run.id, secret.as_bytes())),
    };
    let _host = ScriptedHost::start(&world, &run, keys.public(), links).await;
    let path = format!("/api/task-runs/{}/live-session", run.id);
    let shown: LiveSession = world.get(&path).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (shown.attach_ro.is_some(), shown.web_ro),
        (true, None),
        "no web page is allowed"
    );

    let web = granted(live(&world, &run, "/grant-write", &json!({})).await).await;
    assert_eq!(
        (web.attach_rw, web.web_rw),
        (None, None),
        "for the channel web"
    );
    let reveal = json!({"channel": "tmate"});
    let first = granted(live(&world, &run, "/grant-write", &reveal).await).await;
    assert_eq!(
        (first.attach_rw.as_deref(), first.web_rw),
        (Some(CANARY), None)
    );

    let sealed = world
        .post("/api/keys/reseal", &json!({}))
        .send()
        .await
        .unwrap();
    let sealed: ResealAnswer = sealed.json().await.unwrap();
    assert_eq!((sealed.resealed, sealed.failed), (1, Vec::new()));
    assert_eq!(sealed.key_id, keys.current_id());
    let again = world
        .post("/api/keys/reseal", &json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(again.json::<ResealAnswer>().await.unwrap().resealed, 0);
    let second = granted(live(&world, &run, "/grant-write", &reveal).await).await;
    assert_eq!(second.attach_rw.as_deref(), Some(CANARY));
    let words = [
        "CanaryRw",
        &*web.write_key,
        &*first.write_key,
        &*second.write_key,
    ];
    assert_nowhere(&world, &run, &log, &words).await;
}
