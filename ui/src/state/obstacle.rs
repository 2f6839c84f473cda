//! Whether something can be asked for now.

use bithedge_ipc::Connection;
use leptos::prelude::*;

use super::{Ability, ChainState, SessionState};

/// Why nothing can be asked for now, a sentence or two; `None` if it can. Locked keys are no reason: they are asked for with the
/// question.
pub(crate) fn obstacle() -> Signal<Option<String>> {
    let session = expect_context::<SessionState>();
    let chain = expect_context::<ChainState>();
    let (ability, question, connection) = (session.ability(), session.question(), chain.connection());
    let said = Memo::new(move |_| {
        ability.with(|ability| {
            connection.with(|connection| obstacle_of(ability, connection, question.get().is_some()))
        })
    });
    said.into()
}

fn obstacle_of(ability: &Ability, connection: &Connection, is_asked: bool) -> Option<String> {
    let unsure = match connection {
        Connection::Live => None,
        Connection::Starting => Some("The chain has not been read yet. Wait a moment."),
        Connection::Stale { .. } | Connection::Unreachable { .. } => Some(
            "What the chain holds now is not known, so nothing is asked for until the connection is back.",
        ),
    };
    let asked = is_asked.then_some("Another question waits for your answer first.");
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
            assert_eq!(obstacle_of(&ability, &Connection::Live, false), None);
            for connection in [
                Connection::Starting,
                Connection::Stale { since, notice: notice.clone() },
                Connection::Unreachable { since, notice: notice.clone() },
            ] {
                assert!(obstacle_of(&ability, &connection, false).is_some(), "{connection:?}");
            }
            let asked = obstacle_of(&ability, &Connection::Live, true);
            assert!(asked.is_some_and(|why| why.contains("Another question")));
        }
    }

    #[test]
    fn what_the_account_cannot_do_is_said_before_anything_else() {
        let watched = Ability::Unable("This address is only watched.".to_owned());
        for connection in [Connection::Live, Connection::Starting] {
            let why = obstacle_of(&watched, &connection, true);
            assert_eq!(why.as_deref(), Some("This address is only watched."));
        }
    }
}
