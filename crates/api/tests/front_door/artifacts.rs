//! Files of attempts: brought, listed, fetched, and refused.

use std::{fs, path::Path};

use baton_wire::{
    Event,
    http::{ArtifactInfo, ArtifactList, TaskRun},
};
use sha2::{Digest as _, Sha256};

use crate::{
    worker::Holder,
    world::{Unusual, World, problem},
};

fn path(run: &TaskRun, name: &str) -> String {
    format!("/api/task-runs/{}/attempts/1/artifacts/{name}", run.id)
}

fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn stored(info: &ArtifactInfo) -> Event {
    Event::ArtifactStored {
        name: info.name.clone(),
        size: info.size,
        sha256: info.sha256.clone(),
        content_type: info.content_type.clone(),
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

// W-05
#[tokio::test]
async fn an_artifact_is_brought_recorded_listed_and_fetched() {
    let world = World::start().await;
    let run = world.submit("leaves files").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let upload = world
        .put(&path(&run, "logs/a%20b%C3%BC.bin"), content.clone())
        .header("X-Content-Sha256", hash(&content));
    let response = upload.send().await.unwrap();
    assert_eq!(response.status(), 201);
    let info: ArtifactInfo = response.json().await.unwrap();
    assert_eq!(info.name, "logs/a bü.bin");
    assert_eq!((info.size, &info.sha256), (3_000_000, &hash(&content)));

    // Fetched only once the worker has reported it.
    let fetch = format!("/api/task-runs/{}/artifacts/1/logs/a%20b%C3%BC.bin", run.id);
    let early = problem(world.get(&fetch).send().await.unwrap()).await;
    assert_eq!(early.status, 404);
    let position = holder.say([stored(&info)]).await;
    world.recorded(position).await;

    let list = world.get(&format!("/api/task-runs/{}/artifacts", run.id));
    let list: ArtifactList = list.send().await.unwrap().json().await.unwrap();
    assert_eq!(list.artifacts.len(), 1);
    assert!(list.artifacts[0].stored_at.is_some());
    assert_eq!(list.artifacts[0].sha256, info.sha256);

    let response = world.get(&fetch).send().await.unwrap();
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"a_b_.bin\"; filename*=UTF-8''a%20b%C3%BC.bin"
    );
    let etag = headers["etag"].to_str().unwrap();
    assert_eq!(etag, format!("\"{}\"", info.sha256));
    assert!(response.bytes().await.unwrap() == content);
    let again = world
        .get(&fetch)
        .header("If-None-Match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
}

// W-05
#[tokio::test]
async fn what_an_agent_left_never_runs_in_the_browser() {
    let world = World::start().await;
    let run = world.submit("leaves a page").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let mut position = 0;
    for (name, content_type) in [
        ("a.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.json", "application/json; charset=utf-8"),
    ] {
        let upload = world.put(&path(&run, name), "<script>alert(1)</script>");
        let response = upload
            .header("content-type", content_type)
            .send()
            .await
            .unwrap();
        let info: ArtifactInfo = response.json().await.unwrap();
        assert_eq!(info.content_type, content_type);
        position = holder.say([stored(&info)]).await;
    }
    world.recorded(position).await;
    for (name, media_type, way) in [
        ("a.html", "text/plain; charset=utf-8", "inline"),
        ("a.svg", "application/octet-stream", "attachment"),
        ("a.json", "text/plain; charset=utf-8", "inline"),
    ] {
        let fetch = format!("/api/task-runs/{}/artifacts/1/{name}", run.id);
        let response = world.get(&fetch).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], media_type);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let given = response.headers()["content-disposition"].to_str().unwrap();
        assert!(given.starts_with(way), "{name} {given}");
    }
}

// W-05
#[tokio::test]
async fn a_second_upload_replaces_the_first() {
    let world = World::start().await;
    let run = world.submit("twice").await;
    Holder::take(&world.bus, &run).await;
    for content in ["first", "second"] {
        let response = world
            .put(&path(&run, "a.txt"), content)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
    }
    let kept = files(world.artifacts.path());
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "second");
}

// W-05
#[tokio::test]
async fn names_that_lead_elsewhere_are_refused_however_they_are_spelled() {
    let world = World::start().await;
    let run = world.submit("sly").await;
    Holder::take(&world.bus, &run).await;
    let long = "a".repeat(301);
    for name in [
        "../../x",
        "a/../../x",
        "..",
        ".",
        "./a",
        "a/.",
        "a//b",
        "a/",
        "/etc/x",
        "%2e%2e/x",
        "%2e%2e%2fx",
        "..%2f..%2fx",
        "a%5c..%5cb",
        "a%00b",
        "a%0ab",
        "%2fetc%2fx",
        "",
        &long,
    ] {
        let answer = world
            .raw(&format!(
                "PUT {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
                path(&run, name),
                world.worker_token
            ))
            .await;
        let status = answer.split(' ').nth(1).unwrap();
        assert!(status == "422" || status == "404", "{name} {answer}");
    }
    // Escapes of escapes are only odd names.
    let odd = world
        .put(&path(&run, "%252e%252e"), "x")
        .send()
        .await
        .unwrap();
    assert_eq!(odd.json::<ArtifactInfo>().await.unwrap().name, "%2e%2e");
    let kept = files(world.artifacts.path());
    let expected = format!("store/runs/{}/1/", run.id);
    assert!(kept.len() == 1 && kept[0].contains(&expected), "{kept:?}");
}

// W-05
#[tokio::test]
async fn what_is_too_large_changed_or_nobodys_leaves_nothing_behind() {
    let unusual = Unusual {
        artifact_max_bytes: Some(1000),
        ..Unusual::default()
    };
    let world = World::unusual(unusual).await;
    let run = world.submit("full").await;
    Holder::take(&world.bus, &run).await;
    let kind = |name: &str| format!("urn:baton:problem:{name}");

    let announced = world
        .put(&path(&run, "a"), vec![0; 1001])
        .send()
        .await
        .unwrap();
    assert_eq!(problem(announced).await.kind, kind("body-too-large"));
    let chunks =
        futures::stream::iter((0..300).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 100_000])));
    let unannounced = world.put(&path(&run, "b"), reqwest::Body::wrap_stream(chunks));
    assert_eq!(
        problem(unannounced.send().await.unwrap()).await.kind,
        kind("body-too-large")
    );
    let changed = world
        .put(&path(&run, "c"), "x")
        .header("X-Content-Sha256", hash(b"y"));
    assert_eq!(
        problem(changed.send().await.unwrap()).await.kind,
        kind("digest-mismatch")
    );
    let odd = world
        .put(&path(&run, "d"), "x")
        .header("X-Content-Sha256", "abc");
    assert_eq!(
        problem(odd.send().await.unwrap()).await.kind,
        kind("invalid-header")
    );
    let later = path(&run, "e").replace("/attempts/1/", "/attempts/2/");
    assert_eq!(
        problem(world.put(&later, "x").send().await.unwrap())
            .await
            .kind,
        kind("not-found")
    );
    let nobody =
        path(&run, "f").replace(&run.id.to_string(), "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31");
    assert_eq!(
        problem(world.put(&nobody, "x").send().await.unwrap())
            .await
            .kind,
        kind("not-found")
    );
    assert_eq!(files(world.artifacts.path()), Vec::<String>::new());

    let whole = world
        .put(&path(&run, "g"), vec![0; 1000])
        .send()
        .await
        .unwrap();
    assert_eq!(whole.status(), 201);
}
