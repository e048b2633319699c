//! What an agent's side says in its own words, without secrets: people read it, and it is kept.
//! What it is matched by (ids of sessions and of tools' calls) stays as it is.

use baton_redact::Redactor;
use baton_wire::event::HelpOption;

use super::{AgentWord, Checkpoint, HelpAsk};

impl AgentWord {
    /// The word without secrets.
    pub(crate) fn without_secrets(self, redactor: &Redactor) -> Self {
        match self {
            Self::Checkpoint(said) => Self::Checkpoint(Checkpoint {
                via: redactor.text(&said.via),
                tool: said.tool.map(|tool| redactor.text(&tool)),
                detail: said.detail.map(|detail| redactor.text(&detail)),
                ..said
            }),
            Self::Help(said) => Self::Help(HelpAsk {
                question: redactor.text(&said.question),
                detail: said.detail.map(|detail| redactor.text(&detail)),
                options: said
                    .options
                    .iter()
                    .map(|option| HelpOption {
                        answer: redactor.text(&option.answer),
                        label: redactor.text(&option.label),
                    })
                    .collect(),
                ..said
            }),
            Self::Done(_) | Self::TimedOut | Self::Unknown => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use baton_redact::Secret;
    use serde_json::json;

    use super::*;

    fn clean(word: serde_json::Value) -> String {
        let redactor = Redactor::new(&[Secret::new("KEY", "correct-horse")]);
        let word: AgentWord = serde_json::from_value(word).unwrap();
        serde_json::to_string(&word.without_secrets(&redactor)).unwrap()
    }

    // W-10
    #[test]
    fn nothing_that_an_agent_says_in_its_own_words_holds_a_secret() {
        let secret = "a correct-horse b";
        let checkpoint = clean(json!({
            "say": "checkpoint", "baton": 1, "at": "permission", "via": secret, "tool": secret,
            "toolUse": "1", "session": "s", "detail": secret,
        }));
        let asked = clean(json!({
            "say": "help", "baton": 1, "question": secret, "detail": secret,
            "options": [{"answer": secret, "label": secret}], "wait": true,
        }));
        for (said, times) in [(checkpoint, 3), (asked, 4)] {
            assert!(!said.contains("correct-horse"), "{said}");
            assert_eq!(said.matches("a [redacted:KEY] b").count(), times, "{said}");
        }
    }
}
