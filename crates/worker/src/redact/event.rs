//! Redaction of events: every string of every kind, also of kinds that are still to come.

use baton_wire::Event;
use serde_json::Value;

use super::Redactor;

impl Redactor {
    /// The event without secrets.
    pub(crate) fn event(&self, event: Event) -> Event {
        let Ok(mut value) = serde_json::to_value(&event) else {
            return event;
        };
        if !self.clean(&mut value) {
            return event;
        }
        match serde_json::from_value(value) {
            Ok(Event::Unknown) | Err(_) => self.field_by_field(event),
            Ok(clean) => clean,
        }
    }

    /// A field of few words, such as a failure's code, can be no secret: such fields stay.
    fn field_by_field(&self, event: Event) -> Event {
        let Ok(Value::Object(original)) = serde_json::to_value(&event) else {
            return event;
        };
        let mut clean = original.clone();
        for (name, value) in &original {
            let mut value = value.clone();
            if self.clean(&mut value) {
                let mut tried = clean.clone();
                tried.insert(name.clone(), value);
                if let Ok(read) = serde_json::from_value::<Event>(Value::Object(tried.clone()))
                    && !matches!(read, Event::Unknown)
                {
                    clean = tried;
                }
            }
        }
        serde_json::from_value(Value::Object(clean)).unwrap_or(event)
    }

    /// Cleans every string; says whether there was anything to clean.
    fn clean(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let found = self.find(text.as_bytes()).is_some();
                if found {
                    *text = self.text(text);
                }
                found
            }
            Value::Array(values) => values
                .iter_mut()
                .fold(false, |any, value| self.clean(value) | any),
            Value::Object(fields) => fields
                .values_mut()
                .fold(false, |any, value| self.clean(value) | any),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}
