//! The permission templates, filled in.

use std::collections::BTreeSet;

use baton_domain::{Priority, Route, WorkerId};
use baton_wire::subject::queue_name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::BusError;

/// Who connects with a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The API.
    Api,
    /// The recorder.
    Recorder,
    /// The supervisor.
    Supervisor,
    /// Whoever applies streams and consumers.
    Provisioner,
    /// Admission, in the system account.
    Admission,
}

/// What somebody may publish and subscribe to, in the broker's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permissions {
    /// Subjects to publish to.
    pub publish: Allowed,
    /// Subjects to subscribe to.
    pub subscribe: Allowed,
    /// Whether, and how, questions may be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_responses: Option<Value>,
}

/// A list of subjects; what is not in it is forbidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// The subjects, with wildcards.
    pub allow: Vec<String>,
}

/// What a worker may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerAccess {
    /// The queues that exist and that it may serve.
    pub queues: Vec<(Route, Priority)>,
    /// The routes whose hints it may hear; `None` for all of them.
    pub hints: Option<BTreeSet<Route>>,
}

#[derive(Deserialize)]
struct Template {
    publish: Allowed,
    subscribe: Allowed,
    #[serde(default)]
    allow_responses: Option<Value>,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Api,
        Self::Recorder,
        Self::Supervisor,
        Self::Provisioner,
        Self::Admission,
    ];

    /// The role's name: that of its template and of its key's file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Recorder => "recorder",
            Self::Supervisor => "supervisor",
            Self::Provisioner => "provisioner",
            Self::Admission => "admission",
        }
    }

    const fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Api => (
                "nats/permissions/api.json",
                include_str!("../../../../nats/permissions/api.json"),
            ),
            Self::Recorder => (
                "nats/permissions/recorder.json",
                include_str!("../../../../nats/permissions/recorder.json"),
            ),
            Self::Supervisor => (
                "nats/permissions/supervisor.json",
                include_str!("../../../../nats/permissions/supervisor.json"),
            ),
            Self::Provisioner => (
                "nats/permissions/provisioner.json",
                include_str!("../../../../nats/permissions/provisioner.json"),
            ),
            Self::Admission => (
                "nats/permissions/admission.json",
                include_str!("../../../../nats/permissions/admission.json"),
            ),
        }
    }
}

impl Permissions {
    /// What a role may do.
    ///
    /// # Errors
    /// [`BusError::Topology`] when its template is malformed: a fault of the build.
    pub fn of_role(role: Role) -> Result<Self, BusError> {
        let (file, text) = role.template();
        let template = read(file, text)?;
        let permissions = Self {
            publish: template.publish,
            subscribe: template.subscribe,
            allow_responses: template.allow_responses,
        };
        permissions.complete(file)
    }

    /// What a worker may do.
    ///
    /// # Errors
    /// [`BusError::Topology`] when its template is malformed: a fault of the build.
    pub fn of_worker(worker: &WorkerId, access: &WorkerAccess) -> Result<Self, BusError> {
        const FILE: &str = "nats/permissions/worker.json";
        let template = read(
            FILE,
            include_str!("../../../../nats/permissions/worker.json"),
        )?;
        let queues = access.queues.iter();
        let queues: Vec<String> = queues
            .map(|(r, priority)| queue_name(r, *priority))
            .collect();
        let hints: Vec<String> = match &access.hints {
            None => vec!["*.*".to_owned()],
            Some(routes) => routes.iter().map(|route| format!("{route}.*")).collect(),
        };
        let fill = |allowed: Allowed| {
            let lines = allowed.allow.into_iter();
            let lines = lines.map(|line| line.replace("{worker}", worker.as_str()));
            let lines = lines.flat_map(|line| for_each(line, "{queue}", &queues));
            let lines = lines.flat_map(|line| for_each(line, "{hint}", &hints));
            Allowed {
                allow: lines.collect(),
            }
        };
        let permissions = Self {
            publish: fill(template.publish),
            subscribe: fill(template.subscribe),
            allow_responses: template.allow_responses,
        };
        permissions.complete(FILE)
    }

    /// An empty list would allow everything, and a placeholder nothing that is meant.
    fn complete(self, file: &'static str) -> Result<Self, BusError> {
        let lists = [&self.publish.allow, &self.subscribe.allow];
        let broken = |reason: &str| BusError::Topology {
            file,
            reason: reason.to_owned(),
        };
        if lists.iter().any(|list| list.is_empty()) {
            return Err(broken(
                "a list of subjects is empty, which would allow everything",
            ));
        }
        if lists
            .iter()
            .any(|l| l.iter().any(|line| line.contains(['{', '}'])))
        {
            return Err(broken("a placeholder is not known"));
        }
        Ok(self)
    }
}

/// The line once for each value, if it has the placeholder.
fn for_each(line: String, placeholder: &str, values: &[String]) -> Vec<String> {
    if line.contains(placeholder) {
        let filled = |value: &String| line.replace(placeholder, value);
        values.iter().map(filled).collect()
    } else {
        vec![line]
    }
}

fn read(file: &'static str, text: &str) -> Result<Template, BusError> {
    serde_json::from_str(text).map_err(|error| BusError::Topology {
        file,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_filled_in() {
        for role in Role::ALL {
            Permissions::of_role(role).unwrap();
        }
    }

    #[test]
    fn a_worker_gets_its_own_subjects_and_the_queues_that_it_may_serve() {
        let route: Route = "default_command".parse().unwrap();
        let access = WorkerAccess {
            queues: vec![(route.clone(), Priority::High)],
            hints: Some([route].into()),
        };
        let worker = "w1".parse().unwrap();
        let permissions = Permissions::of_worker(&worker, &access).unwrap();
        let publish = permissions.publish.allow;
        let queue = "baton.v1.js.CONSUMER.MSG.NEXT.RUNS.offer-default_command-high";
        assert!(publish.iter().any(|line| line == queue), "{publish:?}");
        assert!(publish.iter().any(|line| line == "baton.v1.run.*.*.evt.w1"));
        let subscribe = permissions.subscribe.allow;
        assert!(
            subscribe
                .iter()
                .any(|line| line == "baton.v1.hint.default_command.*")
        );
        let forbidden = ["ctl", ".offer.", "CREATE", "STREAM", "$JS.API"];
        for line in publish.iter().chain(&subscribe) {
            assert!(!forbidden.iter().any(|word| line.contains(word)), "{line}");
        }
    }

    #[test]
    fn without_queues_nothing_about_queues_is_allowed() {
        let access = WorkerAccess {
            queues: Vec::new(),
            hints: None,
        };
        let permissions = Permissions::of_worker(&"w1".parse().unwrap(), &access).unwrap();
        let lines = permissions.publish.allow;
        assert!(
            !lines.iter().any(|line| line.contains("MSG.NEXT")),
            "{lines:?}"
        );
    }
}
