//! Enums of words: each choice has one spelling, in messages, tables and pages alike.

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every choice, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The choice as it is written everywhere.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, $crate::ids::InvalidId> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|choice| choice.as_str() == text)
                    .ok_or_else(|| {
                        let what = $crate::choices::rule!($what; $($text,)*);
                        $crate::ids::InvalidId(what, text.chars().take(100).collect())
                    })
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::InvalidId;

            fn try_from(text: String) -> Result<Self, $crate::ids::InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(choice: $name) -> String {
                choice.as_str().to_owned()
            }
        }
    };
}
pub(crate) use choices;

/// What a choice is, with the words that it is written by.
macro_rules! rule {
    ($what:literal; $first:literal, $($text:literal,)*) => {
        concat!($what, ": use ", $first, $(", ", $text,)*)
    };
}
pub(crate) use rule;

#[cfg(test)]
mod tests {
    use crate::control::{HelpKind, PauseMode};

    #[test]
    fn a_word_that_is_none_of_the_choices_is_refused_with_all_of_them() {
        let refused = "gentle".parse::<PauseMode>().unwrap_err().to_string();
        assert_eq!(
            refused,
            "'gentle' is not a valid pause mode: use soft, hard"
        );
        let refused = "".parse::<HelpKind>().unwrap_err().to_string();
        assert_eq!(
            refused,
            "'' is not a valid kind of help: use question, permission, retries_used_up, policy, \
             budget, stall"
        );
    }
}
