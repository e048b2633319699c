//! What workers learn before they take runs: what their token allows, and the session keys.

use std::{collections::BTreeSet, sync::Arc};

use baton_api::LiveOptions;
use baton_domain::{Clock as _, Role, RunType, SystemClock, WorkerScope};
use baton_keys::{KeySet, PublicKey};
use baton_store::accounts::{self, Authority, Deed, NewToken};
use baton_wire::http::{Me, PublicKeys};
use uuid::Uuid;

use crate::world::{Unusual, World};

async fn world(keys: Option<KeySet>) -> World {
    World::unusual(Unusual {
        without_recorder: true,
        live: LiveOptions {
            keys: keys.map(Arc::new),
            ..LiveOptions::default()
        },
        ..Unusual::default()
    })
    .await
}

async fn keys(world: &World, token: &str) -> (PublicKeys, String) {
    let asked = world.get("/api/keys").bearer_auth(token).send();
    let answer = asked.await.unwrap();
    let cached = answer.headers()["cache-control"].to_str().unwrap();
    let cached = cached.to_owned();
    (answer.json().await.unwrap(), cached)
}

// H-11
#[tokio::test]
async fn anybody_who_is_known_gets_the_public_keys_and_nothing_secret() {
    let set = KeySet::generate().unwrap().rotated().unwrap();
    let world = world(Some(set.clone())).await;
    let (_, viewer) = world.operator("vic", Role::Viewer).await;
    for token in [&viewer, &world.worker_token] {
        let (sent, cached) = keys(&world, token).await;
        let read: Result<Vec<_>, _> = sent.keys.iter().map(PublicKey::from_wire).collect();
        assert_eq!(read.unwrap(), set.public(), "the current one first");
        assert_eq!(cached, "private, max-age=60");
    }
    let asked = world.get("/api/keys").bearer_auth(&viewer).send();
    let text = asked.await.unwrap().text().await.unwrap();
    let file: serde_json::Value = serde_json::from_str(&set.to_json()).unwrap();
    for key in file["keys"].as_array().unwrap() {
        for half in ["signingSecret", "openingSecret"] {
            assert!(!text.contains(key[half].as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn an_api_without_keys_says_so_by_an_empty_list() {
    let world = world(None).await;
    let (sent, _) = keys(&world, &world.worker_token).await;
    assert!(sent.keys.is_empty());
}

// W-03
#[tokio::test]
async fn a_worker_learns_what_its_token_allows() {
    let world = world(None).await;
    let mut scope = WorkerScope::everything("build-*".parse().unwrap());
    scope.pools = BTreeSet::from(["gpu".parse().unwrap(), "nightly".parse().unwrap()]);
    scope.repositories = vec!["/srv/*".parse().unwrap()];
    scope.run_types = BTreeSet::from([RunType::Command]);
    let new = NewToken {
        id: Uuid::now_v7(),
        name: "builders".to_owned().try_into().unwrap(),
        authority: Authority::Worker(scope),
        created: Deed {
            by: "test".to_owned().try_into().unwrap(),
            at: SystemClock.now(),
        },
        expires_at: None,
    };
    let (_, token) = accounts::create(&world.store(), new).await.unwrap();
    let asked = world.get("/api/me").bearer_auth(token.reveal()).send();
    let me: Me = asked.await.unwrap().json().await.unwrap();
    assert_eq!(me.worker.as_deref(), Some("build-*"));
    assert_eq!(me.pools, ["gpu", "nightly"]);
    assert_eq!(me.repositories, ["/srv/*"]);
    assert_eq!(me.run_types, ["command"]);

    let me: Me = world
        .get("/api/me")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((me.worker, me.pools.len()), (None, 0));
}
