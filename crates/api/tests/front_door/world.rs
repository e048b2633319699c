//! One world per test: a broker, a database, a recorder and the API.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use baton_api::{ApiDeps, ApiError, ApiOptions, ApiServer, DefaultIdentity, LiveOptions, Patience};
use baton_bus::{Bus, BusOptions};
use baton_domain::{Clock as _, Position, Role, SystemClock, WorkerScope};
use baton_recorder::{Recorder, RecorderError, RecorderOptions};
use baton_store::{
    Store, StoreOptions,
    accounts::{self, Authority, Deed, NewToken},
};
use baton_testkit::{TestBroker, TestDatabase};
use baton_wire::http::{EventPage, Problem, TaskRun};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{self, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) broker: TestBroker,
    pub(crate) database: TestDatabase,
    pub(crate) bus: Bus,
    /// Shows the token of an admin named `root`, unless a request shows another.
    pub(crate) client: Client,
    /// The token of that admin.
    admin_token: String,
    /// The token of any worker whose name begins with `w-`.
    pub(crate) worker_token: String,
    pub(crate) address: SocketAddr,
    pub(crate) artifacts: TempDir,
    api: Running<ApiError>,
    recorder: Option<Running<RecorderError>>,
}

struct Running<E> {
    task: JoinSet<Result<(), E>>,
    soft: CancellationToken,
}

/// How long answers wait for a recorder and for workers that are there, however busy the machine.
const PATIENT: Patience = Patience {
    recorder: Duration::from_secs(20),
    worker: Duration::from_secs(20),
};

/// The same where the recorder or the database is to be away.
pub(crate) const IMPATIENT: Patience = Patience {
    recorder: Duration::from_secs(3),
    ..PATIENT
};

/// How a world differs from the usual one.
#[derive(Default)]
pub(crate) struct Unusual {
    pub(crate) artifact_max_bytes: Option<u64>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) without_recorder: bool,
    /// How long answers wait for others, where nobody is to come.
    pub(crate) patience: Option<Patience>,
    pub(crate) default_identity: Option<DefaultIdentity>,
    pub(crate) live: LiveOptions,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::unusual(Unusual::default()).await
    }

    /// One whose recorder or database is to be away: answers do not wait for them for long.
    pub(crate) async fn impatient() -> Self {
        Self::unusual(Unusual {
            patience: Some(IMPATIENT),
            ..Unusual::default()
        })
        .await
    }

    pub(crate) async fn unusual(unusual: Unusual) -> Self {
        let (broker, database) = tokio::join!(TestBroker::start(), TestDatabase::start());
        let bus = bus(&broker).await;
        bus.apply_topology().await.unwrap();
        let writer = store(&database);
        writer.migrate().await.unwrap();
        let admin = token(&writer, "root", Authority::Operator(Role::Admin)).await;
        let scope = WorkerScope::everything("w-*".parse().unwrap());
        let worker = token(&writer, "workers", Authority::Worker(scope)).await;
        let artifacts = tempfile::tempdir().unwrap();
        let mut options = ApiOptions::new(artifacts.path().join("store"));
        options.listen.set_port(0);
        options.allowed_hosts = unusual.allowed_hosts;
        options.default_identity = unusual.default_identity;
        options.live = unusual.live;
        let usual = if unusual.without_recorder {
            Patience::default()
        } else {
            PATIENT
        };
        options.patience = unusual.patience.unwrap_or(usual);
        if let Some(bytes) = unusual.artifact_max_bytes {
            options.artifact_max_bytes = bytes;
        }
        let (address, api) = serve(options, bus.clone(), store(&database)).await;
        let mut world = Self {
            broker,
            database,
            bus,
            client: client(&admin.1),
            admin_token: admin.1,
            worker_token: worker.1,
            address,
            artifacts,
            api,
            recorder: None,
        };
        // Who was known before goes on while the database is away.
        assert_eq!(world.get("/api/me").send().await.unwrap().status(), 200);
        if !unusual.without_recorder {
            world.start_recorder().await;
        }
        world
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.url(path)).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.client.put(self.url(path)).body(body);
        request.bearer_auth(&self.worker_token)
    }

    /// What an admin named `root` shows as `Authorization`.
    pub(crate) fn admin(&self) -> String {
        format!("Bearer {}", self.admin_token)
    }

    /// An operator's token, made by the database's owner.
    pub(crate) async fn operator(&self, name: &str, role: Role) -> (Uuid, String) {
        token(&self.store(), name, Authority::Operator(role)).await
    }

    /// A connection to the database beside the API's.
    pub(crate) fn store(&self) -> Store {
        store(&self.database)
    }

    /// Submits a command run and returns it as recorded.
    pub(crate) async fn submit(&self, title: &str) -> TaskRun {
        let mut body = command();
        body["title"] = json!(title);
        let response = self.post("/api/task-runs", &body).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }

    pub(crate) async fn run(&self, run: &TaskRun) -> TaskRun {
        let path = format!("/api/task-runs/{}", run.id);
        self.get(&path).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn events(&self, run: &TaskRun, query: &str) -> EventPage {
        let path = format!("/api/task-runs/{}/events?{query}", run.id);
        self.get(&path).send().await.unwrap().json().await.unwrap()
    }

    /// Returns once a position is recorded and the API knows it.
    pub(crate) async fn recorded(&self, position: u64) {
        loop {
            let response = self.get("/api/task-runs?limit=1").send().await.unwrap();
            let reached = response.headers()["baton-history-position"]
                .to_str()
                .unwrap();
            if reached.parse::<u64>().unwrap() >= position {
                return;
            }
        }
    }

    /// Sends bytes as they are and returns the whole answer.
    pub(crate) async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    pub(crate) async fn start_recorder(&mut self) {
        let soft = CancellationToken::new();
        let recorder = Recorder::new(
            self.bus.clone(),
            store(&self.database),
            RecorderOptions::default(),
        );
        let mut progress = recorder.progress();
        let mut task = JoinSet::new();
        task.spawn(recorder.run(soft.clone(), CancellationToken::new()));
        progress
            .wait_for(|progress| progress.has_recorded(Position::START))
            .await
            .unwrap();
        self.recorder = Some(Running { task, soft });
    }

    pub(crate) async fn stop_recorder(&mut self) {
        let mut recorder = self.recorder.take().expect("a recorder runs");
        recorder.soft.cancel();
        recorder.task.join_next().await.unwrap().unwrap().unwrap();
    }

    /// What another API would stand on.
    pub(crate) fn deps(&self) -> ApiDeps {
        ApiDeps {
            bus: self.bus.clone(),
            store: store(&self.database),
            clock: Arc::new(SystemClock),
        }
    }

    /// Stops the API in order; it must go by itself.
    pub(crate) async fn stop_api(&mut self) {
        self.api.soft.cancel();
        self.api.task.join_next().await.unwrap().unwrap().unwrap();
    }
}

