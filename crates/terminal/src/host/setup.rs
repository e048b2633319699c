//! How a process becomes a host.

use std::{
    fs, io,
    os::unix::{fs::PermissionsExt, net::UnixListener as StdListener},
    path::Path,
};

use nix::{
    errno::Errno,
    sys::{
        prctl::set_child_subreaper,
        wait::{WaitPidFlag, waitpid},
    },
    unistd::{Pid, setsid},
};
use tokio::{
    io::AsyncReadExt,
    net::UnixListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{cgroup::Cgroup, family::Family, order::Order, procfs::Process};

/// Leaves the worker's session, so that nothing which is meant for the worker reaches the agent;
/// and becomes the parent of whatever loses its own below.
pub(super) fn detach() -> io::Result<()> {
    match setsid() {
        // The leader of a group already has one of its own.
        Ok(_) | Err(Errno::EPERM) => {}
        Err(errno) => return Err(errno.into()),
    }
    Ok(set_child_subreaper(true)?)
}

/// Takes signals and does nothing about them, for as long as the result lives.
pub(super) fn ignore_signals() -> io::Result<Vec<Signal>> {
    let kinds = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
        SignalKind::quit(),
    ];
    kinds.into_iter().map(signal).collect()
}

/// An order that ends in the middle is none: its worker died.
pub(super) async fn read_order() -> io::Result<Order> {
    let mut text = Vec::new();
    tokio::io::stdin().read_to_end(&mut text).await?;
    Ok(serde_json::from_slice(&text)?)
}

/// A socket in the working folder. It takes its name once it can be connected to.
pub(super) fn listen(name: &str) -> io::Result<UnixListener> {
    let draft = format!("{name}.new");
    let draft = Path::new(&draft);
    let listener = StdListener::bind(draft)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(draft, fs::Permissions::from_mode(0o600))?;
    let listener = UnixListener::from_std(listener)?;
    fs::rename(draft, name)?;
    Ok(listener)
}

pub(super) fn family(order: &Order) -> Family {
    Family {
        group: None,
        mark: Some(order.mark.clone()),
        root: Some(own_pid()),
        cgroup: order.cgroup.as_deref().and_then(Cgroup::make),
        never_held: None,
    }
}

pub(super) fn own_pid() -> i32 {
    Pid::this().as_raw()
}

/// Lets go of adopted processes that have ended; those that were started here are waited for
/// elsewhere.
pub(super) fn reap_orphans(started: &[Option<i32>]) {
    let own = own_pid();
    let orphans = Process::all().into_iter().filter(|process| {
        process.parent == own && process.is_zombie() && !started.contains(&Some(process.pid))
    });
    for orphan in orphans {
        // Reaped already is as good.
        let _ = waitpid(Pid::from_raw(orphan.pid), Some(WaitPidFlag::WNOHANG));
    }
}
