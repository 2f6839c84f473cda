//! Whether something can be asked for now.

use bithedge_ipc::Connection;
use leptos::prelude::*;

use super::{Ability, ChainState, SessionState, TransactionsState};

/// Why nothing can be asked for now, a sentence or two; `None` if it can. Locked keys are no reason: they are asked for with the
/// question.
pub(crate) fn obstacle() -> Signal<Option<String>> {
    let session = expect_context::<SessionState>();
    let chain = expect_context::<ChainState>();
    let (ability, question, connection) = (session.ability(), session.question(), chain.connection());
    let transactions = expect_context::<TransactionsState>();
    let said = Memo::new(move |_| {
        let is_unanswered = question.get().map(|id| transactions.is_unanswered(id));
        ability.with(|ability| connection.with(|connection| obstacle_of(ability, connection, is_unanswered)))
    });
    said.into()
}

/// `is_unanswered`: of the question that is open, whether its answer is still waited for.
fn obstacle_of(ability: &Ability, connection: &Connection, is_unanswered: Option<bool>) -> Option<String> {
    let unsure = match connection {
        Connection::Live => None,
        Connection::Starting => Some("The chain has not been read yet. Wait a moment."),
        Connection::Stale { .. } | Connection::Unreachable { .. } => Some(
            "What the chain holds now is not known, so nothing is asked for until the connection is back.",
        ),
    };
    let asked = is_unanswered.map(|is_unanswered| {
        if is_unanswered {
            "Another question waits for your answer first."
        } else {
            "Your last answer is being carried out. Wait a moment."
        }
    });
    ability.obstacle().or(unsure.or(asked).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{Fault, Notice};
    use bithedge_protocol::UnixSeconds;

    use super::*;

    #[test]
    fn nothing_is_asked_for_of_a_chain_that_is_not_followed() {
        let notice = Notice {
            fault: Fault::CoreSilent,
            happened: String::new(),
            means: String::new(),
            remedy: String::new(),
            detail: String::new(),
        };
        let since = UnixSeconds::new(0);
        for ability in [Ability::Able, Ability::Locked] {
            assert_eq!(obstacle_of(&ability, &Connection::Live, None), None);
            for connection in [
                Connection::Starting,
                Connection::Stale { since, notice: notice.clone() },
                Connection::Unreachable { since, notice: notice.clone() },
            ] {
                assert!(obstacle_of(&ability, &connection, None).is_some(), "{connection:?}");
            }
            let asked =
                |is_unanswered| obstacle_of(&ability, &Connection::Live, Some(is_unanswered)).unwrap();
            assert!(asked(true).contains("waits for your answer"), "{}", asked(true));
            // Nobody waits for what was given.
            assert!(asked(false).contains("being carried out"), "{}", asked(false));
        }
    }

    #[test]
    fn what_the_account_cannot_do_is_said_before_anything_else() {
        let watched = Ability::Unable("This address is only watched.".to_owned());
        for connection in [Connection::Live, Connection::Starting] {
            let why = obstacle_of(&watched, &connection, Some(true));
            assert_eq!(why.as_deref(), Some("This address is only watched."));
        }
    }
}
