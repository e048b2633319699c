//! What the API does with tokens.

use baton_wire::http::{NewTokenInfo, TokenChange, TokenInfo, TokenPage, TokenRequest};
use reqwest::Method;
use uuid::Uuid;

use super::{Client, ClientError};

impl Client {
    /// Makes a token.
    pub(crate) async fn create_token(
        &self,
        request: &TokenRequest,
    ) -> Result<NewTokenInfo, ClientError> {
        self.json(self.request(Method::POST, "/api/tokens").json(request))
            .await
    }

    /// Every token, newest first.
    pub(crate) async fn tokens(&self) -> Result<Vec<TokenInfo>, ClientError> {
        let mut tokens = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut url = self.url("/api/tokens");
            url.query_pairs_mut()
                .extend_pairs(cursor.iter().map(|cursor| ("cursor", cursor)));
            let page: TokenPage = self.json(self.signed(self.http.get(url))).await?;
            tokens.extend(page.tokens);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tokens);
            }
        }
    }

    /// Gives an operator's token another role.
    pub(crate) async fn set_role(&self, id: Uuid, role: &str) -> Result<TokenInfo, ClientError> {
        let body = TokenChange {
            role: role.to_owned(),
        };
        let request = self.request(Method::PATCH, &format!("/api/tokens/{id}"));
        self.json(request.json(&body)).await
    }

    /// Revokes a token.
    pub(crate) async fn revoke_token(&self, id: Uuid) -> Result<TokenInfo, ClientError> {
        self.json(self.request(Method::DELETE, &format!("/api/tokens/{id}")))
            .await
    }
}
