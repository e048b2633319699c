//! Who may ask what, and what ends when that changes.

use baton_api::{ApiServer, DefaultIdentity};
use baton_domain::{Clock as _, Role, SystemClock, WorkerScope};
use baton_store::accounts::{self, Authority, Deed, NewToken};
use baton_wire::http::{Me, NewTokenInfo, TokenInfo, TokenPage};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    sse::Sse,
    worker::Holder,
    world::{Unusual, World, command, problem},
};

async fn quiet() -> World {
    World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await
}

/// A client that shows nothing by itself.
fn stranger() -> Client {
    baton_testkit::http().build().unwrap()
}

async fn kind(response: Response) -> String {
    let said = problem(response).await;
    said.kind
        .trim_start_matches("urn:baton:problem:")
        .to_owned()
}

async fn made(world: &World, authority: Authority, end: Option<DateTime<Utc>>) -> (Uuid, String) {
    let new = NewToken {
        id: Uuid::now_v7(),
        name: "made".to_owned().try_into().unwrap(),
        authority,
        created: Deed {
            by: "test".to_owned().try_into().unwrap(),
            at: SystemClock.now(),
        },
        expires_at: end,
    };
    let (token, text) = accounts::create(&world.store(), new).await.unwrap();
    (token.id, text.reveal().to_owned())
}

/// Every operation of the document: its method, a path that it takes, and what is said of it.
fn operations() -> Vec<(Method, String, Value)> {
    let document: Value = serde_json::from_str(&baton_api::openapi_json()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{id}", "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")
            .replace("{attempt}", "1")
            .replace("{name}", "a.txt")
            .replace("{scope}", "fleet");
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            found.push((method, path.clone(), operation.clone()));
        }
    }
    found
}

#[tokio::test]
async fn every_operation_asks_who_it_is_and_a_viewer_only_reads() {
    let world = quiet().await;
    let (_, viewer) = world.operator("vic", Role::Viewer).await;
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        let url = world.url(&path);
        let asked = stranger().request(method.clone(), &url).send();
        let asked = asked.await.unwrap();
        if operation["security"] == json!([]) {
            assert_ne!(asked.status(), 401, "{name}");
            continue;
        }
        assert_eq!(
            asked.headers()["www-authenticate"],
            "Bearer realm=\"baton\""
        );
        assert_eq!(kind(asked).await, "unauthenticated", "{name}");

        let words = operation["description"].as_str().unwrap();
        let may = words.contains("Needs the role 'viewer'") || words.contains("Needs a token");
        let asked = stranger().request(method, &url).bearer_auth(&viewer);
        let status = asked.send().await.unwrap().status();
        assert_eq!(status != 403, may, "{name} answers {status}: {words}");
        assert_ne!(status, 401, "{name}");
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_each_in_its_own_words() {
    let world = quiet().await;
    let soon = SystemClock.now() + TimeDelta::hours(1);
    let ago = SystemClock.now() - TimeDelta::hours(1);
    let (_, late) = made(&world, Authority::Operator(Role::Admin), Some(ago)).await;
    let (id, revoked) = made(&world, Authority::Operator(Role::Admin), Some(soon)).await;
    let url = world.url(&format!("/api/tokens/{id}"));
    let ended = world.client.delete(&url).send().await.unwrap();
    assert_eq!(ended.status(), 200);
    let (rest, last) = late.split_at(late.len() - 1);
    let twisted = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    for (header, words) in [
        (format!("Bearer {late}"), "the token expired at 20"),
        (format!("bearer {revoked}"), "the token was revoked at 20"),
        (format!("Bearer {twisted}"), "the token is not known here"),
        ("Bearer x".to_owned(), "the token is not known here"),
        ("Bearer".to_owned(), "of the form 'Bearer <token>'"),
        ("Basic YTpi".to_owned(), "of the form 'Bearer <token>'"),
    ] {
        let asked = stranger().get(world.url("/api/me"));
        let asked = asked.header("Authorization", &header).send().await.unwrap();
        let said = problem(asked).await;
        assert_eq!(said.status, 401, "{words}");
        assert!(said.detail.contains(words), "{}", said.detail);
        assert!(!said.detail.contains("baton_operator"), "{}", said.detail);
    }
}

/// A stream of everything, opened with a token.
async fn watching(world: &World, token: &str) -> Sse {
    let request = stranger().get(world.url("/api/events/stream"));
    let mut stream = Sse::open(request.bearer_auth(token)).await;
    stream.until_history().await;
    stream
}

async fn over(mut stream: Sse) {
    while stream.next().await.is_some() {}
}

#[tokio::test]
async fn open_streams_end_at_once_when_their_token_is_revoked_and_no_others_do() {
    let world = World::start().await;
    let (id, eve) = world.operator("eve", Role::Viewer).await;
    let (_, ada) = world.operator("ada", Role::Viewer).await;
    let (eves, mut adas) = (watching(&world, &eve).await, watching(&world, &ada).await);
    let url = world.url(&format!("/api/tokens/{id}"));
    let ended = world.client.delete(&url).send().await.unwrap();
    let info: TokenInfo = ended.json().await.unwrap();
    assert_eq!(
        (info.state.as_str(), info.revoked_by.as_deref()),
        ("revoked", Some("root"))
    );
    over(eves).await;
    let again = stranger().get(world.url("/api/me")).bearer_auth(&eve);
    assert_eq!(again.send().await.unwrap().status(), 401);

    world.submit("still watched").await;
    assert!(adas.next().await.is_some());
}

#[tokio::test]
async fn a_smaller_role_ends_what_is_open_and_is_all_that_is_left() {
    let world = World::start().await;
    let (id, bob) = world.operator("bob", Role::Operator).await;
    let stream = watching(&world, &bob).await;
    let url = world.url(&format!("/api/tokens/{id}"));
    let changed = world.client.patch(&url).json(&json!({"role": "viewer"}));
    let info: TokenInfo = changed.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (info.role.as_deref(), info.role_changed_by.as_deref()),
        (Some("viewer"), Some("root"))
    );
    over(stream).await;
    let submit = world.post("/api/task-runs", &command()).bearer_auth(&bob);
    let said = problem(submit.send().await.unwrap()).await;
    assert_eq!(said.status, 403);
    assert!(
        said.detail.contains("'operator'") && said.detail.contains("'viewer'"),
        "{}",
        said.detail
    );
    reads(&world, &bob).await;
}

