//! What the client asks about the fleet: workers, drains, dead letters.

use baton_domain::DrainScope;
use baton_wire::http::{
    DeadLetterPage, DrainInfo, DrainList, DrainRequest, RedriveAnswer, RedriveRequest, TaskRunPage,
    WorkerList,
};
use reqwest::Method;

use super::{ANSWER_WITHIN, Client, ClientError};

impl Client {
    /// The workers heard of lately.
    pub(crate) async fn workers(&self) -> Result<WorkerList, ClientError> {
        self.json(self.request(Method::GET, "/api/workers")).await
    }

    /// The drains in force.
    pub(crate) async fn drains(&self) -> Result<DrainList, ClientError> {
        self.json(self.request(Method::GET, "/api/drains")).await
    }

    /// Drains a scope.
    pub(crate) async fn drain(&self, request: &DrainRequest) -> Result<DrainInfo, ClientError> {
        let asked = self.request(Method::POST, "/api/drains").json(request);
        self.json(asked).await
    }

    /// Takes a drain back.
    pub(crate) async fn undrain(
        &self,
        scope: &DrainScope,
        note: Option<&str>,
    ) -> Result<(), ClientError> {
        let mut url = self.url(&format!("/api/drains/{scope}"));
        if let Some(note) = note {
            url.query_pairs_mut().append_pair("note", note);
        }
        let asked = self.signed(self.http.delete(url)).timeout(ANSWER_WITHIN);
        self.send(asked).await.map(|_| ())
    }

    /// A page of dead letters by cause.
    pub(crate) async fn dead_letters(
        &self,
        query: &[(&str, String)],
    ) -> Result<DeadLetterPage, ClientError> {
        let mut url = self.url("/api/dead-letters");
        url.query_pairs_mut().extend_pairs(query);
        self.json(self.signed(self.http.get(url))).await
    }

    /// A page of the runs among them.
    pub(crate) async fn dead_letter_runs(
        &self,
        query: &[(&str, String)],
    ) -> Result<TaskRunPage, ClientError> {
        let mut url = self.url("/api/dead-letters/runs");
        url.query_pairs_mut().extend_pairs(query);
        self.json(self.signed(self.http.get(url))).await
    }

    /// Tries dead letters again.
    pub(crate) async fn redrive(
        &self,
        request: &RedriveRequest,
    ) -> Result<RedriveAnswer, ClientError> {
        let asked = self.request(Method::POST, "/api/dead-letters/redrive");
        self.json(asked.json(request)).await
    }
}
