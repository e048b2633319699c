//! The client's whole configuration. Nothing of it is a secret: the relay gets it too.

use std::net::SocketAddr;

use crate::options::TmateRelayOptions;

/// Viewers meet the panes alone: no key of tmux, no status line, no command, no new window. What they
/// have instead is a key for each pane.
const HARDENED: &str = r#"
set -g tmate-server-ecdsa-fingerprint ""
set -g tmate-foreground-restart 0
set -g tmate-identity ""
set -g tmate-authorized-keys ""
set -g tmate-webhook-url ""
set -g tmate-display-time 1
set -g message-limit 1
set -g prefix None
set -g prefix2 None
unbind-key -a
unbind-key -a -n
unbind-key -a -t vi-copy
unbind-key -a -t emacs-copy
bind-key -n M-1 select-pane -t %0
bind-key -n M-2 select-pane -t %1
bind-key -n M-3 select-pane -t %2
bind-key -n M-4 select-pane -t %3
set -g status off
set -g mouse off
set -g set-titles off
set -s set-clipboard off
set -g allow-rename off
set -g automatic-rename off
set -g remain-on-exit off
set -g update-environment ""
set -g default-shell /bin/sh
set -g default-command "exit 1"
set -g default-terminal screen-256color
set -g history-limit 2000
"#;

/// The configuration for a relay that was found at `address`. The client is told the address that
/// has answered: its own resolver is not the system's.
pub(super) fn text(relay: &TmateRelayOptions, address: SocketAddr) -> String {
    format!(
        "set -g tmate-server-host \"{}\"\nset -g tmate-server-port {}\n\
         set -g tmate-server-rsa-fingerprint \"{}\"\n\
         set -g tmate-server-ed25519-fingerprint \"{}\"{HARDENED}",
        address.ip(),
        address.port(),
        relay.rsa_fingerprint,
        relay.ed25519_fingerprint,
    )
}
