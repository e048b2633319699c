//! The relay's SSH server: who comes in as whom.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use russh::{
    Channel, ChannelId, Pty,
    keys::{HashAlg, PrivateKey, ssh_key::private::Ed25519Keypair},
    server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, run_stream},
};
use tokio::{net::TcpListener, task::JoinSet};

use super::{RelayManner, Shared, host::Host, random::random, viewer};

/// The name that hosts sign in with; viewers sign in with their token.
const HOST_USER: &str = "tmate";

/// Real clients read what came while they were writing only when something more comes: a key may
/// wait in them. A frozen relay is not to hang up for want of an answer.
const NUDGE_EVERY: Duration = Duration::from_millis(250);

/// Starts listening; where, and the fingerprint of its key.
pub(super) fn start(shared: &Shared, tasks: &mut JoinSet<()>) -> (SocketAddr, String) {
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&random()));
    let fingerprint = key.public_key().fingerprint(HashAlg::Sha256).to_string();
    let config = Arc::new(Config {
        keys: vec![key],
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        nodelay: true,
        keepalive_interval: Some(NUDGE_EVERY),
        keepalive_max: 0,
        ..Config::default()
    });
    let listener = super::listener();
    let address = listener.local_addr().expect("a bound listener has one");
    tasks.spawn(serve(listener, config, shared.clone()));
    (address, fingerprint)
}

async fn serve(listener: TcpListener, config: Arc<Config>, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let guest = Guest::new(shared.clone());
                let running = run_stream(config.clone(), stream, guest);
                // Whatever ends it, the guest is gone.
                connections.spawn(async move {
                    if let Ok(running) = running.await {
                        let _ = running.await;
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection.
struct Guest {
    shared: Shared,
    user: String,
    host: Option<Host>,
    /// What runs beside it; ends with it.
    tasks: JoinSet<()>,
}

impl Guest {
    fn new(shared: Shared) -> Self {
        Self {
            shared,
            user: String::new(),
            host: None,
            tasks: JoinSet::new(),
        }
    }

    /// Whether a user may come in: hosts, and viewers of the host that is there.
    fn lets_in(&self, user: &str) -> bool {
        let known = |token: &str| token == user;
        let seen = self.shared.seen.borrow();
        let host = seen.host.as_ref();
        let viewer = host.is_some_and(|host| known(&host.rw_token) || known(&host.ro_token));
        self.shared.manner() != RelayManner::Refuse && (user == HOST_USER || viewer)
    }
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        user.clone_into(&mut self.user);
        if self.lets_in(user) {
            return Ok(Auth::Accept);
        }
        self.shared.seen.send_modify(|seen| seen.refused += 1);
        Ok(Auth::reject())
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name != "tmate" || self.user != HOST_USER {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)?;
        let host = Host::new(self.shared.clone(), session.handle(), channel);
        self.host = Some(host);
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let (seen, handle) = (self.shared.seen.subscribe(), session.handle());
        self.tasks.spawn(viewer::show(seen, handle, channel));
        Ok(())
    }

    async fn data(
        &mut self,
        _channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match &mut self.host {
            Some(host) => host.hear(data, session),
            None => {
                viewer::typed(&self.shared, &self.user, data).await;
                Ok(())
            }
        }
    }
}
