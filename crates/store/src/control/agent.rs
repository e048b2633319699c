//! An agent as it is kept with its run.

use baton_domain::run::control::{Agent, Capabilities};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{InvalidRow, Place};

#[derive(Serialize, Deserialize)]
struct AgentRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effort: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sandbox: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approvals: Option<String>,
    capabilities: Vec<String>,
}

/// The agent as its column holds it.
pub(crate) fn agent_out(agent: &Agent) -> Value {
    let can = named(agent.capabilities).into_iter();
    let can = can.filter(|(_, can)| *can).map(|(name, _)| name.to_owned());
    let row = AgentRow {
        mode: agent.mode.clone(),
        model: agent.model.clone(),
        effort: agent.effort.clone(),
        sandbox: agent.sandbox.clone(),
        approvals: agent.approvals.clone(),
        capabilities: can.collect(),
    };
    // Texts and lists of texts always are JSON.
    serde_json::to_value(row).unwrap_or_default()
}

/// The agent that a column holds.
pub(crate) fn agent(at: &Place<'_, Uuid>, row: Value) -> Result<Agent, InvalidRow> {
    let row: AgentRow = at.fit("agent", serde_json::from_value(row))?;
    let can = |name: &str| row.capabilities.iter().any(|it| it == name);
    let capabilities = Capabilities {
        checkpoints: can("checkpoints"),
        steering: can("steering"),
        queued: can("queued"),
        permissions: can("permissions"),
        interactive: can("interactive"),
    };
    Ok(Agent {
        mode: row.mode,
        model: row.model,
        effort: row.effort,
        sandbox: row.sandbox,
        approvals: row.approvals,
        capabilities,
    })
}

const fn named(it: Capabilities) -> [(&'static str, bool); 5] {
    [
        ("checkpoints", it.checkpoints),
        ("steering", it.steering),
        ("queued", it.queued),
        ("permissions", it.permissions),
        ("interactive", it.interactive),
    ]
}
