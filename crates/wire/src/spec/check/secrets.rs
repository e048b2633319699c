//! Secrets by name.

use baton_domain::spec::{SecretSource, TaskSecret, VariableName};

use super::Checker;
use crate::spec::SecretBody;

impl Checker {
    pub(super) fn secrets(&mut self, given: &[SecretBody]) -> Vec<TaskSecret> {
        if given.len() > 16 {
            let message = format!("has {} entries: 16 are allowed", given.len());
            self.note("task.secrets", message);
        }
        let mut secrets: Vec<TaskSecret> = Vec::new();
        for (n, secret) in given.iter().enumerate() {
            let field = format!("task.secrets[{n}].name");
            let name = self.optional(&field, Some(&secret.name), VariableName::parse);
            let from = format!("task.secrets[{n}].from");
            let from = self.optional(&from, Some(&secret.from), SecretSource::parse);
            let (Some(name), Some(from)) = (name, from) else {
                continue;
            };
            if secrets.iter().any(|other| other.name == name) {
                self.note(&field, "is given twice: each variable has one value");
            }
            secrets.push(TaskSecret { name, from });
        }
        secrets
    }
}
