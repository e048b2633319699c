//! `baton nats apply`, `baton nats verify` and `baton nats keys`.

use std::path::Path;

use baton_admission::keys::KeyFolder;
use baton_bus::{Difference, access::Role};
use serde_json::{Value, json};

use super::connect;
use crate::{args::BusArgs, exit::Exit, output};

pub(super) async fn apply(args: BusArgs) -> anyhow::Result<Exit> {
    let bus = connect::bus(&args, "nats-apply").await?;
    for difference in bus.apply_topology().await? {
        output::print(&format!("applied: {difference}"))?;
    }
    // A server that does not know a field drops it without a word.
    tell_outcome(&bus.verify_topology().await?)
}

/// Makes what is missing; seeds are shown to nobody.
pub(super) fn keys(folder: &Path) -> anyhow::Result<Exit> {
    let keys = KeyFolder::make(folder)?;
    output::print(&format!(
        "keys for {} are in {}",
        Role::ALL.map(Role::as_str).join(", "),
        folder.display()
    ))?;
    output::print(&format!(
        "let nats-server include {}; docs/security.md says who gets which key",
        keys.config_file().display()
    ))?;
    Ok(Exit::Done)
}

pub(super) async fn verify(args: BusArgs, as_json: bool) -> anyhow::Result<Exit> {
    let bus = connect::bus(&args, "nats-verify").await?;
    let differences = bus.verify_topology().await?;
    if as_json {
        output::print_json(&json!({
            "good": differences.is_empty(),
            "differences": differences.iter().map(object).collect::<Vec<Value>>(),
        }))?;
        return Ok(exit(&differences));
    }
    tell_outcome(&differences)
}

fn tell_outcome(differences: &[Difference]) -> anyhow::Result<Exit> {
    if differences.is_empty() {
        output::print("streams and consumers are as this version defines them")?;
    }
    for difference in differences {
        output::print(&format!("differs: {difference}"))?;
    }
    Ok(exit(differences))
}

const fn exit(differences: &[Difference]) -> Exit {
    if differences.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

fn object(difference: &Difference) -> Value {
    json!({
        "place": difference.place,
        "field": difference.field,
        "wanted": difference.wanted,
        "found": difference.found,
    })
}
