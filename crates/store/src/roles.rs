//! Database roles: the API's may read runs and keep accounts, and nothing else.

use std::{fmt, str::FromStr};

use sqlx::AssertSqlSafe;

use crate::{Store, StoreError};

/// The name of a database role that can be written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRole(String);

/// A name that is no [`DatabaseRole`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role's name is 1 to 63 of a-z, 0-9 and '_', and does not start with a digit")]
pub struct InvalidRole;

impl DatabaseRole {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseRole {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        let is_good = (1..=63).contains(&text.len())
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        is_good.then(|| Self(text.to_owned())).ok_or(InvalidRole)
    }
}

impl fmt::Display for DatabaseRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Store {
    /// Whether there is such a role in the database's server.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn has_role(&self, role: &DatabaseRole) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!("SELECT 1 FROM pg_roles WHERE rolname = $1", role.as_str())
            .fetch_optional(self.pool())
            .await?;
        Ok(found.is_some())
    }

    /// Makes a role that can log in with this password, or gives the one there is this password.
    ///
    /// # Errors
    /// When the database is unavailable, or roles may not be made.
    pub async fn set_role(&self, role: &DatabaseRole, password: &str) -> Result<(), StoreError> {
        let verb = if self.has_role(role).await? {
            "ALTER"
        } else {
            "CREATE"
        };
        let password = password.replace('\'', "''");
        // A role's name and password cannot be parameters; the one is checked, the other quoted.
        let statement = format!(
            "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'"
        );
        self.do_all(&[statement]).await
    }

    /// Gives a role what the API needs, and takes away what it does not: it may read every table,
    /// make and change tokens and sign-ins, and write and redeem tickets, but neither write runs
    /// nor delete anything else.
    ///
    /// # Errors
    /// When the database is unavailable, there is no such role, or the caller owns no tables.
    pub async fn grant_api(&self, role: &DatabaseRole) -> Result<(), StoreError> {
        self.do_all(&[
            format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"),
            format!("REVOKE CREATE ON SCHEMA public FROM {role}"),
            format!("GRANT USAGE ON SCHEMA public TO {role}"),
            format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"),
            format!("GRANT INSERT ON tokens, sign_ins TO {role}"),
            format!(
                "GRANT UPDATE (role, role_changed_by, role_changed_at, last_used_at, revoked_by, revoked_at) \
                 ON tokens TO {role}"
            ),
            format!("GRANT UPDATE (ended_at) ON sign_ins TO {role}"),
            format!("GRANT INSERT, DELETE ON terminal_tickets TO {role}"),
        ])
        .await
    }

    async fn do_all(&self, statements: &[String]) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe(statement.as_str()))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_roles() {
        assert!("baton_api".parse::<DatabaseRole>().is_ok());
        for bad in ["", "1a", "Baton", "a b", "a;b", "a\"b", &"a".repeat(64)] {
            assert!(bad.parse::<DatabaseRole>().is_err(), "{bad}");
        }
    }
}
