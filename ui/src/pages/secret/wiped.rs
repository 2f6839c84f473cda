//! What is sent to the core and overwritten here once it was.

use bithedge_ipc::secret::{SecretChange, SecretCreation, SecretImport, SecretPassphrase};
use serde::{Serialize, Serializer};
use zeroize::Zeroize as _;

/// Something with texts in it that nobody may find later.
pub(crate) trait Wipe: Serialize {
    /// Overwrites them.
    fn wipe(&mut self);
}

impl Wipe for SecretCreation {
    fn wipe(&mut self) {
        self.answers.zeroize();
        self.passphrase.zeroize();
    }
}

impl Wipe for SecretImport {
    fn wipe(&mut self) {
        self.words.zeroize();
        self.passphrase.zeroize();
    }
}

impl Wipe for SecretPassphrase {
    fn wipe(&mut self) {
        self.passphrase.zeroize();
    }
}

impl Wipe for SecretChange {
    fn wipe(&mut self) {
        self.present.zeroize();
        self.new.zeroize();
    }
}

/// Overwritten when it is dropped; on the wire it is what is in it.
pub(crate) struct Wiped<T: Wipe>(T);

impl<T: Wipe> Wiped<T> {
    /// Takes it over.
    pub(crate) const fn new(secret: T) -> Self {
        Self(secret)
    }
}

impl<T: Wipe> Serialize for Wiped<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Wipe> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_wire_it_is_what_is_in_it() {
        let unlock = || SecretPassphrase { passphrase: "orbit lantern".to_owned() };
        let plain = serde_json::to_string(&unlock()).unwrap();
        assert_eq!(serde_json::to_string(&Wiped::new(unlock())).unwrap(), plain);
    }

    #[test]
    fn nothing_is_left_in_it_after_wiping() {
        let mut creation = SecretCreation {
            answers: vec!["abandon".to_owned()],
            passphrase: "orbit lantern".to_owned(),
            without_keychain: true,
        };
        creation.wipe();
        assert!(creation.answers.is_empty() && creation.passphrase.is_empty());
        let mut change = SecretChange {
            present: "one".to_owned(),
            new: "two".to_owned(),
            is_known_to_others: false,
            without_keychain: false,
        };
        change.wipe();
        assert!(change.present.is_empty() && change.new.is_empty());
    }
}
