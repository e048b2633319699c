//! Requests that are being answered, by who asked: so that they can be ended.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Identity;

/// The requests.
#[derive(Debug, Default)]
pub(super) struct Live {
    next: u64,
    requests: HashMap<u64, Request>,
}

#[derive(Debug)]
struct Request {
    identity: Arc<Identity>,
    end: CancellationToken,
}

impl Live {
    /// Takes a request in; gives its number and the token that ends it.
    pub(super) fn enter(&mut self, identity: &Arc<Identity>) -> (u64, CancellationToken) {
        let number = self.next;
        self.next += 1;
        let end = CancellationToken::new();
        let request = Request {
            identity: Arc::clone(identity),
            end: end.clone(),
        };
        self.requests.insert(number, request);
        (number, end)
    }

    /// It has been answered.
    pub(super) fn leave(&mut self, number: u64) {
        self.requests.remove(&number);
    }

    /// Ends those whose asker fails the test.
    pub(super) fn end_unless(&self, may_go_on: impl Fn(&Identity) -> bool) {
        for request in self.requests.values() {
            if !may_go_on(&request.identity) {
                request.end.cancel();
            }
        }
    }

    /// The tokens that requests are being answered for.
    pub(super) fn tokens(&self) -> BTreeSet<Uuid> {
        let identities = self.requests.values().map(|request| &request.identity);
        identities.filter_map(|identity| identity.token()).collect()
    }

    /// The sign-ins that requests are being answered for.
    pub(super) fn sign_ins(&self) -> BTreeSet<Uuid> {
        let identities = self.requests.values().map(|request| &request.identity);
        identities
            .filter_map(|identity| identity.sign_in())
            .collect()
    }
}
