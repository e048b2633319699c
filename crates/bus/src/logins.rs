//! Letting others in: the broker's questions about those who want to connect, and, on a connection
//! of the system account, who is connected and the ending of connections.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;

use crate::{connect::Bus, error::BusError};

/// Where the broker asks.
const QUESTIONS: &str = "$SYS.REQ.USER.AUTH";

/// The queue group of those who answer.
const GROUP: &str = "admission";

/// How many connections one answer of the broker lists.
const PAGE: usize = 256;

/// How long servers of a cluster may take to answer a question to all of them.
const ANSWERS: Duration = Duration::from_millis(250);

/// The broker asks whether somebody may connect.
#[derive(Debug)]
pub struct LoginRequest {
    /// Its question, a signed JWT.
    pub question: Bytes,
    bus: Bus,
    reply: async_nats::Subject,
}

/// A connection of somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The id of the server that it is connected to.
    pub server: String,
    /// The connection's number there.
    pub cid: u64,
    /// The name that it was let in by.
    pub login: String,
}

#[derive(Deserialize)]
struct Answer {
    server: Server,
    data: Page,
}

#[derive(Deserialize)]
struct Server {
    id: String,
}

#[derive(Deserialize)]
struct Page {
    total: usize,
    #[serde(default)]
    connections: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    cid: u64,
    #[serde(default)]
    authorized_user: String,
}

impl Bus {
    /// The broker's questions, one login each; whoever else answers gets others.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the subscription.
    pub async fn logins(
        &self,
    ) -> Result<impl Stream<Item = LoginRequest> + Send + Unpin + use<>, BusError> {
        let asked = self
            .client()
            .queue_subscribe(QUESTIONS, GROUP.to_owned())
            .await
            .map_err(BusError::unavailable)?;
        self.flush().await?;
        let bus = self.clone();
        Ok(asked.filter_map(move |message| {
            let request = message.reply.map(|reply| LoginRequest {
                question: message.payload,
                bus: bus.clone(),
                reply,
            });
            std::future::ready(request)
        }))
    }

    /// Who is connected to an account, server by server as they answer. Only for a connection of
    /// the system account.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the broker does not take the question.
    pub async fn connected(
        &self,
        account: &'static str,
    ) -> Result<impl Stream<Item = Result<Vec<Connected>, BusError>> + Send + use<>, BusError> {
        let inbox = self.client().new_inbox();
        let answers = self
            .client()
            .subscribe(inbox.clone())
            .await
            .map_err(BusError::unavailable)?;
        self.client()
            .publish_with_reply("$SYS.REQ.SERVER.PING.CONNZ", inbox, page(account, 0))
            .await
            .map_err(BusError::unavailable)?;
        let asking = (self.clone(), answers);
        Ok(stream::unfold(
            asking,
            move |(bus, mut answers)| async move {
                let next = tokio::time::timeout(ANSWERS, answers.next()).await;
                let message = next.ok().flatten()?;
                let listed = match read(&message.payload) {
                    Ok(answer) => Box::pin(bus.list_rest(account, answer)).await,
                    Err(error) => Err(error),
                };
                Some((listed, (bus, answers)))
            },
        ))
    }

    /// Takes a server's first page, and asks it for the others.
    async fn list_rest(
        &self,
        account: &str,
        mut answer: Answer,
    ) -> Result<Vec<Connected>, BusError> {
        let subject = format!("$SYS.REQ.SERVER.{}.CONNZ", answer.server.id);
        let mut all = Vec::new();
        loop {
            let found = answer.data.connections.len();
            let server = &answer.server.id;
            all.extend(answer.data.connections.into_iter().map(|c| Connected {
                server: server.clone(),
                cid: c.cid,
                login: c.authorized_user,
            }));
            if found == 0 || all.len() >= answer.data.total {
                return Ok(all);
            }
            let next = self
                .client()
                .request(subject.clone(), page(account, all.len()));
            answer = read(&next.await.map_err(BusError::unavailable)?.payload)?;
        }
    }

    /// Ends a connection. Only for a connection of the system account.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when the server does not answer.
    pub async fn kick(&self, connected: &Connected) -> Result<(), BusError> {
        let subject = format!("$SYS.REQ.SERVER.{}.KICK", connected.server);
        let body = json!({"cid": connected.cid}).to_string();
        self.client()
            .request(subject, body.into())
            .await
            .map_err(BusError::unavailable)?;
        Ok(())
    }
}

impl LoginRequest {
    /// Answers with a signed JWT.
    pub async fn answer(self, answer: String) {
        let client = self.bus.client();
        if let Err(error) = client.publish(self.reply, answer.into()).await {
            tracing::debug!(%error, "an answer about a login was lost");
        }
    }
}

fn page(account: &str, offset: usize) -> Bytes {
    json!({"auth": true, "acc": account, "limit": PAGE, "offset": offset})
        .to_string()
        .into()
}

fn read(payload: &[u8]) -> Result<Answer, BusError> {
    serde_json::from_slice(payload).map_err(BusError::unavailable)
}
