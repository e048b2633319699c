//! A whole Baton of this measurement's own, and runs in it.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use baton_domain::{Fence, GrantId, RunId};
use baton_wire::{
    http::{GrantRequest, SessionNote, WriteGrant},
    terminal::{SUBPROTOCOL, Subscribe},
};
use reqwest::{Client, Response, StatusCode, Upgraded, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::client::generate_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::viewer::Viewer;
use crate::{BenchError, BenchOptions};

/// How long anything may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client reads at once, in bytes.
const READ_BUFFER: usize = 16 << 10;

/// `baton dev` in a folder of its own.
pub(crate) struct House {
    process: Child,
    url: String,
    http: Client,
    _folder: TempDir,
}

/// A run whose terminal is watched.
pub(super) struct Live {
    url: String,
    http: Client,
}

impl House {
    pub(crate) async fn start(options: &BenchOptions) -> Result<Self, BenchError> {
        let folder = TempDir::new()?;
        let mut process = Command::new(&options.program)
            .args(["dev", "--port", "0", "--state"])
            .arg(folder.path().join("state"))
            .arg("--nats-server-bin")
            .arg(&options.programs.nats_server)
            .arg("--postgres-bin-dir")
            .arg(
                options
                    .programs
                    .postgres
                    .postgres
                    .parent()
                    .unwrap_or(Path::new("")),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let out = process
            .stdout
            .take()
            .ok_or(BenchError::Ended("baton dev"))?;
        let mut lines = BufReader::new(out).lines();
        let url = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(at) = line.find("http://") {
                    return Ok(line[at..].trim().trim_end_matches('/').to_owned());
                }
            }
            Err(BenchError::Ended("baton dev"))
        });
        let url = url.await.map_err(|_| BenchError::Ended("baton dev"))??;
        // The first provider counts for the whole process; a second one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().tls_certs_only([]).build().map_err(api)?;
        Ok(Self {
            process,
            url,
            http,
            _folder: folder,
        })
    }

    /// A run that sends back what is typed.
    pub(super) async fn echo(&self) -> Result<Live, BenchError> {
        self.run("stty raw -echo; exec cat").await
    }

    /// A run of a shell's script, once it can be watched.
    pub(super) async fn run(&self, script: &str) -> Result<Live, BenchError> {
        let body = json!({
            "type": "command",
            "task": {"argv": ["sh", "-c", script]},
            "liveSession": {"enabled": true},
        });
        let url = format!("{}/api/task-runs", self.url);
        let run: Value = post(&self.http, &url, &body).await?;
        let id: RunId = serde_json::from_value(run["id"].clone()).map_err(api)?;
        let live = Live {
            url: format!("{url}/{id}/live-session"),
            http: self.http.clone(),
        };
        timeout(PATIENCE, live.ready())
            .await
            .map_err(|_| BenchError::Ended("start of a live session"))??;
        Ok(live)
    }

    /// Begins a run of a shell's script, and waits until it is executed.
    pub(crate) async fn begin(&self, script: &str) -> Result<RunId, BenchError> {
        let body = json!({"type": "command", "task": {"argv": ["sh", "-c", script]}});
        let run: Value = self.post("/api/task-runs", &body).await?;
        let id: RunId = serde_json::from_value(run["id"].clone()).map_err(api)?;
        let begun = async {
            loop {
                let run: Value = self
                    .get(&format!("/api/task-runs/{id}"))
                    .await?
                    .json()
                    .await
                    .map_err(api)?;
                if run["stage"] == "execute" {
                    return Ok(id);
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, begun)
            .await
            .map_err(|_| BenchError::Ended("start of a run"))?
    }

    /// Asks the API for something.
    pub(crate) async fn get(&self, path: &str) -> Result<Response, BenchError> {
        let url = format!("{}{path}", self.url);
        let answer = self.http.get(url).send().await.map_err(api)?;
        answer.error_for_status().map_err(api)
    }

    /// Asks the API to do something.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, BenchError> {
        post(&self.http, &format!("{}{path}", self.url), body).await
    }

    /// A request that asks for next to nothing.
    pub(super) async fn plain_request(&self) -> Result<Duration, BenchError> {
        let begun = Instant::now();
        let url = format!("{}/health/live", self.url);
        self.http.get(url).send().await.map_err(api)?;
        Ok(begun.elapsed())
    }

    /// Ends everything.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        if let Some(id) = self.process.id().and_then(|id| i32::try_from(id).ok()) {
            let id = nix::unistd::Pid::from_raw(id);
            let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        }
        if timeout(PATIENCE, self.process.wait()).await.is_err() {
            self.process.kill().await?;
        }
        Ok(())
    }
}

impl Live {
    async fn ready(&self) -> Result<(), BenchError> {
        loop {
            let answer = self.http.get(&self.url).send().await.map_err(api)?;
            let session: Value = answer.json().await.map_err(api)?;
            match session["status"].as_str() {
                Some("ready") => return Ok(()),
                Some("error" | "ended" | "revoked") => {
                    return Err(BenchError::Api(session.to_string()));
                }
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Somebody who watches.
    pub(super) async fn viewer(&self) -> Result<Viewer, BenchError> {
        Viewer::join(self.socket().await?, Subscribe::default(), None, 0).await
    }

    /// Somebody who may type, in place of whoever could before.
    pub(super) async fn typist(&self) -> Result<Viewer, BenchError> {
        let wish = GrantRequest {
            ttl_minutes: Some(60),
            reason: Some("measuring".to_owned()),
            take_over: true,
            ..GrantRequest::default()
        };
        let url = format!("{}/grant-write", self.url);
        let granted: WriteGrant = post(&self.http, &url, &wish).await?;
        let grant = GrantId::from_uuid(granted.grant_id);
        let subscribe = Subscribe {
            grant: Some(grant),
            write_key: Some(granted.write_key),
            ..Subscribe::default()
        };
        let fence = Fence::new(granted.fence).map_err(api)?;
        Viewer::join(self.socket().await?, subscribe, Some((grant, fence)), 0).await
    }

    /// Takes the right to type away.
    pub(super) async fn revoke(&self) -> Result<(), BenchError> {
        let url = format!("{}/revoke-write", self.url);
        let _: Value = post(&self.http, &url, &SessionNote::default()).await?;
        Ok(())
    }

    async fn socket(&self) -> Result<WebSocketStream<Upgraded>, BenchError> {
        let request = self
            .http
            .get(format!("{}/terminal?terminal=agent", self.url))
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, generate_key())
            .header(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        let answer = request.send().await.map_err(api)?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(BenchError::Api(answer.text().await.map_err(api)?));
        }
        let upgraded = answer.upgrade().await.map_err(api)?;
        // There are hundreds of clients in this process: what they cost is measured as well.
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }
}

async fn post<T: DeserializeOwned>(
    http: &Client,
    url: &str,
    body: &(impl Serialize + Sync),
) -> Result<T, BenchError> {
    let answer = http.post(url).json(body).send().await.map_err(api)?;
    if !answer.status().is_success() {
        return Err(BenchError::Api(answer.text().await.map_err(api)?));
    }
    answer.json().await.map_err(api)
}

fn api(error: impl std::fmt::Display) -> BenchError {
    BenchError::Api(error.to_string())
}
