//! Waiting for something to become true.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until the probe finds something. `Ok(None)` and errors both mean "not yet"; the last error
/// is told when the time is over.
pub(crate) async fn until<T>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        let last = probe().await;
        if let Ok(Some(found)) = last {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            let seconds = within.as_secs_f64();
            match last {
                Err(error) => bail!("not within {seconds} s: {what} ({error:#})"),
                Ok(_) => bail!("not within {seconds} s: {what}"),
            }
        }
        sleep(PAUSE).await;
    }
}

/// [`until`], for a condition.
pub(crate) async fn until_true(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    until(what, within, async || Ok(probe().await?.then_some(()))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_is_not_the_end() {
        let mut attempts = 0;
        let found = until("a third attempt", Duration::from_secs(5), async || {
            attempts += 1;
            if attempts < 3 { bail!("not ready") } else { Ok(Some(attempts)) }
        });
        assert_eq!(found.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn the_last_error_is_told() {
        let never = until_true("it", Duration::from_millis(1), async || bail!("no such element")).await;
        let message = never.unwrap_err().to_string();
        assert!(message.contains("it (no such element)"), "{message}");
    }
}
