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
struct Writable {
    attach_rw: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_rw: Option<String>,
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

    /// As they may leave the worker. Which of the relay's web pages are told to whom is the API's
    /// to decide.
    pub(super) fn sealed(&self, showing: &Showing) -> SessionLinks {
        SessionLinks {
            attach_ro: given(&self.attach_ro),
            web_ro: given(&self.web_ro),
            sealed: self
                .writable()
                .map(|json| seal(&showing.seal_to, showing.run, &json)),
        }
    }

    /// What is sealed, if there is anything.
    fn writable(&self) -> Option<Vec<u8>> {
        let writable = Writable {
            attach_rw: given(&self.attach_rw)?,
            web_rw: given(&self.web_rw),
        };
        serde_json::to_vec(&writable).ok()
    }
}

fn given(link: &str) -> Option<String> {
    (!link.is_empty()).then(|| link.to_owned())
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
        let sealed = String::from_utf8(links.writable().unwrap()).unwrap();
        assert_eq!(sealed, r#"{"attachRw":"ssh secret@relay"}"#);
        assert!(links.whole().is_some());
        let with_pages = Links::read("a|b|c|d").writable().unwrap();
        assert_eq!(with_pages, br#"{"attachRw":"c","webRw":"d"}"#);
        assert!(Links::read("|||").whole().is_none());
        assert!(
            Links::read("ssh secret@relay||ssh secret@relay|")
                .whole()
                .is_none()
        );
    }
}
