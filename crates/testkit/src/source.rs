//! Where a test's servers come from: private processes, or containers where somebody asks for
//! them by `BATON_TESTKIT=containers`.

/// The two ways to get a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Processes,
    #[cfg(feature = "containers")]
    Containers,
}

impl Source {
    pub(crate) fn asked_for() -> Self {
        match std::env::var_os("BATON_TESTKIT") {
            None => Self::Processes,
            Some(word) if word == "processes" => Self::Processes,
            #[cfg(feature = "containers")]
            Some(word) if word == "containers" => Self::Containers,
            Some(word) => panic!(
                "BATON_TESTKIT={} is neither processes nor (with the feature of that name) containers",
                word.display()
            ),
        }
    }
}
