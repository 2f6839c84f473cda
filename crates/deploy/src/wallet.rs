//! Where the deployer's key comes from: a file that only its owner can read, or the terminal. Never the command line or the
//! environment, which other programs see and histories keep.

use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bithedge_stacks::key::KeyError;
use bithedge_stacks::{SecretKey, Seed};
use zeroize::Zeroizing;

/// A longer secret is none.
const MOST_BYTES: u64 = 1_024;

/// Why there is no key. Never says what was read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The file or the terminal.
    #[error("the key cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Others may read the file.
    #[error("{} can be read by others (mode {mode:o}): chmod 600 it, and think about who may have read it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Neither a mnemonic nor a private key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Reads a file with a mnemonic or a private key in hexadecimal.
///
/// # Errors
/// [`WalletError`].
pub fn from_file(path: &Path) -> Result<SecretKey, WalletError> {
    let mut file = std::fs::File::open(path)?;
    // Of the open file, so that it cannot be another one by then.
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(WalletError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.by_ref().take(MOST_BYTES).read_to_string(&mut text)?;
    parse(&text)
}

/// Asks in the terminal, without showing what is typed; if the input is no terminal, reads it.
///
/// # Errors
/// [`WalletError`].
pub fn ask() -> Result<SecretKey, WalletError> {
    if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("The deployer's mnemonic or private key (it is not shown): ")?;
        return parse(&Zeroizing::new(typed));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(MOST_BYTES).read_to_string(&mut text)?;
    parse(&text)
}

/// A mnemonic's first account, or a key.
///
/// # Errors
/// [`WalletError::Key`].
pub fn parse(text: &str) -> Result<SecretKey, WalletError> {
    let text = text.trim();
    let key = if text.contains(char::is_whitespace) {
        Seed::from_mnemonic(text, "")?.account(0)?
    } else {
        SecretKey::from_hex(text)?
    };
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring \
                         wrist shed math olympic multiply hip blue scout claw";
    const HEX: &str = "753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601";

    #[test]
    fn mnemonic_and_key_are_read_from_a_file_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let same = |key: SecretKey| *key.to_bytes() == *parse(HEX).unwrap().to_bytes();
        for text in [WORDS, HEX, &format!("  {HEX}\n")] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(same(from_file(&path).unwrap()));
        }
        for mode in [0o640, 0o604, 0o660, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(from_file(&path), Err(WalletError::Exposed { .. })), "{mode:o}");
        }
        assert!(matches!(from_file(&folder.path().join("none")), Err(WalletError::Io(_))));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        for text in ["", "abandon abandon", "secret-secret", "00"] {
            let error = parse(text).err().unwrap().to_string();
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }
}
