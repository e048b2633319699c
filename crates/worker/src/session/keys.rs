//! The public halves of the API's keys: asked for over HTTP, and kept in the state folder for when
//! the API is away.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use baton_wire::http::{PublicKeyInfo, PublicKeys};

use crate::api::Api;

/// The API's public keys; clones know the same.
#[derive(Debug, Clone)]
pub(crate) struct ApiKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Api,
    file: PathBuf,
    known: Mutex<Vec<PublicKeyInfo>>,
}

impl ApiKeys {
    /// Those that a worker before this one has kept.
    pub(crate) fn new(api: Api, state_dir: &Path) -> Self {
        let file = state_dir.join("api-keys.json");
        let kept = fs::read(&file).ok();
        let kept = kept.and_then(|text| serde_json::from_slice::<PublicKeys>(&text).ok());
        let known = Mutex::new(kept.map_or_else(Vec::new, |kept| kept.keys));
        Self(Arc::new(Inner { api, file, known }))
    }

    /// Those that are known, the API's current one first.
    pub(crate) fn known(&self) -> Vec<PublicKeyInfo> {
        let known = self.0.known.lock();
        known.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that are known once this one is among them, or once the API has said that it is not.
    pub(crate) async fn with(&self, key_id: &str) -> Vec<PublicKeyInfo> {
        let known = self.known();
        if known.iter().any(|key| key.key_id == key_id) {
            return known;
        }
        self.fetch().await
    }

    /// Asks the API; what is known when it does not answer.
    pub(crate) async fn fetch(&self) -> Vec<PublicKeyInfo> {
        match self.0.api.keys().await {
            Ok(keys) => {
                self.keep(&keys);
                keys.keys
            }
            Err(error) => {
                tracing::warn!(%error, "failed to ask for the keys that grants are signed with");
                self.known()
            }
        }
    }

    fn keep(&self, keys: &PublicKeys) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == keys.keys {
            return;
        }
        known.clone_from(&keys.keys);
        let draft = self.0.file.with_extension("json.new");
        let written = serde_json::to_vec(keys)
            .map_err(std::io::Error::other)
            .and_then(|text| fs::write(&draft, text))
            .and_then(|()| fs::rename(&draft, &self.0.file));
        if let Err(error) = written {
            tracing::warn!(%error, "failed to keep the API's keys in the state folder");
        }
    }
}
