//! Who has which token, as the database says it and as it was told lately.
//!
//! A secret is asked about once a minute at most; a change of a token is heard at once, makes the
//! next request ask again, and ends the requests that are open under it. While the database is away
//! nobody can revoke anything, and whoever was known lately goes on.

mod known;
mod pass;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use baton_domain::{Actor, Clock, Role, RunId, TokenKind};
use baton_store::{
    Store, StoreError,
    accounts::{self, AccountsChange, AccountsFeed, Authority, Redeemed, Refused, Token, Verdict},
};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::pass::Pass;

use self::known::{Known, lock};
use super::{By, Identity, Need};
use crate::{
    options::DefaultIdentity,
    problem::{Answer, Kind, Problem},
};

/// The longest that a question to the database may take.
const LIMIT: Duration = Duration::from_secs(2);

/// How long to wait before asking again about what has changed.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A secret as a request shows it.
#[derive(Clone, Copy)]
pub(super) enum Secret<'a> {
    /// In its `Authorization`.
    Token(&'a str),
    /// In its cookie.
    Cookie(&'a str),
}

/// The accounts.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    store: Store,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
    /// Hears of everybody who may not act any more.
    lost: mpsc::UnboundedSender<Actor>,
}

impl Accounts {
    /// The accounts in a database.
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        lost: mpsc::UnboundedSender<Actor>,
    ) -> Self {
        Self {
            store,
            clock,
            known: Arc::default(),
            lost,
        }
    }

    /// The database.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Who shows this secret; a problem if it is not good.
    pub(super) async fn admit(&self, secret: Secret<'_>) -> Answer<Pass> {
        let key: [u8; 32] = Sha256::digest(secret.text()).into();
        loop {
            let changes = {
                let mut known = self.lock();
                if let Some(identity) = known.fresh(&key) {
                    return self.pass(&mut known, identity);
                }
                known.changes
            };
            let verdict = self.ask(secret).await;
            let mut known = self.lock();
            let identity = match verdict {
                // Something changed while the database was asked: it has to be asked again.
                _ if known.changes != changes => continue,
                Ok(Verdict::Good(checked)) => known.remember(key, (*checked).into()),
                Ok(Verdict::Refused(why)) => {
                    known.forget(&key);
                    return Err(refused(why));
                }
                Err(error) => {
                    known.unanswered = Some(Instant::now());
                    known.within_grace(&key).ok_or_else(|| unanswered(&error))?
                }
            };
            return self.pass(&mut known, identity);
        }
    }

    /// Uses a ticket up: whoever asked for it is let in, with what that one may do now. While the
    /// database is away no ticket is good: it could be good twice.
    pub(super) async fn redeem(
        &self,
        run: RunId,
        ticket: &str,
        default: Option<&DefaultIdentity>,
    ) -> Answer<Pass> {
        let asking = accounts::redeem_ticket(&self.store, run, ticket, self.clock.now());
        let answer = timeout(LIMIT, asking).await;
        let redeemed = answer.unwrap_or_else(|_| Err(StoreError::timed_out()));
        match (redeemed.map_err(|error| unanswered(&error))?, default) {
            (Redeemed::Known(Verdict::Good(checked)), _) => {
                let identity = Arc::new(Identity::from(*checked));
                self.pass(&mut self.lock(), identity)
            }
            (Redeemed::Known(Verdict::Refused(why)), _) => Err(refused(why)),
            (Redeemed::Unproven, Some(default)) => Ok(Self::unproven(default.identity())),
            (Redeemed::Unproven, None) => Err(refused(Refused::Ticket)),
        }
    }

    /// A request of one whom nobody has to prove to be.
    pub(super) fn unproven(identity: Identity) -> Pass {
        Pass {
            identity: Arc::new(identity),
            end: CancellationToken::new(),
            expires_in: None,
            place: None,
        }
    }

    /// The right of a request to go on beyond its answer, as a WebSocket does. To be taken while
    /// the request is being answered.
    pub(crate) fn hold(&self, asker: &Arc<Identity>) -> Answer<Pass> {
        if asker.by == By::Default {
            return Ok(Self::unproven(Identity::clone(asker)));
        }
        self.pass(&mut self.lock(), Arc::clone(asker))
    }

    /// The right to go on of one whose token has changed, with what that one may do now.
    pub(crate) async fn hold_again(&self, asker: &Identity, need: Need) -> Answer<Pass> {
        let Some(token) = asker.token() else {
            return Ok(Self::unproven(asker.clone()));
        };
        loop {
            let changes = self.lock().changes;
            let asking = async {
                let found = accounts::get(&self.store, token).await?;
                let is_open = match asker.sign_in() {
                    Some(id) => accounts::sign_in_is_open(&self.store, id).await?,
                    None => true,
                };
                Ok(found.filter(|_| is_open))
            };
            let answer = timeout(LIMIT, asking).await;
            let found = answer.unwrap_or_else(|_| Err(StoreError::timed_out()));
            let found = found.map_err(|error| unanswered(&error))?;
            let mut known = self.lock();
            if known.changes != changes {
                continue;
            }
            let token = found.ok_or_else(|| refused(Refused::Unknown))?;
            if let Some(why) = token.refused_at(self.clock.now()) {
                return Err(refused(why));
            }
            let now = Identity {
                authority: token.authority,
                ..asker.clone()
            };
            now.require(need)?;
            return self.pass(&mut known, Arc::new(now));
        }
    }

    /// Hears of changes until it is stopped, and ends what they end.
    pub(crate) async fn run(self, stop: CancellationToken) -> &'static str {
        let mut feed = AccountsFeed::new(&self.store);
        let listening = async {
            loop {
                let change = feed.next().await;
                self.lock().changed(change);
                while let Err(error) = self.end_what_changed(change).await {
                    tracing::warn!(%error, "failed to look up a changed token; trying again");
                    sleep(AGAIN_AFTER).await;
                }
            }
        };
        stop.run_until_cancelled(listening).await.unwrap_or(());
        "listener to changes of tokens"
    }

    fn pass(&self, known: &mut Known, identity: Arc<Identity>) -> Answer<Pass> {
        let now = self.clock.now();
        let expires_in = identity.until.map(|until| until - now);
        if expires_in.is_some_and(|left| left <= chrono::TimeDelta::zero()) {
            let until = identity.until.unwrap_or(now);
            return Err(refused(match identity.sign_in() {
                Some(_) => Refused::SignInExpired(until),
                None => Refused::Expired(until),
            }));
        }
        let (number, end) = known.live.enter(&identity);
        Ok(Pass {
            identity,
            end,
            expires_in: expires_in.and_then(|left| left.to_std().ok()),
            place: Some((number, Arc::clone(&self.known))),
        })
    }

    async fn ask(&self, secret: Secret<'_>) -> Result<Verdict, StoreError> {
        let now = self.clock.now();
        let asking = async {
            match secret {
                Secret::Cookie(text) => accounts::check_sign_in(&self.store, text, now).await,
                Secret::Token(text) => {
                    let kind = kind_of(text);
                    accounts::check(&self.store, kind, text, now).await
                }
            }
        };
        timeout(LIMIT, asking)
            .await
            .unwrap_or_else(|_| Err(StoreError::timed_out()))
    }

    async fn end_what_changed(&self, change: AccountsChange) -> Result<(), StoreError> {
        let (tokens, sign_ins) = match change {
            AccountsChange::Token(token) => ([token].into(), [].into()),
            AccountsChange::SignIn(sign_in) => ([].into(), [sign_in].into()),
            AccountsChange::Anything => {
                let known = self.lock();
                (known.live.tokens(), known.live.sign_ins())
            }
        };
        for token in tokens {
            self.end_if_changed(token).await?;
        }
        for id in sign_ins {
            if !accounts::sign_in_is_open(&self.store, id).await? {
                self.lock()
                    .live
                    .end_unless(|asker| asker.sign_in() != Some(id));
            }
        }
        Ok(())
    }

    async fn end_if_changed(&self, id: Uuid) -> Result<(), StoreError> {
        let now = self.clock.now();
        let token = accounts::get(&self.store, id).await?;
        if let Some(token) = &token {
            self.tell_if_lost(token, now);
        }
        let good = token.filter(|token| token.refused_at(now).is_none());
        self.lock().live.end_unless(|asker| {
            let is_as_it_was = || {
                let good = good.as_ref();
                good.is_some_and(|token| token.authority == asker.authority)
            };
            asker.token() != Some(id) || is_as_it_was()
        });
        Ok(())
    }

    /// Tells of an operator who may not act any more.
    fn tell_if_lost(&self, token: &Token, now: DateTime<Utc>) {
        let Authority::Operator(role) = token.authority else {
            return;
        };
        if role < Role::Operator || token.refused_at(now).is_some() {
            // Nobody listens while the API stops.
            let _ = self.lost.send(token.name.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

impl Secret<'_> {
    const fn text(&self) -> &str {
        match self {
            Self::Token(text) | Self::Cookie(text) => text,
        }
    }
}

/// What the text says it is; what it says nothing of is no token of either kind.
fn kind_of(text: &str) -> TokenKind {
    if text.starts_with("baton_worker_") {
        TokenKind::Worker
    } else {
        TokenKind::Operator
    }
}

fn refused(why: Refused) -> Problem {
    tracing::info!(%why, "refused a secret");
    let detail =
        format!("{why}: ask an operator of the role 'admin' for another, or sign in again");
    Problem::new(Kind::Unauthenticated, detail)
}

fn unanswered(error: &StoreError) -> Problem {
    if !error.is_unavailable() {
        return Problem::internal(error);
    }
    Problem::new(
        Kind::HistoryUnavailable,
        "who asks cannot be looked up: the database cannot be reached, and this server has not \
         seen the token lately",
    )
}
