//! `baton doctor`: what this machine lacks, and how to get it.

mod keys;
mod machine;
mod programs;
mod reach;
mod tokens;

use serde::Serialize;
use serde_json::json;

use crate::{
    args::DoctorArgs,
    config,
    exit::Exit,
    output::{self, tell},
};

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// It is there.
    Good,
    /// It is not as it should be; Baton can do without.
    Lacking,
    /// Baton cannot do without.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    /// What.
    name: &'static str,
    standing: Standing,
    /// What was found.
    found: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            standing: Standing::Good,
            found: found.into(),
            fix: None,
        }
    }

    fn bad(
        name: &'static str,
        standing: Standing,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name,
            standing,
            found: found.into(),
            fix: Some(fix.into()),
        }
    }
}

pub(super) async fn run(args: DoctorArgs) -> anyhow::Result<Exit> {
    let state = config::state_dir(args.state.as_deref(), "dev")?;
    let mut findings = vec![Finding::good("baton", env!("CARGO_PKG_VERSION"))];
    findings.extend(programs::all(&args).await);
    findings.extend(machine::all(&state));
    findings.extend(keys::look(&args.keys));
    findings.extend(reach::all(&args).await?);
    let healthy = findings
        .iter()
        .all(|finding| finding.standing != Standing::Missing);
    if args.json {
        output::print_json(&json!({"healthy": healthy, "findings": findings}))?;
    } else {
        for finding in &findings {
            output::print(&line(finding))?;
        }
        if !healthy {
            tell("something that Baton needs is missing: see the lines marked with '-'");
        }
    }
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

fn line(finding: &Finding) -> String {
    let mark = match finding.standing {
        Standing::Good => '+',
        Standing::Lacking => '~',
        Standing::Missing => '-',
    };
    let head = format!("{mark} {:13} {}", finding.name, finding.found);
    match &finding.fix {
        Some(fix) => format!("{head}\n{:16}{fix}", ""),
        None => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_how_to_mend_it() {
        let text = line(&Finding::bad(
            "git",
            Standing::Missing,
            "not found",
            "install git",
        ));
        assert_eq!(
            text,
            "- git           not found\n                install git"
        );
    }
}