async fn reads(world: &World, token: &str) {
    let list = stranger()
        .get(world.url("/api/task-runs"))
        .bearer_auth(token);
    assert_eq!(list.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let world = World::start().await;
    // Long enough to open a stream.
    let end = SystemClock.now() + TimeDelta::seconds(4);
    let (_, short) = made(&world, Authority::Operator(Role::Viewer), Some(end)).await;
    over(watching(&world, &short).await).await;
    assert!(SystemClock.now() >= end);
    let again = stranger().get(world.url("/api/me")).bearer_auth(&short);
    let said = problem(again.send().await.unwrap()).await;
    assert!(said.detail.contains("expired at"), "{}", said.detail);
}

#[tokio::test]
async fn a_browser_signs_in_and_out_and_changes_nothing_from_elsewhere() {
    let world = World::start().await;
    let (_, ada) = world.operator("ada", Role::Operator).await;
    let origin = world.url("");
    let sign_in = |token: &str| {
        let request = stranger().post(world.url("/api/sign-in"));
        request
            .header("Origin", &origin)
            .json(&json!({"token": token}))
            .send()
    };
    assert_eq!(
        kind(sign_in("nothing").await.unwrap()).await,
        "unauthenticated"
    );
    let by_worker = sign_in(&world.worker_token).await.unwrap();
    assert_eq!(kind(by_worker).await, "unauthenticated");
    let signed_in = sign_in(&ada).await.unwrap();
    let given = signed_in.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(given.contains("HttpOnly; SameSite=Strict"), "{given}");
    let me: Me = signed_in.json().await.unwrap();
    assert_eq!((me.name.as_str(), me.by.as_str()), ("ada", "sign_in"));
    let cookie = given.split(';').next().unwrap();

    let get = |path: &str| stranger().get(world.url(path)).header("Cookie", cookie);
    let me: Me = get("/api/me").send().await.unwrap().json().await.unwrap();
    assert_eq!(me.role.as_deref(), Some("operator"));
    let submit = || {
        let request = stranger().post(world.url("/api/task-runs"));
        request.header("Cookie", cookie).json(&command())
    };
    let elsewhere = submit().header("Origin", "http://evil.example");
    assert_eq!(
        kind(elsewhere.send().await.unwrap()).await,
        "forbidden-origin"
    );
    assert_eq!(
        kind(submit().send().await.unwrap()).await,
        "forbidden-origin"
    );
    let own = submit().header("Origin", &origin).send().await.unwrap();
    assert_eq!(own.status(), 201);

    let stream = Sse::open(get("/api/events/stream")).await;
    let out = stranger().delete(world.url("/api/sign-in"));
    let out = out.header("Cookie", cookie).header("Origin", &origin);
    assert_eq!(out.send().await.unwrap().status(), 204);
    over(stream).await;
    let said = problem(get("/api/me").send().await.unwrap()).await;
    assert!(said.detail.contains("signed out at"), "{}", said.detail);
    let by_token = stranger().get(world.url("/api/me")).bearer_auth(&ada);
    assert_eq!(by_token.send().await.unwrap().status(), 200);
}

// W-05
#[tokio::test]
async fn only_the_worker_that_holds_an_attempt_brings_its_files_and_it_reads_nothing() {
    let world = World::start().await;
    let run = world.submit("guarded").await;
    let path = format!("/api/task-runs/{}/attempts/1/artifacts/a.txt", run.id);
    let early = world.put(&path, "x").send().await.unwrap();
    assert_eq!(kind(early).await, "conflict", "nobody holds it yet");
    let mut holder = Holder::take(&world.bus, &run).await;
    let scope = WorkerScope::everything("other-*".parse().unwrap());
    let (_, other) = made(&world, Authority::Worker(scope), None).await;
    let put = |token: &str| {
        world
            .client
            .put(world.url(&path))
            .body("x")
            .bearer_auth(token)
            .send()
    };
    let said = problem(put(&other).await.unwrap()).await;
    assert_eq!(said.status, 403);
    assert!(said.detail.contains("'w-1'"), "{}", said.detail);
    let (_, admin) = world.operator("ada", Role::Admin).await;
    assert_eq!(kind(put(&admin).await.unwrap()).await, "forbidden");
    assert_eq!(put(&world.worker_token).await.unwrap().status(), 201);

    for read in [
        "/api/task-runs".to_owned(),
        format!("/api/task-runs/{}", run.id),
    ] {
        let read = world.get(&read).bearer_auth(&world.worker_token);
        assert_eq!(kind(read.send().await.unwrap()).await, "forbidden");
    }
    let position = holder.say([crate::worker::succeeded()]).await;
    world.recorded(position).await;
    assert_eq!(
        kind(put(&world.worker_token).await.unwrap()).await,
        "conflict"
    );
}

#[tokio::test]
async fn admins_make_tokens_and_see_who_made_them() {
    let world = quiet().await;
    let body = json!({"name": "builders", "kind": "worker", "worker": "b-*", "pools": ["gpu"]});
    let made = world.post("/api/tokens", &body).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made: NewTokenInfo = made.json().await.unwrap();
    assert!(made.token.starts_with("baton_worker_"));
    let me = world
        .get("/api/me")
        .bearer_auth(&made.token)
        .send()
        .await
        .unwrap();
    let me: Me = me.json().await.unwrap();
    assert_eq!(
        (me.name.as_str(), me.kind.as_str(), me.role),
        ("builders", "worker", None)
    );
    let page: TokenPage = world
        .get("/api/tokens?limit=1")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let first = &page.tokens[0];
    assert_eq!((first.created_by.as_str(), first.pools.len()), ("root", 1));
    assert!(first.last_used_at.is_some() && page.next_cursor.is_some());
    let next = format!("/api/tokens?limit=9&cursor={}", page.next_cursor.unwrap());
    let rest: TokenPage = world.get(&next).send().await.unwrap().json().await.unwrap();
    assert!(rest.tokens.iter().all(|token| token.id < first.id) && rest.next_cursor.is_none());

    let bad = json!({"name": "", "kind": "operator", "role": "king", "pools": ["x"], "expiresAt": "2001-01-01T00:00:00Z"});
    let said = problem(world.post("/api/tokens", &bad).send().await.unwrap()).await;
    let fields: Vec<&str> = said.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["name", "pools", "role", "expiresAt"]);
    let role = world
        .client
        .patch(world.url(&format!("/api/tokens/{}", first.id)));
    let role = role.json(&json!({"role": "admin"})).send().await.unwrap();
    assert_eq!(kind(role).await, "conflict", "workers have no role");
}

#[tokio::test]
async fn a_default_identity_is_for_loopback_alone() {
    let developer = DefaultIdentity {
        name: "developer".to_owned().try_into().unwrap(),
        role: Role::Admin,
    };
    let world = World::unusual(Unusual {
        without_recorder: true,
        default_identity: Some(developer.clone()),
        ..Unusual::default()
    })
    .await;
    let me = stranger().get(world.url("/api/me")).send().await.unwrap();
    let me: Me = me.json().await.unwrap();
    assert_eq!((me.name.as_str(), me.by.as_str()), ("developer", "default"));
    let bad = stranger().get(world.url("/api/me")).bearer_auth("x");
    assert_eq!(
        bad.send().await.unwrap().status(),
        401,
        "what is shown counts"
    );

    let mut options = baton_api::ApiOptions::new(world.artifacts.path().join("other"));
    options.listen = "0.0.0.0:0".parse().unwrap();
    options.allow_remote = true;
    options.default_identity = Some(developer);
    let error = ApiServer::new(options, world.deps()).unwrap_err();
    assert!(error.to_string().contains("default identity"), "{error}");
}
