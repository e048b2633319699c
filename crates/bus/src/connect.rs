//! Connecting: what a role's connection is made of, and the handle that everything hangs on.

mod patiently;

use std::{
    collections::HashSet,
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client, ConnectError, ConnectErrorKind, ConnectOptions,
    jetstream::{self, context::ContextBuilder},
};
use baton_domain::{Route, WorkerId};
use tokio::sync::{Mutex, watch};

use crate::{
    access::{WORKERS_API_PREFIX, worker_login},
    connection::{self, Connection},
    error::BusError,
    retry,
    topology::Topology,
};

/// The oldest server that can be used: fences inside atomic batches were mended in it.
const OLDEST: (i64, i64, i64) = (2, 14, 4);

/// How long the client may take to leave a connection.
const LEAVING: Duration = Duration::from_secs(2);

/// How a role connects.
#[derive(Debug, Clone)]
pub struct BusOptions {
    /// `nats://host:port`, or several with commas between them.
    pub url: String,
    /// Role and instance, such as `worker/w1`: what the broker's operator sees.
    pub name: String,
    /// How the role proves who it is, where the broker asks for it.
    pub credentials: Option<Credentials>,
}

/// How a role proves who it is.
#[derive(Clone)]
pub enum Credentials {
    /// A token.
    Token(String),
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A worker's token, at a broker whose workers are let in by admission.
    Worker {
        /// Who it is.
        worker: WorkerId,
        /// The token.
        token: String,
    },
    /// A file with a JWT and its seed, as `nsc` writes it.
    File(PathBuf),
    /// The seed of a user key whose public half the broker knows.
    Seed(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token(..)"),
            Self::Password { user, .. } => write!(f, "Password({user}, ..)"),
            Self::Worker { worker, .. } => write!(f, "Worker({worker}, ..)"),
            Self::Seed(_) => f.write_str("Seed(..)"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// A connection to the broker. Cheap to clone; it reconnects for ever.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    client: Client,
    jetstream: jetstream::Context,
    connection: watch::Receiver<Connection>,
    denials: watch::Receiver<u64>,
    drops: watch::Receiver<u64>,
    /// Whether a session says what is allowed, rather than the broker's configuration.
    guarded: bool,
    topology: Topology,
    queues: Mutex<HashSet<Route>>,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus")
            .field("connection", &*self.0.connection.borrow())
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// Connects, and checks that the server is one that Baton can use. Later losses of the
    /// connection are mended in the background, with jitter.
    ///
    /// # Errors
    /// [`BusError::Connect`] at once when nobody answers, [`BusError::Unsuitable`] when the
    /// server is too old or has no JetStream.
    pub async fn connect(options: BusOptions) -> Result<Self, BusError> {
        let topology = Topology::embedded()?;
        let shown = without_credentials(&options.url);
        let failed = |reason: String, may_pass: bool| BusError::Connect {
            url: shown.clone(),
            reason,
            may_pass,
        };
        let (heard, on_event) = connection::watched();
        let connected = Arc::new(AtomicBool::new(false));
        let (came_back, refused) = (Arc::clone(&connected), Arc::clone(&heard.refused));
        let settings = ConnectOptions::new()
            .name(&options.name)
            .custom_inbox_prefix(inbox_prefix(&options.name))
            .ping_interval(Duration::from_secs(10))
            .connection_timeout(Duration::from_secs(5))
            .request_timeout(Some(Duration::from_secs(5)))
            .subscription_capacity(8_192)
            .reconnect_delay_callback(move |_| delay(&came_back, &refused))
            .event_callback(on_event);
        let settings = prove(settings, options.credentials.as_ref())
            .await
            .map_err(|error| failed(error.to_string(), false))?;
        let servers: Vec<&str> = options.url.split(',').map(str::trim).collect();
        let client = settings.connect(servers).await.map_err(|error| {
            let credentials = options.credentials.as_ref();
            failed(why(&error, credentials), may_pass(&error, credentials))
        })?;
        connected.store(true, Ordering::Relaxed);
        check_server(&client, &shown)?;
        let jetstream = ContextBuilder::new().timeout(Duration::from_secs(5));
        // A broker that asks nobody has no accounts either.
        let guarded = matches!(options.credentials, Some(Credentials::Worker { .. }))
            && client.server_info().auth_required;
        let jetstream = if guarded {
            // From another account than the stream's.
            jetstream
                .api_prefix(WORKERS_API_PREFIX)
                .build(client.clone())
        } else {
            jetstream.build(client.clone())
        };
        Ok(Self(Arc::new(Inner {
            client,
            jetstream,
            connection: heard.connection,
            denials: heard.denials,
            drops: heard.drops,
            guarded,
            topology,
            queues: Mutex::default(),
        })))
    }

    /// Whether the broker can be heard, and when that changes.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.0.connection.clone()
    }

    /// Sends what is still in the client, for a role that is about to leave.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker is away.
    pub(crate) async fn flush(&self) -> Result<(), BusError> {
        self.client().flush().await.map_err(BusError::unavailable)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn jetstream(&self) -> &jetstream::Context {
        &self.0.jetstream
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.0.topology
    }

    /// The routes whose queues are known to exist.
    pub(crate) fn known_queues(&self) -> &Mutex<HashSet<Route>> {
        &self.0.queues
    }

    /// How often the broker has denied something, and when it does so again.
    pub(crate) fn denials(&self) -> watch::Receiver<u64> {
        self.0.denials.clone()
    }

    /// How often the client has dropped messages that nobody read in time, and when it does so
    /// again.
    pub(crate) fn drops(&self) -> watch::Receiver<u64> {
        self.0.drops.clone()
    }

    /// Whether permissions come with a session, and a new session may have more of them.
    pub(crate) fn is_guarded(&self) -> bool {
        self.0.guarded
    }

    /// Connects anew, for a session that knows of what is new.
    pub(crate) async fn renew(&self) -> Result<(), BusError> {
        let mut connection = self.connection();
        connection.mark_unchanged();
        self.client()
            .force_reconnect()
            .await
            .map_err(BusError::unavailable)?;
        // Whoever asks too early is answered by the session that ends.
        let left = tokio::time::timeout(LEAVING, connection.changed()).await;
        if left.is_ok() {
            self.up().await;
        }
        Ok(())
    }

    /// Waits until the broker can be heard.
    pub(crate) async fn up(&self) {
        self.reach(Connection::Up).await;
    }

    /// Waits until the broker cannot be heard.
    pub(crate) async fn down(&self) {
        self.reach(Connection::Down).await;
    }

    async fn reach(&self, wanted: Connection) {
        let mut connection = self.connection();
        // The sender lives as long as the client, and the client lives in `self`.
        let _ = connection.wait_for(|now| *now == wanted).await;
    }
}

/// The pause before the next try: none for the first connection, 50 to 500 ms for all others, and
/// 0.5 to 2 s for somebody whose login was refused.
fn delay(came_back: &AtomicBool, refused: &AtomicBool) -> Duration {
    if !came_back.load(Ordering::Relaxed) {
        Duration::ZERO
    } else if refused.load(Ordering::Relaxed) {
        retry::jittered(Duration::from_millis(1_250), 0.6)
    } else {
        retry::jittered(Duration::from_millis(275), 0.8)
    }
}

async fn prove(
    settings: ConnectOptions,
    credentials: Option<&Credentials>,
) -> std::io::Result<ConnectOptions> {
    Ok(match credentials {
        None => settings,
        Some(Credentials::Token(token)) => settings.token(token.clone()),
        Some(Credentials::Password { user, password }) => {
            settings.user_and_password(user.clone(), password.clone())
        }
        Some(Credentials::Worker { worker, token }) => {
            settings.user_and_password(worker_login(worker, token), token.clone())
        }
        Some(Credentials::Seed(seed)) => settings.nkey(seed.clone()),
        Some(Credentials::File(path)) => settings.credentials_file(path).await?,
    })
}

fn check_server(client: &Client, shown: &str) -> Result<(), BusError> {
    let info = client.server_info();
    let unsuitable = |reason: String| {
        Err(BusError::Unsuitable {
            url: shown.to_owned(),
            reason,
        })
    };
    let (major, minor, patch) = OLDEST;
    if !client.is_server_compatible(major, minor, patch) {
        return unsuitable(format!(
            "it is version {}: version {major}.{minor}.{patch} or later is needed",
            info.version
        ));
    }
    if !info.jetstream {
        return unsuitable("it runs without JetStream: switch it on in its settings".to_owned());
    }
    Ok(())
}

/// A prefix of one's own, `_INBOX.<role>.<instance>`, so that the broker's permissions can keep
/// replies apart.
fn inbox_prefix(name: &str) -> String {
    let token = |part: &str| -> String {
        part.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect()
    };
    let (role, instance) = name.split_once('/').unwrap_or((name, "0"));
    format!("_INBOX.{}.{}", token(role), token(instance))
}

/// The address as it may be shown: what stands before an `@` is a secret.
fn without_credentials(url: &str) -> String {
    let shown = |server: &str| match server.trim().split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://{host}")
        }
        None => {
            let host = server.rsplit_once('@').map_or(server, |(_, host)| host);
            host.trim().to_owned()
        }
    };
    url.split(',').map(shown).collect::<Vec<_>>().join(",")
}

