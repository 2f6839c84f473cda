//! Whether something can be asked for now.

use bithedge_ipc::Connection;
use leptos::prelude::*;

use crate::state::{ChainState, SessionState};

/// Why nothing can be asked for now, a sentence or two; `None` if it can. Locked keys are no reason: they are asked for with the
/// question.
pub(crate) fn obstacle() -> Signal<Option<String>> {
    let session = expect_context::<SessionState>();
    let chain = expect_context::<ChainState>();
    let (ability, question, connection) = (session.ability(), session.question(), chain.connection());
    let said = Memo::new(move |_| {
        let unable = ability.with(|ability| ability.obstacle());
        let unsure = connection.with(|connection| match connection {
            Connection::Live => None,
            Connection::Starting => Some("The chain has not been read yet. Wait a moment."),
            Connection::Stale { .. } | Connection::Unreachable { .. } => {
                Some("What the chain holds now is not known, so nothing is asked for until the connection is back.")
            }
        });
        let asked = question.get().map(|_| "Another question waits for your answer first.");
        unable.or(unsure.or(asked).map(str::to_owned))
    });
    said.into()
}
