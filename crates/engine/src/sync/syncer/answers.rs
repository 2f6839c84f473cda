//! What an answer must be, whoever gives it, and how it differs from what is here.

use std::collections::BTreeSet;

use bithedge_ledger::{BlockHeader, ChainBlock, Ledger, LedgerError};
use bithedge_protocol::BlockHeight;

use crate::sync::feed::{Content, FeedError};

/// Whether an answer can be one: blocks in order, within the bounds, and the last one of the chain that was asked about.
pub(super) fn check(content: &Content, above: BlockHeight, tip: &BlockHeader) -> Result<(), FeedError> {
    let Content { through, blocks, .. } = content;
    let is_within = through.height <= tip.height
        && (through.height > above || (above == tip.height && through.height == above))
        && blocks.iter().all(|block| block.header.height > above && block.header.height <= through.height);
    if !is_within {
        return Err(FeedError::contradiction(format!(
            "blocks above {above} were asked for, and others given"
        )));
    }
    if !blocks.is_sorted_by(|one, next| one.header.height < next.header.height) {
        return Err(FeedError::contradiction("blocks are not in order"));
    }
    let mut ids = BTreeSet::new();
    for transaction in blocks.iter().flat_map(|block| &block.transactions) {
        if !ids.insert(transaction.txid) {
            return Err(FeedError::contradiction(format!("{} is in two places", transaction.txid)));
        }
    }
    let links = |one: &BlockHeader, next: &BlockHeader| {
        one.height.get().checked_add(1) != Some(next.height.get()) || next.parent == one.hash
    };
    let ends_with = |end: &BlockHeader| {
        blocks.last().is_none_or(|last| last.header.height != end.height || last.header == *end)
            && blocks.last().is_none_or(|last| links(&last.header, end))
    };
    if !blocks.is_sorted_by(|one, next| links(&one.header, &next.header))
        || !ends_with(through)
        || (through.height == tip.height && through != tip)
        || !links(through, tip)
    {
        return Err(FeedError::moved("blocks do not follow each other"));
    }
    if blocks.iter().any(|block| block.transactions.is_empty()) {
        return Err(FeedError::contradiction("a block that holds nothing is no content"));
    }
    Ok(())
}

/// The lowest block above a height that is not here as it was given, or was not given although it is here.
pub(super) fn lowest_difference(
    ledger: &mut Ledger,
    above: BlockHeight,
    given: &[ChainBlock],
) -> Result<Option<BlockHeight>, LedgerError> {
    let count = u32::try_from(given.len()).unwrap_or(u32::MAX).saturating_add(64);
    let here: Vec<BlockHeader> =
        ledger.snapshot()?.blocks(count)?.into_iter().filter(|block| block.height > above).collect();
    let missing = given.iter().map(|block| block.header).filter(|header| !here.contains(header));
    let surplus = here.iter().filter(|header| !given.iter().any(|block| block.header == **header)).copied();
    if let Some(lowest) = missing.chain(surplus).map(|header| header.height).min() {
        return Ok(Some(lowest));
    }
    for block in given {
        match ledger.apply(block) {
            Ok(_) => {}
            Err(LedgerError::OtherContent { height, .. }) => return Ok(Some(height)),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
