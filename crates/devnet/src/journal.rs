//! The journal: every input that the devnet accepted, in order, in one append-only file.
//!
//! A record is one line: eight hexadecimal digits of CRC-32 over the JSON text, a space, the JSON text. A record is
//! written before its effect is answered to anybody, with one `write` call, so a killed process leaves at most one
//! unfinished line at the end; it is cut off at the next start. A damaged line *before* the end is an error: the
//! journal is then not what this program wrote, and guessing would change results.
//!
//! Only inputs and outcomes that cannot be derived are recorded; blocks, receipts and balances come from executing
//! them again in the same VM with the same clock.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::StartError;

/// The format's version; a journal of another version is refused, never converted silently.
pub(crate) const VERSION: u32 = 1;

/// One thing that happened, in the order in which it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// The first record: what the chain starts from.
    Genesis {
        /// Format version, [`VERSION`].
        version: u32,
        /// What the VM's clock is set to when its session starts, in seconds since 1970.
        clock: u64,
    },
    /// A transaction entered the mempool.
    Accepted {
        /// The transaction's bytes, hexadecimal.
        tx: String,
        /// Seconds since 1970 on this machine's clock, shown as `receipt_time`.
        received: u64,
    },
    /// A block with transactions.
    Block {
        /// Whether it comes with a Bitcoin block.
        #[serde(default)]
        burn: bool,
        /// Which fork it belongs to: the number of reorganisations before it.
        fork: u32,
        /// The transactions in order, with the outcomes that execution alone does not give.
        txs: Vec<Mined>,
        /// SHA-512/256 over the receipts, hexadecimal: replaying must give the same.
        digest: String,
    },
    /// Empty blocks: `burn` Bitcoin blocks each with one Stacks block, then `stacks` Stacks blocks.
    Advance {
        /// The fork, as above.
        fork: u32,
        /// How many Bitcoin blocks.
        burn: u32,
        /// How many Stacks blocks after them.
        stacks: u32,
    },
    /// A transaction left the mempool without being mined.
    Dropped {
        /// Transaction id, 64 hexadecimal digits.
        txid: String,
        /// Why.
        reason: String,
    },
    /// The last `depth` blocks were replaced.
    Reorg {
        /// How many blocks were taken back.
        depth: u64,
        /// Whether their transactions were thrown away instead of going back to the mempool.
        drop_transactions: bool,
    },
    /// The state got a name.
    Snapshot {
        /// The name.
        name: String,
    },
    /// The state went back to a named one.
    Restore {
        /// The name.
        name: String,
    },
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mined {
    /// Transaction id, 64 hexadecimal digits.
    pub(crate) txid: String,
    /// Present when a post-condition took the effects back; executing it again is then left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) aborted: Option<Aborted>,
}

/// What a transaction that a post-condition aborted would have returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aborted {
    /// The contract's answer, consensus-encoded, hexadecimal with `0x`.
    pub(crate) result: String,
    /// Which condition failed, in a node's words.
    pub(crate) reason: String,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal in `folder`, or makes it, and gives what it holds. A torn last line is cut off.
    ///
    /// # Errors
    /// [`StartError::Storage`] when the folder cannot be used, [`StartError::InUse`] when another process holds
    /// the journal, and [`StartError::Journal`] when a line before the last is damaged.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Record>), StartError> {
        let storage = |source| StartError::Storage { path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(storage)?;
        let path = folder.join("journal.jsonl");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(storage)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(StartError::InUse { path }),
            Err(std::fs::TryLockError::Error(source)) => return Err(storage(source)),
        }
        let mut journal = Self { path, file };
        let records = journal.read_all()?;
        Ok((journal, records))
    }

    /// Reads every record and leaves the file's end after the last whole one.
    fn read_all(&mut self) -> Result<Vec<Record>, StartError> {
        let storage = |source| StartError::Storage { path: self.path.clone(), source };
        let mut reader = BufReader::new(&self.file);
        let mut records = Vec::new();
        let mut good_end = 0u64;
        let mut line = Vec::new();
        let mut torn = None;
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(storage)?;
            if read == 0 {
                break;
            }
            if let Some(at) = torn {
                return Err(StartError::Journal { path: self.path.clone(), line: at });
            }
            match parse(&line) {
                Some(record) => {
                    records.push(record);
                    good_end += read as u64;
                }
                None => torn = Some(records.len() + 1),
            }
        }
        self.file.set_len(good_end).map_err(storage)?;
        self.file.seek(SeekFrom::Start(good_end)).map_err(storage)?;
        Ok(records)
    }

    /// Reads everything again.
    ///
    /// # Errors
    /// The file's error, or damage that came after it was opened.
    pub(crate) fn read(&mut self) -> Result<Vec<Record>, StartError> {
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(|source| StartError::Storage { path: self.path.clone(), source })?;
        self.read_all()
    }

    /// The error for a line (from 1) that makes no sense where it stands.
    pub(crate) fn damaged(&self, line: usize) -> StartError {
        StartError::Journal { path: self.path.clone(), line }
    }

    /// Appends one record.
    ///
    /// # Errors
    /// The file's error, for instance a full disk; the part that was written is taken back, so the journal stays
    /// readable and the caller can refuse what it was about to do.
    pub(crate) fn append(&mut self, record: &Record) -> std::io::Result<()> {
        let text = serde_json::to_string(record)?;
        let line = format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes()));
        let before = self.file.stream_position()?;
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            self.file.set_len(before)?;
            self.file.seek(SeekFrom::Start(before))?;
            return Err(error);
        }
        Ok(())
    }

    /// Asks the operating system to put everything on the disk. Not needed against a killed process, only against
    /// a machine that loses power.
    pub(crate) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }
}

fn parse(line: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, json) = text.split_at_checked(8)?;
    let json = json.strip_prefix(' ')?;
    if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(json.as_bytes()) {
        return None;
    }
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advance(burn: u32) -> Record {
        Record::Advance { fork: 0, burn, stacks: 0 }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_survives() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, records) = Journal::open(folder.path()).unwrap();
        assert!(records.is_empty());
        journal.append(&advance(1)).unwrap();
        journal.append(&advance(2)).unwrap();
        drop(journal);
        let path = folder.path().join("journal.jsonl");
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..40 {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (mut journal, records) = Journal::open(folder.path()).unwrap();
            assert_eq!(records, [advance(1)], "cut by {cut}");
            journal.append(&advance(3)).unwrap();
            drop(journal);
            let (_, records) = Journal::open(folder.path()).unwrap();
            assert_eq!(records, [advance(1), advance(3)], "cut by {cut}");
        }
    }

    #[test]
    fn a_damaged_line_before_the_end_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&advance(1)).unwrap();
        journal.append(&advance(2)).unwrap();
        drop(journal);
        let path = folder.path().join("journal.jsonl");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(StartError::Journal { line: 1, .. })));
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "a refused journal is left as it was");
    }

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (_held, _) = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(StartError::InUse { .. })));
    }
}
