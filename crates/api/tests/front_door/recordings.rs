//! Recordings of terminals.

use baton_wire::Event;

use crate::{terminal::Stage, world::problem};

// B-07
#[tokio::test]
async fn a_recording_is_made_of_what_is_kept_until_there_is_the_one_that_was_left() {
    let mut stage = Stage::start().await;
    let path = format!("/api/task-runs/{}/recording", stage.run.id);
    let none = stage.world.get(&path).send().await.unwrap();
    let none = problem(none).await;
    assert!(
        none.status == 404 && none.detail.contains("it left none"),
        "{none:?}"
    );
    stage.speaker.show("shown\r\n").await;
    stage.speaker.is_kept().await;
    let live = stage.world.get(&path).send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "application/x-asciicast");
    assert!(!live.headers().contains_key("etag"));
    let text = live.text().await.unwrap();
    assert!(
        text.starts_with(r#"{"term""#) || text.contains(r#""version":3"#),
        "{text}"
    );
    assert!(text.contains(r#""o","shown\r\n"]"#), "{text}");
    let other = stage
        .world
        .get(&format!("{path}?attempt=2"))
        .send()
        .await
        .unwrap();
    let other = problem(other).await;
    assert!(other.detail.contains("attempt 2"), "{other:?}");

    let cast = "{\"version\":3}\n";
    let name = "recording/agent.cast";
    let upload = format!(
        "/api/task-runs/{}/attempts/1/artifacts/{name}",
        stage.run.id
    );
    let kept = stage.world.put(&upload, cast).send().await.unwrap();
    assert_eq!(kept.status(), 201, "{kept:?}");
    let position = stage
        .holder
        .say([Event::ArtifactStored {
            name: name.to_owned(),
            size: cast.len() as u64,
            sha256: sha256(cast),
            content_type: "application/x-asciicast".to_owned(),
        }])
        .await;
    stage.world.recorded(position).await;
    let left = stage.world.get(&path).send().await.unwrap();
    let etag = left.headers()["etag"].clone();
    assert_eq!(left.headers()["content-type"], "application/x-asciicast");
    assert_eq!(left.text().await.unwrap(), cast);
    let again = stage.world.get(&path).header("If-None-Match", etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
    let shell = stage.world.get(&format!("{path}?terminal=shell"));
    let shell = problem(shell.send().await.unwrap()).await;
    assert!(shell.detail.contains("'shell'"), "{shell:?}");
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
