//! Blocks come off again without a trace.

use bithedge_ledger::{Applied, ChainBlock, Ledger, LedgerError};
use bithedge_protocol::BlockHeight;
use proptest::prelude::*;

use crate::dump::{assert_same, dump};
use crate::stream::{Stream, identity};

#[derive(Debug, Clone)]
enum Step {
    Grow(usize),
    /// So many blocks off, and on with other content from a seed.
    Reorganise(usize, u64),
    /// Off and the same again.
    Repeat(usize),
    /// As after a restart.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..12_usize).prop_map(Step::Grow),
        3 => (0..25_usize, 1..1_000_000_u64).prop_map(|(depth, seed)| Step::Reorganise(depth, seed)),
        1 => (0..25_usize).prop_map(Step::Repeat),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: Some(Box::new(
            prop::test_runner::FileFailurePersistence::Direct("tests/ledger/regressions.txt"),
        )),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_the_life_everything_is_as_if_only_the_last_chain_had_been(
        seed in 0..1_000_000_u64,
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lived");
        let mut ledger = Ledger::open(&path, identity()).unwrap();
        let mut stream = Stream::quick(seed, 6, 6);
        // The chain so far, and what made each of its blocks.
        let mut chain: Vec<(Stream, ChainBlock)> = Vec::new();
        let grow = |ledger: &mut Ledger, stream: &mut Stream, chain: &mut Vec<(Stream, ChainBlock)>, count| {
            for _ in 0..count {
                let before = stream.clone();
                let block = stream.next(6);
                assert_eq!(ledger.apply(&block).unwrap(), Applied::New { anomalies: 0 });
                chain.push((before, block));
            }
        };
        grow(&mut ledger, &mut stream, &mut chain, 20);
        for step in steps {
            match step {
                Step::Grow(count) => grow(&mut ledger, &mut stream, &mut chain, count),
                Step::Reorganise(depth, seed) => {
                    let kept = chain.len().saturating_sub(depth).max(1);
                    ledger.roll_back_to(BlockHeight::new(kept as u64)).unwrap();
                    if let Some((before, _)) = chain.drain(kept..).next() {
                        stream = before;
                    }
                    stream.fork(seed);
                    grow(&mut ledger, &mut stream, &mut chain, 3);
                }
                Step::Repeat(depth) => {
                    let kept = chain.len().saturating_sub(depth);
                    ledger.roll_back_to(BlockHeight::new(kept as u64)).unwrap();
                    for (_, block) in &chain[kept..] {
                        ledger.apply(block).unwrap();
                    }
                }
                Step::Reopen => {
                    drop(ledger);
                    ledger = Ledger::open(&path, identity()).unwrap();
                }
            }
        }
        let fresh = folder.path().join("fresh");
        let mut again = Ledger::open(&fresh, identity()).unwrap();
        for (_, block) in &chain {
            again.apply(block).unwrap();
        }
        assert_same(&dump(&path), &dump(&fresh), "in the end");
        ledger.check().unwrap();
    }
}

#[test]
fn it_goes_back_as_far_as_it_keeps_and_says_so_beyond() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut ledger = Ledger::open(&path, identity()).unwrap().keep_blocks(30);
    let mut stream = Stream::quick(3, 6, 6);
    let mut dumps = Vec::new();
    for _ in 0..100 {
        ledger.apply(&stream.next(4)).unwrap();
        dumps.push(dump(&path));
    }
    let height = BlockHeight::new;
    let error = ledger.roll_back_to(height(69)).unwrap_err();
    let LedgerError::TooDeep { asked, oldest } = error else { panic!("{error}") };
    assert_eq!((asked, oldest), (height(69), height(70)));
    assert_same(&dump(&path), &dumps[99], "after a refusal");
    assert_eq!(ledger.roll_back_to(height(1_000)).unwrap(), 0);
    for to in [99, 90, 70] {
        ledger.roll_back_to(height(to)).unwrap();
        let (mut found, mut wanted) = (dump(&path), dumps[usize::try_from(to).unwrap() - 1].clone());
        // What lies further back had been forgotten meanwhile.
        assert_eq!(found.remove("undo").unwrap().len() as u64, to - 70);
        wanted.remove("undo");
        assert_same(&found, &wanted, "after going back");
    }
    assert!(matches!(ledger.roll_back_to(height(69)), Err(LedgerError::TooDeep { .. })));
    assert_eq!(ledger.tip().unwrap().unwrap().height, height(70));
}