/// What the client says, and what to do where the login was refused: the broker itself says as
/// little as it can.
fn why(error: &ConnectError, credentials: Option<&Credentials>) -> String {
    use ConnectErrorKind as Kind;
    let said = with_cause(error);
    if !matches!(
        error.kind(),
        Kind::AuthorizationViolation | Kind::Authentication
    ) {
        return said;
    }
    let hint = match credentials {
        None => "it wants a login, and none was given",
        Some(Credentials::Worker { .. }) => {
            "it refused the worker's name and token: the log of the API or the supervisor says why; \
             one of them must be running to let workers in"
        }
        Some(_) => "it does not know this key: see `baton nats keys`",
    };
    format!("{said}: {hint}")
}

/// Whether the next try may come further.
fn may_pass(error: &ConnectError, credentials: Option<&Credentials>) -> bool {
    use ConnectErrorKind as Kind;
    match error.kind() {
        Kind::Dns | Kind::TimedOut | Kind::Io | Kind::MaxReconnects => true,
        // Perhaps nobody lets workers in yet. Other keys stand in the broker's configuration.
        Kind::AuthorizationViolation => matches!(credentials, Some(Credentials::Worker { .. })),
        Kind::Authentication | Kind::ServerParse | Kind::Tls => false,
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    match error.source().map(ToString::to_string) {
        Some(cause) if !text.contains(&cause) => format!("{text}: {cause}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(
            without_credentials("nats://u:p@a:4222, b@c:1"),
            "nats://a:4222,c:1"
        );
    }

    #[test]
    fn an_inbox_prefix_has_role_and_instance() {
        assert_eq!(inbox_prefix("worker/w1.x"), "_INBOX.worker.w1-x");
        assert_eq!(inbox_prefix("a b"), "_INBOX.a-b.0");
    }
}