async fn token(store: &Store, name: &str, authority: Authority) -> (Uuid, String) {
    let new = NewToken {
        id: Uuid::now_v7(),
        name: name.to_owned().try_into().unwrap(),
        authority,
        created: Deed {
            by: "test".to_owned().try_into().unwrap(),
            at: SystemClock.now(),
        },
        expires_at: None,
    };
    let (token, text) = accounts::create(store, new).await.unwrap();
    (token.id, text.reveal().to_owned())
}

fn client(token: &str) -> Client {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
    let client = baton_testkit::http().default_headers(headers);
    client.build().expect("an HTTP client")
}

/// A connection of its own.
pub(crate) async fn bus(broker: &TestBroker) -> Bus {
    Bus::connect(BusOptions {
        url: broker.url(),
        name: "test".to_owned(),
        credentials: None,
    })
    .await
    .unwrap()
}

fn store(database: &TestDatabase) -> Store {
    Store::connect(&StoreOptions {
        url: database.url(),
        max_connections: 4,
        read_only: false,
        application_name: "test".to_owned(),
    })
    .unwrap()
}

async fn serve(options: ApiOptions, bus: Bus, store: Store) -> (SocketAddr, Running<ApiError>) {
    let clock = Arc::new(SystemClock);
    let server = ApiServer::new(options, ApiDeps { bus, store, clock }).unwrap();
    let bound = server.bind().await.unwrap();
    let address = bound.local_addr();
    let soft = CancellationToken::new();
    let mut task = JoinSet::new();
    task.spawn(bound.serve(soft.clone(), CancellationToken::new()));
    (address, Running { task, soft })
}

/// The smallest run.
pub(crate) fn command() -> Value {
    json!({"type": "command", "task": {"argv": ["true"]}})
}

/// The problem that an answer holds, which must say so by its media type and status.
pub(crate) async fn problem(response: Response) -> Problem {
    let status = response.status().as_u16();
    let media_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let text = response.text().await.unwrap();
    assert_eq!(media_type, "application/problem+json", "{status} {text}");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status, "{text}");
    problem
}
