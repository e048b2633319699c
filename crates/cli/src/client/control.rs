//! What the client wishes of running agents, says to them and answers them.

use baton_domain::RunId;
use baton_wire::http::{
    ControlEvent, ControlEventPage, ControlRequest, HelpAnswerRequest, HelpRequest,
    HelpRequestPage, MessageRequest, OperatorMessagePage,
};
use reqwest::{Method, RequestBuilder};
use uuid::Uuid;

use super::{ANSWER_WITHIN, Client, ClientError, REPEATS, recorded_to};

impl Client {
    /// Wishes something of a run.
    pub(crate) async fn wish(
        &self,
        run: RunId,
        request: &ControlRequest,
    ) -> Result<ControlEvent, ClientError> {
        let path = format!("/api/task-runs/{run}/control");
        self.once(|| self.request(Method::POST, &path).json(request))
            .await
    }

    /// Says something to a run's agent.
    pub(crate) async fn say(
        &self,
        run: RunId,
        request: &MessageRequest,
    ) -> Result<ControlEvent, ClientError> {
        let path = format!("/api/task-runs/{run}/operator-messages");
        self.once(|| self.request(Method::POST, &path).json(request))
            .await
    }

    /// Takes a message back.
    pub(crate) async fn cancel_message(
        &self,
        run: RunId,
        message: Uuid,
    ) -> Result<ControlEvent, ClientError> {
        let path = format!("/api/task-runs/{run}/operator-messages/{message}");
        self.once(|| self.request(Method::DELETE, &path)).await
    }

    /// A page of what was said to a run's agent.
    pub(crate) async fn messages(
        &self,
        run: RunId,
        query: &[(&str, String)],
    ) -> Result<OperatorMessagePage, ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/operator-messages"));
        url.query_pairs_mut().extend_pairs(query);
        self.json(self.signed(self.http.get(url))).await
    }

    /// A page of what was done to a run, by this action, and the position up to which history was
    /// recorded.
    pub(crate) async fn control_events(
        &self,
        run: RunId,
        action: &str,
        after: Option<String>,
    ) -> Result<(ControlEventPage, u64), ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/control-events"));
        url.query_pairs_mut()
            .append_pair("action", action)
            .append_pair("limit", "1000")
            .extend_pairs(after.map(|after| ("after", after)));
        let request = self.signed(self.http.get(url)).timeout(ANSWER_WITHIN);
        let response = self.send(request).await?;
        let recorded = recorded_to(&response).unwrap_or(0);
        Ok((self.read(response).await?, recorded))
    }

    /// A page of what runs need a person for, and the position up to which history was recorded.
    pub(crate) async fn inbox(
        &self,
        query: &[(&str, String)],
    ) -> Result<(HelpRequestPage, u64), ClientError> {
        let mut url = self.url("/api/help-requests");
        url.query_pairs_mut().extend_pairs(query);
        let request = self.signed(self.http.get(url)).timeout(ANSWER_WITHIN);
        let response = self.send(request).await?;
        let recorded = recorded_to(&response).unwrap_or(0);
        Ok((self.read(response).await?, recorded))
    }

    /// What a run needs a person for.
    pub(crate) async fn help(&self, help: Uuid) -> Result<HelpRequest, ClientError> {
        let path = format!("/api/help-requests/{help}");
        self.json(self.request(Method::GET, &path)).await
    }

    /// Answers it.
    pub(crate) async fn answer(
        &self,
        help: Uuid,
        request: &HelpAnswerRequest,
    ) -> Result<ControlEvent, ClientError> {
        let path = format!("/api/help-requests/{help}/answer");
        self.once(|| self.request(Method::POST, &path).json(request))
            .await
    }

    /// Asks under a key: a lost answer or an API that is away is tried again, and done once.
    async fn once(&self, ask: impl Fn() -> RequestBuilder) -> Result<ControlEvent, ClientError> {
        let key = Uuid::now_v7().to_string();
        let send = || ask().header("Idempotency-Key", &key);
        for pause in REPEATS {
            match self.json(send()).await {
                Err(error) if error.may_pass() => {
                    tracing::info!(%error, "asking again");
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.json(send()).await
    }
}
