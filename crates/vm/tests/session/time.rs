use bithedge_vm::{Options, Project, Session, SessionError};

use crate::{project, session};

#[test]
fn time_starts_where_it_is_told_to_and_stays_there_when_reset() {
    for genesis_time in [1_000_000_000, 1_767_225_601] {
        let options = Options { genesis_time, ..Options::default() };
        let mut session = Session::start(project(), options).unwrap();
        assert_eq!(session.now().unwrap(), genesis_time);
        let start = session.tip().unwrap();
        session.advance_burn(3).unwrap();
        session.reset().unwrap();
        assert_eq!(session.tip().unwrap(), start);
    }
}

/// Many contracts take more blocks to deploy, and the first call sees the same time.
#[test]
fn time_starts_where_it_is_told_to_however_large_the_project_is() {
    let many = (0..60).fold(Project::empty(), |project, number| {
        project.with(&format!("c-{number}"), "(define-read-only (f) u1)\n(define-read-only (g) u2)").unwrap()
    });
    let mut session = Session::start(many, Options::default()).unwrap();
    assert_eq!(session.now().unwrap(), Options::default().genesis_time);
    let read = session.read("c-59", "g", &[]).unwrap();
    assert_eq!(read.value().unwrap().as_uint().unwrap(), 2);
}

#[test]
fn blocks_move_the_clock_by_their_distance() {
    let mut session = session();
    let start = session.tip().unwrap();
    let burnt = session.advance_burn(2).unwrap();
    assert_eq!(burnt.time, start.time + 1_200);
    assert_eq!((burnt.burn_height, burnt.stacks_height), (start.burn_height + 2, start.stacks_height + 2));
    let mined = session.advance_stacks(7).unwrap();
    assert_eq!(mined.time, burnt.time + 70);
    assert_eq!((mined.burn_height, mined.stacks_height), (burnt.burn_height, burnt.stacks_height + 7));
}

#[test]
fn advancing_to_a_time_ends_at_the_first_block_not_before_it() {
    let mut session = session();
    let mut now = session.now().unwrap();
    for distance in [0, 1, 9, 10, 11, 599, 600, 601, 605, 5, 1_195, 7_776_000, 3] {
        let asked = now + distance;
        let tip = session.advance_to(asked).unwrap();
        assert!(tip.time >= asked && tip.time < asked + 10, "{distance}: {tip:?} from {now}");
        // The rhythm is ten seconds from where the clock stood, except that Bitcoin blocks may shift it.
        assert_eq!(session.now().unwrap(), tip.time);
        now = tip.time;
    }
    assert!(matches!(session.advance_to(now - 1), Err(SessionError::Past { .. })));
    assert_eq!(session.now().unwrap(), now);
}
