//! An API that is away while somebody waits: told once when it goes and once when it is back, and
//! not waited for without end.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{client::ClientError, output};

/// How long an API that is away is waited for.
const PATIENCE: Duration = Duration::from_mins(15);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether the API is away, and since when.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<Instant>,
}

/// What a try that failed means.
#[derive(Debug, PartialEq, Eq)]
enum Try {
    First,
    Another,
    Last,
}

impl Outage {
    /// The API's answer, as soon as it gives one.
    ///
    /// # Errors
    /// When it refuses, or is away for too long.
    pub(super) async fn outlast<T>(
        &mut self,
        ask: impl AsyncFn() -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        loop {
            match ask().await {
                Ok(answer) => {
                    self.is_over();
                    return Ok(answer);
                }
                Err(error) if error.may_pass() => self.lasts(error)?,
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
        }
    }

    /// The API was heard.
    pub(super) fn is_over(&mut self) {
        if self.since.take().is_some() {
            output::tell("the API is back");
        }
    }

    /// The API was not heard, for a reason that may pass.
    ///
    /// # Errors
    /// With this reason, when that has lasted for too long.
    pub(super) fn lasts(&mut self, error: ClientError) -> Result<(), ClientError> {
        let minutes = PATIENCE.as_secs() / 60;
        match self.fails(Instant::now()) {
            Try::First => output::tell(&format!("{error}; trying again for {minutes} min")),
            Try::Another => {}
            Try::Last => {
                output::tell(&format!(
                    "the API was away for {minutes} min: it is not waited for any longer, and what was wished \
                     stays wished; ask again when it is back"
                ));
                return Err(error);
            }
        }
        Ok(())
    }

    fn fails(&mut self, now: Instant) -> Try {
        match self.since {
            None => {
                self.since = Some(now);
                Try::First
            }
            Some(since) if now.duration_since(since) < PATIENCE => Try::Another,
            Some(_) => Try::Last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_and_has_an_end() {
        let start = Instant::now();
        let at = |minutes| start + Duration::from_mins(minutes);
        let mut outage = Outage::default();
        let tries = [0, 1, 14, 15].map(|minutes| outage.fails(at(minutes)));
        let expected = [Try::First, Try::Another, Try::Another, Try::Last];
        assert_eq!(tries, expected);
        // The next one is another one.
        outage.is_over();
        assert_eq!(outage.fails(at(20)), Try::First);
        assert_eq!(outage.fails(at(34)), Try::Another);
    }
}
