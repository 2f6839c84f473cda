//! Sessions that are used again by the tests of one process.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use super::{Options, Project, Session, SessionError};

/// Sessions at rest.
static AT_REST: Mutex<Vec<Session>> = Mutex::new(Vec::new());

/// A session on loan; when it is dropped, the next test with the same project and options gets it.
#[derive(Debug)]
pub struct Shared {
    session: Session,
}

impl Session {
    /// A session with this project and these options in the state after deployment: one that an earlier test of this
    /// process has finished with and that is reset, or else a new one.
    ///
    /// nextest runs every test in a process of its own, where there is nothing to share: put cases that belong together
    /// into one test there, with [`Session::reset`] or [`Session::restore`] between them.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn shared(project: Project, options: Options) -> Result<Shared, SessionError> {
        loop {
            let resting = {
                let mut resting = AT_REST.lock().unwrap_or_else(PoisonError::into_inner);
                let found = resting.iter().position(|s| s.project == project && s.options == options);
                found.map(|index| resting.swap_remove(index))
            };
            let Some(mut session) = resting else {
                return Ok(Shared { session: Session::start(project, options)? });
            };
            // One that died at rest is no failure of this test.
            if session.reset().is_ok() {
                return Ok(Shared { session });
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let mut session = std::mem::replace(&mut self.session, Session::ended());
        // Sessions at rest are never dropped.
        if let Some(process) = &mut session.process {
            process.write_coverage();
        }
        // A broken one is let go, and a test that panicked may have left anything: both cost the next test a start.
        if session.process.is_some() && !std::thread::panicking() {
            AT_REST.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }
}

impl Deref for Shared {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Shared {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
