//! A broker behind a wire that can be cut and stalled.

#![cfg(test)]

use baton_testkit::{Proxy, TestBroker};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// As much of the NATS protocol as it takes to see whether bytes pass.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("nats://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let mut client = Self(BufReader::new(stream));
        assert!(client.line().await.starts_with("INFO"));
        client.say("CONNECT {\"verbose\":false}\r\n").await;
        client
    }

    async fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// The next line; empty at the end of the connection.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        // A connection that is reset has ended too.
        let _ = self.0.read_line(&mut line).await;
        line.trim().to_owned()
    }

    async fn ping(&mut self) {
        self.say("PING\r\n").await;
        assert_eq!(self.line().await, "PONG");
    }
}

#[tokio::test]
async fn a_cut_wire_ends_connections_until_it_is_restored() {
    let broker = TestBroker::start().await;
    let proxy = Proxy::start(&broker.url()).await;
    let url = proxy.through(&broker.url());
    assert_ne!(url, broker.url());
    let mut client = Client::connect(&url).await;
    client.ping().await;

    proxy.cut();
    assert_eq!(client.line().await, "");
    let address = url.strip_prefix("nats://").unwrap();
    let refused = TcpStream::connect(address).await.unwrap();
    let mut refused = Client(BufReader::new(refused));
    assert_eq!(refused.line().await, "");

    proxy.restore();
    Client::connect(&url).await.ping().await;
}

#[tokio::test]
async fn a_stalled_wire_keeps_connections_and_holds_what_is_said() {
    let broker = TestBroker::start().await;
    let proxy = Proxy::start(&broker.url()).await;
    let mut near = Client::connect(&broker.url()).await;
    let mut far = Client::connect(&proxy.through(&broker.url())).await;
    far.ping().await;
    near.say("SUB told 1\r\n").await;
    near.ping().await;

    proxy.stall();
    far.say("PUB told 5\r\nfirst\r\n").await;
    near.say("PUB told 6\r\nsecond\r\n").await;
    assert_eq!(near.line().await, "MSG told 1 6");
    assert_eq!(near.line().await, "second");

    proxy.restore();
    assert_eq!(near.line().await, "MSG told 1 5");
    assert_eq!(near.line().await, "first");
    far.ping().await;
}
