//! A host as the relay sees it: it says what it has, and gets its links.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use russh::{
    ChannelId, Error,
    server::{Handle, Session},
};

use super::{
    RelayManner, Shared,
    frames::{self, FromHost},
    random::random,
    seen::{HostSeen, Voice},
};

/// One host's connection.
pub(super) struct Host {
    shared: Shared,
    voice: Voice,
    /// What has come and is not whole yet.
    buffer: Vec<u8>,
    rw_token: String,
}

impl Host {
    pub(super) fn new(shared: Shared, handle: Handle, channel: ChannelId) -> Self {
        let rw_token = token();
        let voice = Voice { handle, channel };
        let seen = HostSeen {
            ro_token: format!("ro-{}", token()),
            rw_token: rw_token.clone(),
            client: String::new(),
            panes: Vec::new(),
            output: BTreeMap::new(),
            screen: Vec::new(),
            commands: Vec::new(),
            voice: voice.clone(),
        };
        shared.seen.send_modify(|all| {
            all.spoke += 1;
            all.host = Some(seen);
        });
        Self {
            shared,
            voice,
            buffer: Vec::new(),
            rw_token,
        }
    }

    /// Takes what it says, and answers.
    pub(super) fn hear(&mut self, data: &[u8], session: &mut Session) -> Result<(), Error> {
        self.buffer.extend_from_slice(data);
        while let Some(message) = frames::take(&mut self.buffer) {
            let ready = message == FromHost::Ready;
            self.note(message);
            if ready && self.shared.manner() == RelayManner::Serve {
                self.welcome(session)?;
            }
        }
        Ok(())
    }

    fn note(&self, message: FromHost) {
        self.with_seen(|host| match message {
            FromHost::Header { client, .. } => host.client = client,
            FromHost::Layout { panes } => host.panes = panes,
            FromHost::Output { pane, bytes } => {
                host.screen.extend_from_slice(&bytes);
                host.output.entry(pane).or_default().extend(bytes);
            }
            FromHost::Command(words) => host.commands.push(words),
            FromHost::Failed(_) | FromHost::Ready | FromHost::Finished | FromHost::Other(_) => {}
        });
    }

    /// Gives it its links, with the lines that a relay says to them.
    fn welcome(&self, session: &mut Session) -> Result<(), Error> {
        let Some((ro, rw)) = self.links() else {
            return Ok(());
        };
        let messages = [
            frames::notify("Note: clear your terminal before sharing readonly access"),
            frames::notify(&format!("ssh session read only: {ro}")),
            frames::notify(&format!("ssh session: {rw}")),
            frames::set_env("tmate_ssh_ro", &ro),
            frames::set_env("tmate_ssh", &rw),
            frames::ready(),
        ];
        for message in messages {
            session.data(self.voice.channel, message)?;
        }
        self.shared.seen.send_modify(|all| all.hosts += 1);
        Ok(())
    }

    /// The commands that viewers type: to look, and to type.
    fn links(&self) -> Option<(String, String)> {
        let address = self.shared.address;
        let link = |token: &str| format!("ssh -p{} {token}@{}", address.port(), address.ip());
        let seen = self.shared.seen.borrow();
        let host = self.mine(seen.host.as_ref())?;
        Some((link(&host.ro_token), link(&host.rw_token)))
    }

    fn mine<'a>(&self, host: Option<&'a HostSeen>) -> Option<&'a HostSeen> {
        host.filter(|host| host.rw_token == self.rw_token)
    }

    fn with_seen(&self, change: impl FnOnce(&mut HostSeen)) {
        self.shared.seen.send_modify(|all| {
            let mine = |host: &&mut HostSeen| host.rw_token == self.rw_token;
            if let Some(host) = all.host.as_mut().filter(mine) {
                change(host);
            }
        });
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shared.seen.send_modify(|all| {
            if self.mine(all.host.as_ref()).is_some() {
                all.host = None;
            }
        });
    }
}

/// As long as a real one.
fn token() -> String {
    let text = BASE64URL_NOPAD.encode(&random::<32>());
    text.replace(['-', '_'], "x")[..25].to_owned()
}
