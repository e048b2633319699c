//! A TCP proxy on loopback whose connections can be cut, stalled and restored.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Open,
    Stalled,
    Cut,
}

/// A proxy in front of one server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: String,
    wire: watch::Sender<Wire>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Starts in front of the server that `url` names, such as `nats://127.0.0.1:4222`; its
    /// connections pass.
    pub async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free loopback port");
        Self::start_on(listener, url)
    }

    /// The same on a socket of the caller's choice.
    pub(crate) fn start_on(listener: TcpListener, url: &str) -> Self {
        let target = authority(url).to_owned();
        let address = listener.local_addr().expect("a bound listener has one");
        let wire = watch::Sender::new(Wire::Open);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, target.clone(), wire.subscribe()));
        Self {
            address,
            target,
            wire,
            _tasks: tasks,
        }
    }

    /// The same URL with the proxy in the server's place.
    #[must_use]
    pub fn through(&self, url: &str) -> String {
        url.replacen(&self.target, &self.address.to_string(), 1)
    }

    /// Breaks every connection, and every new one as soon as it is made.
    pub fn cut(&self) {
        self.wire.send_replace(Wire::Cut);
    }

    /// Holds every byte back in both directions; connections stay.
    pub fn stall(&self) {
        self.wire.send_replace(Wire::Stalled);
    }

    /// Lets everything pass again, held bytes first.
    pub fn restore(&self) {
        self.wire.send_replace(Wire::Open);
    }
}

/// `host:port` of a URL, without user, password and path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or(rest);
    rest.rsplit('@').next().unwrap_or(rest)
}

async fn serve(listener: TcpListener, target: String, wire: watch::Receiver<Wire>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                connections.spawn(connect(client, target.clone(), wire.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: TcpStream, target: String, wire: watch::Receiver<Wire>) {
    let mut cut = wire.clone();
    tokio::select! {
        biased;
        _ = cut.wait_for(|wire| *wire == Wire::Cut) => {}
        // Either side's end is the end of the connection, for whatever reason.
        _ = relay(client, target, wire) => {}
    }
}

async fn relay(client: TcpStream, target: String, wire: watch::Receiver<Wire>) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        pass(from_client, to_server, wire.clone()),
        pass(from_server, to_client, wire),
    )?;
    Ok(())
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut wire: watch::Receiver<Wire>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        // An error means that the proxy is gone, and this task with it.
        let _ = wire.wait_for(|wire| *wire == Wire::Open).await;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_host_and_port_alone() {
        let plain = "127.0.0.1:5432";
        assert_eq!(authority("postgres://u:p@127.0.0.1:5432/db?x=1"), plain);
        assert_eq!(authority("nats://127.0.0.1:5432"), plain);
        assert_eq!(authority(plain), plain);
    }
}
