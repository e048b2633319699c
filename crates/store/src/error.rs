//! What can go wrong with the database, by what a caller can do about it.

use std::fmt;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is starting or stopping, or gave up on a conflict. Trying
    /// again later is right.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refuses the values of a write: they break a constraint or fit no column.
    #[error("the database refuses a value: {0}")]
    Rejected(#[source] sqlx::Error),
    /// Another recorder has written since this one read the position. Nothing was written.
    #[error("another recorder has moved the position: this one no longer owns the tables")]
    LostOwnership,
    /// A row does not fit the domain: somebody else has written, or the schema is of another version.
    #[error(transparent)]
    InvalidRow(#[from] InvalidRow),
    /// The schema is missing or of another version.
    #[error(
        "the database's schema is version {found}, this program needs {needed}: run 'baton migrate'"
    )]
    WrongSchema {
        /// The version that was found; 0 if there is none.
        found: i64,
        /// The version that this program was built with.
        needed: i64,
    },
    /// A migration failed; the message says which.
    #[error("failed to migrate the database: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The settings cannot be used.
    #[error("the database URL cannot be used: {0}")]
    Settings(#[source] sqlx::Error),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes to make a secret of")]
    NoRandomness,
    /// Anything else: a wrong password, a missing table, a fault of this program.
    #[error("the database refuses: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// The caller has waited long enough.
    #[must_use]
    pub const fn timed_out() -> Self {
        Self::Unavailable(sqlx::Error::PoolTimedOut)
    }

    /// Whether waiting is likely to help.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match sort(&error) {
            Sort::Unavailable => Self::Unavailable(error),
            Sort::Rejected => Self::Rejected(error),
            Sort::Other => Self::Database(error),
        }
    }
}

enum Sort {
    Unavailable,
    Rejected,
    Other,
}

fn sort(error: &sqlx::Error) -> Sort {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Sort::Unavailable,
        sqlx::Error::Encode(_) => Sort::Rejected,
        sqlx::Error::Database(refusal) => refusal.code().map_or(Sort::Other, |code| by_code(&code)),
        _ => Sort::Other,
    }
}

/// By SQLSTATE: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn by_code(code: &str) -> Sort {
    match code {
        // Connection lost; resources short; serialization failure or deadlock; shutdown, crash,
        // starting up; the time limit of a statement; a system error such as a full disk.
        code if ["08", "53", "40", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Sort::Unavailable
        }
        "57P01" | "57P02" | "57P03" | "57014" | "55P03" => Sort::Unavailable,
        // Writing on a server that has become a replica.
        "25006" => Sort::Unavailable,
        // A value that fits no type, breaks a constraint, or is too large for an index.
        code if ["22", "23", "54"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Sort::Rejected
        }
        _ => Sort::Other,
    }
}

/// A row that does not fit the domain.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column} of {row} cannot be read: {why}")]
pub struct InvalidRow {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's key.
    pub row: String,
    /// What does not fit.
    pub why: String,
}

/// Names the place of values that are being read from one row.
pub(crate) struct Place<'a, K> {
    pub(crate) table: &'static str,
    pub(crate) key: &'a K,
}

impl<K: fmt::Display> Place<'_, K> {
    /// A value, or where it stands and why it does not fit.
    pub(crate) fn fit<T, E: fmt::Display>(
        &self,
        column: &'static str,
        value: Result<T, E>,
    ) -> Result<T, InvalidRow> {
        value.map_err(|why| self.bad(column, why))
    }

    /// A value that the state promises.
    pub(crate) fn known<T>(&self, column: &'static str, value: Option<T>) -> Result<T, InvalidRow> {
        value.ok_or_else(|| self.bad(column, "it is null"))
    }

    pub(crate) fn bad(&self, column: &'static str, why: impl fmt::Display) -> InvalidRow {
        InvalidRow {
            table: self.table,
            column,
            row: self.key.to_string(),
            why: why.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_unavailable_and_a_wrong_password_is_not() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(StoreError::from(lost).is_unavailable());
        for code in ["57P01", "57P03", "08006", "53300", "40001"] {
            assert!(matches!(by_code(code), Sort::Unavailable), "{code}");
        }
        for code in ["28P01", "42P01", "3D000"] {
            assert!(matches!(by_code(code), Sort::Other), "{code}");
        }
        for code in ["22P05", "23514"] {
            assert!(matches!(by_code(code), Sort::Rejected), "{code}");
        }
    }
}
