//! Who asks, and with which token.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A browser shows its operator's token, once; a cookie stands for it from then on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInRequest {
    /// The token's text.
    pub token: String,
}

impl std::fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInRequest(…)")
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Under which name things are recorded.
    pub name: String,
    /// `operator` or `worker`.
    pub kind: String,
    /// `viewer`, `operator` or `admin`; absent for workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// By what the server knows it: `token`, `sign_in` (a cookie) or `default` (`baton dev` alone).
    pub by: String,
    /// The token; absent for `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<Uuid>,
    /// When that ends, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// The worker's name, or the beginning of the names of several followed by `*`; absent for
    /// operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Pools that the worker may serve; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<String>,
    /// Repositories that the worker may work on, `*` standing for any text; all of them if there
    /// are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<String>,
    /// Kinds of run that the worker may take; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run_types: Vec<String>,
}

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRequest {
    /// Who is to have it: 1 to 200 printable characters. What an operator does is recorded under
    /// this name.
    pub name: String,
    /// `operator` or `worker`.
    pub kind: String,
    /// `viewer`, `operator` or `admin`; for operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The worker's name, or the beginning of the names of several followed by `*`; for workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Pools that the worker may serve; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<String>,
    /// Repositories that the worker may work on, `*` standing for any text; all of them if there
    /// are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<String>,
    /// Kinds of run that the worker may take; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run_types: Vec<String>,
    /// When it is to stop being good; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A change of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenChange {
    /// The role that it is to have: `viewer`, `operator` or `admin`.
    pub role: String,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenInfo {
    /// Its id: part of its text, and no secret.
    pub id: Uuid,
    /// Who has it.
    pub name: String,
    /// `operator` or `worker`.
    pub kind: String,
    /// `viewer`, `operator` or `admin`; absent for workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The worker's name, or the beginning of several followed by `*`; absent for operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Pools that the worker may serve; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<String>,
    /// Repositories that the worker may work on; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<String>,
    /// Kinds of run that the worker may take; all of them if there are none here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run_types: Vec<String>,
    /// `good`, `expired` or `revoked`.
    pub state: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops being good, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// Who gave it its role, if not its maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_changed_by: Option<String>,
    /// When it got that role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_changed_at: Option<DateTime<Utc>>,
    /// Who revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A token that was just made, with its text, which nobody can read again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTokenInfo {
    /// The text: send it as `Authorization: Bearer <text>`.
    pub token: String,
    /// The token.
    pub info: TokenInfo,
}

impl std::fmt::Debug for NewTokenInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewTokenInfo")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// Tokens, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenPage {
    /// The tokens, those that are expired or revoked among them.
    pub tokens: Vec<TokenInfo>,
    /// For the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
