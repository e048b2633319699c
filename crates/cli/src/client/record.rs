//! What the client asks about what was done and typed.

use baton_domain::RunId;
use baton_wire::http::InputPage;

use super::{Client, ClientError};

impl Client {
    /// A page of what was typed into a run; `after` is the end of the page before.
    pub(crate) async fn inputs(
        &self,
        run: RunId,
        after: Option<&str>,
    ) -> Result<InputPage, ClientError> {
        let mut url = self.url(&format!("/api/task-runs/{run}/inputs"));
        url.query_pairs_mut().append_pair("limit", "1000");
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        self.json(self.signed(self.http.get(url))).await
    }
}
