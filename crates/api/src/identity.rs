//! Who asks, and what that one may do. [`guard`] stands before every route and asks [`access`] what
//! the route needs; [`Accounts`] knows who has which token, and ends what is open under a token as
//! soon as the token changes.

mod access;
mod accounts;
mod cookie;
mod guard;
mod guarded;
mod live;
mod ticket;

use baton_domain::{Actor, Role, TokenKind, WorkerScope};
use baton_store::accounts::{Authority, Checked};
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(crate) use access::{Need, need};
pub(crate) use accounts::{Accounts, Pass};
pub(crate) use cookie::Cookie;
pub(crate) use guard::guard;

use crate::problem::{Answer, Kind, Problem};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Under which name things are recorded.
    pub(crate) name: Actor,
    /// What it may do.
    pub(crate) authority: Authority,
    /// By what the server knows it.
    pub(crate) by: By,
    /// When that ends, if ever.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// By what the server knows who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The request shows a token.
    Token(Uuid),
    /// The request shows the cookie of a browser that signed in.
    SignIn {
        /// The token that was shown then.
        token: Uuid,
        /// The sign-in.
        id: Uuid,
    },
    /// Nothing was shown, and the server takes everybody for this one.
    Default,
}

impl Identity {
    /// An operator whom nobody has to prove to be.
    pub(crate) const fn default(name: Actor, role: Role) -> Self {
        Self {
            name,
            authority: Authority::Operator(role),
            by: By::Default,
            until: None,
        }
    }

    /// Whose token it is.
    pub(crate) const fn kind(&self) -> TokenKind {
        match self.authority {
            Authority::Operator(_) => TokenKind::Operator,
            Authority::Worker(_) => TokenKind::Worker,
        }
    }

    /// The role, for operators.
    pub(crate) const fn role(&self) -> Option<Role> {
        match self.authority {
            Authority::Operator(role) => Some(role),
            Authority::Worker(_) => None,
        }
    }

    /// What the token allows, for workers.
    pub(crate) const fn scope(&self) -> Option<&WorkerScope> {
        match &self.authority {
            Authority::Operator(_) => None,
            Authority::Worker(scope) => Some(scope),
        }
    }

    /// The token, unless it is the default.
    pub(crate) const fn token(&self) -> Option<Uuid> {
        match self.by {
            By::Token(token) | By::SignIn { token, .. } => Some(token),
            By::Default => None,
        }
    }

    /// The browser's sign-in, if that is how it is known.
    pub(crate) const fn sign_in(&self) -> Option<Uuid> {
        match self.by {
            By::SignIn { id, .. } => Some(id),
            By::Token(_) | By::Default => None,
        }
    }

    /// Refuses whoever may not do what needs this.
    pub(crate) fn require(&self, need: Need) -> Answer<()> {
        let may = match need {
            Need::Nothing | Need::Anybody => true,
            Need::Role(needed) => self.role().is_some_and(|role| role >= needed),
            Need::Worker => self.kind() == TokenKind::Worker,
        };
        if may {
            return Ok(());
        }
        let (have, needed) = (self.words(), need.words());
        let detail = format!("this needs {needed}; '{}' has {have}", self.name);
        Err(Problem::new(Kind::Forbidden, detail))
    }

    fn words(&self) -> String {
        match self.role() {
            Some(role) => format!("the role '{role}'"),
            None => "a worker's token".to_owned(),
        }
    }
}

impl From<Checked> for Identity {
    fn from(checked: Checked) -> Self {
        let token = checked.token.id;
        Self {
            name: checked.token.name,
            authority: checked.token.authority,
            by: match checked.sign_in {
                Some(id) => By::SignIn { token, id },
                None => By::Token(token),
            },
            until: checked.until,
        }
    }
}
