//! Secrets that a task asks for: taken from the worker's environment, if its settings let tasks
//! have them.

use baton_domain::{
    Failure, FailureCode, RunSpec,
    spec::{SecretSource, VariableName},
};

use crate::{
    environment::{self, Environment},
    options::WorkerOptions,
};

/// The variables that the agent gets besides.
///
/// # Errors
/// When one is not given out or not there; the run is not executed then.
pub(super) fn of_task(options: &WorkerOptions, spec: &RunSpec) -> Result<Environment, Failure> {
    let mut variables = Environment::new();
    for (n, secret) in spec.secrets.iter().enumerate() {
        let SecretSource::Environment(name) = &secret.from;
        let value = look_up(options, name).map_err(|why| {
            let message = format!("task.secrets[{n}].from '{}' {why}", secret.from);
            Failure::new(FailureCode::InvalidPayload, message)
        })?;
        variables.push((secret.name.as_str().into(), value));
    }
    Ok(variables)
}

fn look_up(options: &WorkerOptions, name: &VariableName) -> Result<std::ffi::OsString, String> {
    let worker = &options.worker;
    if !options.task_secrets.contains(name.as_str()) {
        return Err(format!(
            "is not for tasks on worker '{worker}': leave it out, or add its name to the worker's BATON_WORKER_TASK_SECRETS"
        ));
    }
    let value = environment::get(&options.environment, name.as_str());
    value
        .filter(|value| !value.is_empty())
        .map(ToOwned::to_owned)
        .ok_or_else(|| {
            format!(
                "is for tasks but not there: set the variable where worker '{worker}' is started"
            )
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use baton_wire::TaskRunRequest;

    use super::*;

    fn spec(from: &str) -> RunSpec {
        let body = serde_json::json!({
            "type": "command",
            "task": {"argv": ["true"], "secrets": [{"name": "TOKEN", "from": from}]},
        });
        let request: TaskRunRequest = serde_json::from_value(body).unwrap();
        RunSpec::try_from(&request).unwrap()
    }

    // W-10
    #[test]
    fn only_what_is_given_out_is_had() {
        let mut options = WorkerOptions::new(
            "w1".parse().unwrap(),
            Path::new("/tmp"),
            "http://127.0.0.1:1",
        );
        options.task_secrets = ["GIVEN", "MISSING"].map(str::to_owned).into();
        options.environment = [("GIVEN", "yes"), ("KEPT", "no")]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec();
        let given = of_task(&options, &spec("env:GIVEN")).unwrap();
        assert_eq!(given, [("TOKEN".into(), "yes".into())]);
        for (from, words) in [
            ("env:KEPT", "BATON_WORKER_TASK_SECRETS"),
            ("env:MISSING", "not there"),
        ] {
            let failure = of_task(&options, &spec(from)).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidPayload);
            assert!(failure.message.contains(words), "{}", failure.message);
        }
    }
}
