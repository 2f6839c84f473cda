//! Whether anything that a run wrote, anywhere, has a secret in it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use bithedge_stacks::Seed;
use memchr::memmem;

/// What must not be found, in every form that a careless program would write it in.
pub(crate) struct Secrets {
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Secrets {
    /// Of a wallet with so many accounts.
    pub(crate) fn of(words: &str, passphrase: &str, accounts: u32) -> Result<Self> {
        let mut forms = vec![("the passphrase", passphrase.as_bytes().to_vec())];
        // Any four words in a row: a part of them is a leak too.
        let list: Vec<&str> = words.split_whitespace().collect();
        for four in list.windows(4) {
            for separator in [" ", ",", "\",\"", "\", \"", "\n"] {
                forms.push(("words of the mnemonic", four.join(separator).into_bytes()));
            }
        }
        let seed = Seed::from_mnemonic(words, "")?;
        for index in 0..accounts {
            let key = seed.account(index)?.to_bytes();
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let listed: Vec<String> = key.iter().map(ToString::to_string).collect();
            for text in [hex.to_uppercase(), hex, listed.join(", "), listed.join(",")] {
                forms.push(("a private key, as text", text.into_bytes()));
            }
            forms.push(("a private key", key.to_vec()));
        }
        Ok(Self { forms })
    }

    /// Where there is one, in all files below a folder. Also how many files and bytes were looked through.
    pub(crate) fn look(&self, folder: &Path) -> Result<Found> {
        let mut found = Found::default();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in
                std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?
            {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes =
                        std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                    found.files += 1;
                    found.bytes += bytes.len() as u64;
                    found.leaks.extend(self.in_bytes(&bytes).map(|what| (path.clone(), what)));
                }
            }
        }
        Ok(found)
    }

    fn in_bytes<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'static str> + 'a {
        self.forms.iter().filter(|(_, form)| memmem::find(bytes, form).is_some()).map(|(what, _)| *what)
    }
}

/// What a look has found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) leaks: Vec<(PathBuf, &'static str)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn what_is_written_anywhere_is_found() {
        let secrets = Secrets::of(WORDS, "correct horse battery", 2).unwrap();
        let key = Seed::from_mnemonic(WORDS, "").unwrap().account(1).unwrap().to_bytes();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let write = |text: &[u8]| std::fs::write(folder.path().join("below/file"), text).unwrap();
        for leak in [
            b"so correct horse battery it is".as_slice(),
            b"[\"abandon\",\"abandon\",\"abandon\",\"about\"]",
            format!("key={hex}!").as_bytes(),
            format!("{:?}", key.to_vec()).as_bytes(),
            &[b"\0\0".as_slice(), key.as_slice()].concat(),
        ] {
            write(leak);
            let found = secrets.look(folder.path()).unwrap();
            assert!(!found.leaks.is_empty(), "{leak:?}");
            assert_eq!(found.files, 1);
        }
        write(b"they abandon about three words");
        assert!(secrets.look(folder.path()).unwrap().leaks.is_empty());
    }
}
