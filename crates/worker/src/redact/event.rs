//! Redaction of events: every string of every kind, also of kinds that are still to come.

use baton_redact::Redactor;
use baton_wire::Event;
use serde_json::Value;

/// The event without secrets.
pub(crate) fn event(redactor: &Redactor, event: Event) -> Event {
    let Ok(mut value) = serde_json::to_value(&event) else {
        return event;
    };
    if !clean(redactor, &mut value) {
        return event;
    }
    match serde_json::from_value(value) {
        Ok(Event::Unknown) | Err(_) => field_by_field(redactor, event),
        Ok(clean) => clean,
    }
}

/// A field of few words, such as a failure's code, can be no secret: such fields stay.
fn field_by_field(redactor: &Redactor, event: Event) -> Event {
    let Ok(Value::Object(original)) = serde_json::to_value(&event) else {
        return event;
    };
    let mut cleaned = original.clone();
    for (name, value) in &original {
        let mut value = value.clone();
        if clean(redactor, &mut value) {
            let mut tried = cleaned.clone();
            tried.insert(name.clone(), value);
            if let Ok(read) = serde_json::from_value::<Event>(Value::Object(tried.clone()))
                && !matches!(read, Event::Unknown)
            {
                cleaned = tried;
            }
        }
    }
    serde_json::from_value(Value::Object(cleaned)).unwrap_or(event)
}

/// Cleans every string; says whether there was anything to clean.
fn clean(redactor: &Redactor, value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let found = redactor.find(text.as_bytes()).is_some();
            if found {
                *text = redactor.text(text);
            }
            found
        }
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |any, value| clean(redactor, value) | any),
        Value::Object(fields) => fields
            .values_mut()
            .fold(false, |any, value| clean(redactor, value) | any),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::FailureCode;
    use baton_redact::Secret;

    use super::*;

    // W-10
    #[test]
    fn an_event_keeps_its_kind_whatever_is_secret() {
        let values = ["hunter2-hunter2", "worker_fault", "agent_message"];
        let secrets = [0, 1, 2].map(|n| Secret::new(format!("S{n}"), values[n]));
        let redactor = Redactor::new(&secrets);
        let failed = Event::Failed {
            code: FailureCode::WorkerFault,
            message: "hunter2-hunter2 is wrong".to_owned(),
            retryable: true,
        };
        let Event::Failed { code, message, .. } = event(&redactor, failed) else {
            panic!("another kind");
        };
        assert_eq!(
            (code, message.as_str()),
            (FailureCode::WorkerFault, "[redacted:S0] is wrong")
        );
        let said = Event::AgentMessage {
            step_id: "1".to_owned(),
            text: "hunter2-hunter2".to_owned(),
        };
        let Event::AgentMessage { text, .. } = event(&redactor, said) else {
            panic!("another kind");
        };
        assert_eq!(text, "[redacted:S0]");
        let paths = vec!["a/hunter2-hunter2.txt".to_owned(), "b".to_owned()];
        let changed = Event::FilesChanged {
            step_id: String::new(),
            paths,
        };
        let Event::FilesChanged { paths, .. } = event(&redactor, changed) else {
            panic!("another kind");
        };
        assert_eq!(paths, ["a/[redacted:S0].txt", "b"]);
    }
}
