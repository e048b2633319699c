//! Who may address the server, and from where.

use crate::world::{Unusual, World, command, problem};

async fn quiet() -> World {
    World::unusual(Unusual {
        without_recorder: true,
        allowed_hosts: vec!["baton.example".to_owned()],
        ..Unusual::default()
    })
    .await
}

async fn status_for(world: &World, host: &str) -> String {
    let port = world.address.port();
    let host = host.replace("PORT", &port.to_string());
    let answer = world
        .raw(&format!(
            "GET /api/info HTTP/1.1\r\n{host}Connection: close\r\n\r\n"
        ))
        .await;
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn only_known_names_are_answered() {
    let world = quiet().await;
    for good in [
        "Host: 127.0.0.1:PORT\r\n",
        "Host: localhost\r\n",
        "Host: LocalHost:PORT\r\n",
        "Host: [::1]:PORT\r\n",
        "Host: baton.example\r\n",
        "Host: baton.example:443\r\n",
    ] {
        assert_eq!(status_for(&world, good).await, "200", "{good}");
    }
    for bad in [
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 10.0.0.1\r\n",
        "Host: \r\n",
        "Host: localhost\r\nHost: localhost\r\n",
    ] {
        let status = status_for(&world, bad).await;
        assert!(status == "403" || status == "400", "{bad} {status}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let world = quiet().await;
    let own = format!("http://{}", world.address);
    let submit = |name: &'static str, value: &str| {
        world
            .post("/api/task-runs", &command())
            .header(name, value)
            .send()
    };
    assert_eq!(submit("Origin", &own).await.unwrap().status(), 202);
    assert_eq!(
        submit("Sec-Fetch-Site", "same-origin")
            .await
            .unwrap()
            .status(),
        202
    );
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://localhost:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let said = problem(submit(name, value).await.unwrap()).await;
        assert_eq!(
            said.kind, "urn:baton:problem:forbidden-origin",
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn answers_keep_browsers_from_guessing_and_framing() {
    let world = quiet().await;
    for path in ["/", "/runs/x", "/api/info", "/api/nothing"] {
        let response = world.get(path).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path} {policy}");
    }
    for path in ["/workers", "/runs", "/dead-letters", "/tokens"] {
        assert_eq!(
            world.get(path).send().await.unwrap().status(),
            200,
            "{path}"
        );
    }
    let head = world.client.head(world.url("/")).send().await.unwrap();
    assert_eq!(head.status(), 200);
    let wrong = world
        .client
        .delete(world.url("/api/task-runs"))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.headers()["allow"], "POST,GET,HEAD");
    let page = world.get("/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["cache-control"], "no-cache");
    assert!(page.text().await.unwrap().contains("<title>"));
}

#[tokio::test]
async fn an_address_open_to_others_needs_to_be_allowed() {
    let world = quiet().await;
    let mut options = baton_api::ApiOptions::new(world.artifacts.path().join("other"));
    options.listen = "0.0.0.0:0".parse().unwrap();
    let error = baton_api::ApiServer::new(options, world.deps()).unwrap_err();
    assert!(error.to_string().contains("allow remote access"), "{error}");
}
