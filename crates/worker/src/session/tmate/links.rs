//! The links that the relay gave, of which those for typing leave the worker sealed.

use baton_keys::seal;
use baton_wire::event::SessionLinks;
use serde::Serialize;

use super::{Failed, Showing, client::Questions};

/// What no link holds.
const BETWEEN: char = '|';
const FORMAT: &str = "#{tmate_ssh_ro}|#{tmate_web_ro}|#{tmate_ssh}|#{tmate_web}";

/// All of them. Its `Debug` keeps them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    attach_ro: String,
    web_ro: String,
    attach_rw: String,
    web_rw: String,
}

/// What is sealed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Writable<'a> {
    attach_rw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_rw: Option<&'a str>,
}

impl Links {
    fn read(line: &str) -> Self {
        let mut parts = line.trim().split(BETWEEN).map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            attach_ro: next(),
            web_ro: next(),
            attach_rw: next(),
            web_rw: next(),
        }
    }

    #[cfg(test)]
    pub(super) fn of(attach_ro: &str, attach_rw: &str) -> Self {
        Self::read(&format!("{attach_ro}||{attach_rw}|"))
    }

    #[cfg(test)]
    pub(super) fn attach_ro(&self) -> &str {
        &self.attach_ro
    }

    /// These, if there is one to watch by. A relay that says no other is of no use.
    pub(super) fn whole(self) -> Option<Self> {
        let given = !self.attach_ro.is_empty() && self.attach_ro != self.attach_rw;
        given.then_some(self)
    }

    /// As they may leave the worker.
    pub(super) fn sealed(&self, showing: &Showing) -> SessionLinks {
        let allowed = |link: &str| {
            let allowed = showing.options.allow_web && !link.is_empty();
            allowed.then(|| link.to_owned())
        };
        let web_rw = allowed(&self.web_rw);
        let writable = Writable {
            attach_rw: &self.attach_rw,
            web_rw: web_rw.as_deref(),
        };
        let sealed = serde_json::to_vec(&writable)
            .ok()
            .filter(|_| !self.attach_rw.is_empty())
            .map(|json| seal(&showing.seal_to, showing.run, &json));
        SessionLinks {
            attach_ro: Some(self.attach_ro.clone()),
            web_ro: allowed(&self.web_ro),
            sealed,
        }
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links(..)")
    }
}

/// Asks the client for what it knows of them.
pub(super) async fn ask(questions: &Questions) -> Result<Links, Failed> {
    let said = questions.ask(&["display-message", "-p", FORMAT]).await;
    said.map(|line| Links::read(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    // H-11
    #[test]
    fn links_without_one_to_watch_by_are_none_and_none_shows_in_a_log() {
        let links = Links::read("ssh ro-secret@relay||ssh secret@relay|\n");
        assert_eq!(links.attach_rw, "ssh secret@relay");
        assert_eq!(links.web_rw, "");
        assert!(!format!("{links:?}").contains("secret"));
        assert!(links.whole().is_some());
        assert!(Links::read("|||").whole().is_none());
        assert!(
            Links::read("ssh secret@relay||ssh secret@relay|")
                .whole()
                .is_none()
        );
    }
}
