//! Keys: what signs, and what it is recognised by.
//!
//! Secrets have neither `Debug` nor `Display` nor `Clone`, are not serialisable, and are overwritten when dropped. That is
//! best effort: moving a value may leave a copy behind, and the curve library's own type is `Copy` and is passed around
//! within that library, so that the stack may still contain what was a key.

use std::fmt;
use std::sync::LazyLock;

use bip32::{DerivationPath, XPrv};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{All, Message, Secp256k1};
use zeroize::{Zeroize, Zeroizing};

use crate::address::{Address, Hash160};
use crate::hash::hash160;
use crate::network::TransactionVersion;
use crate::transaction::{KeyEncoding, Signature};

static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// Why something is no key. Never says what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither 32 bytes nor 33 with a final 01, in hexadecimal.
    #[error("a secret key is 64 hexadecimal digits, or 66 ending in 01")]
    SecretKeyFormat,
    /// Zero, or not below the order of the curve.
    #[error("the number is not a secret key of secp256k1")]
    SecretKeyRange,
    /// No point of the curve.
    #[error("not a public key of secp256k1")]
    PublicKey,
    /// Unknown words, a wrong number of words, or a wrong checksum.
    #[error("not a BIP-39 mnemonic in English: check the words, their number and their order")]
    Mnemonic,
    /// An account number of 2³¹ or more.
    #[error("there is no account {0}: numbers end at 2147483647")]
    Account(u32),
    /// The derivation hit one of the practically impossible numbers that are no key.
    #[error("the account has no key")]
    Derivation,
}

/// Why a signature does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Its numbers are out of range.
    #[error("the signature is malformed")]
    Malformed,
    /// The larger of the two possible values of s: valid mathematics, but refused, as it would give a transaction two ids.
    #[error("the signature has a high s")]
    HighS,
    /// No public key could have made it.
    #[error("no public key fits the signature")]
    NoKey,
}

/// A public key, and how it is written when it is hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: secp256k1::PublicKey,
    encoding: KeyEncoding,
}

impl PublicKey {
    /// From 33 bytes (compressed) or 65 (uncompressed).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let encoding = match bytes.len() {
            33 => KeyEncoding::Compressed,
            65 => KeyEncoding::Uncompressed,
            _ => return Err(KeyError::PublicKey),
        };
        let point = secp256k1::PublicKey::from_slice(bytes).map_err(|_| KeyError::PublicKey)?;
        Ok(Self { point, encoding })
    }

    /// From hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&hex::decode(text).map_err(|_| KeyError::PublicKey)?)
    }

    /// The same key, written in another way; it has another address.
    #[must_use]
    pub const fn with_encoding(self, encoding: KeyEncoding) -> Self {
        Self { encoding, ..self }
    }

    /// How it is written.
    pub const fn encoding(&self) -> KeyEncoding {
        self.encoding
    }

    /// The bytes that are hashed: 33 or 65.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self.encoding {
            KeyEncoding::Compressed => self.point.serialize().to_vec(),
            KeyEncoding::Uncompressed => self.point.serialize_uncompressed().to_vec(),
        }
    }

    /// The 33 bytes in which keys travel in transactions.
    pub fn to_compressed_bytes(&self) -> [u8; 33] {
        self.point.serialize()
    }

    /// What its usual address commits to.
    pub fn hash(&self) -> Hash160 {
        Hash160(hash160(&self.to_bytes()))
    }

    /// Its usual address (P2PKH).
    pub fn address(&self, version: TransactionVersion) -> Address {
        Address::new(version.single_sig(), self.hash())
    }

    /// The key that made a signature of a digest. As a node, it refuses a high s.
    pub fn recover(
        digest: &[u8; 32],
        signature: &Signature,
        encoding: KeyEncoding,
    ) -> Result<Self, SignatureError> {
        let [recovery_id, compact @ ..] = &signature.0;
        let recovery_id =
            RecoveryId::from_i32(i32::from(*recovery_id)).map_err(|_| SignatureError::Malformed)?;
        let signature = RecoverableSignature::from_compact(compact, recovery_id)
            .map_err(|_| SignatureError::Malformed)?;
        let standard = signature.to_standard();
        let mut low = standard;
        low.normalize_s();
        if low != standard {
            return Err(SignatureError::HighS);
        }
        let point = CURVE
            .recover_ecdsa(&Message::from_digest(*digest), &signature)
            .map_err(|_| SignatureError::NoKey)?;
        Ok(Self { point, encoding })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A secret key, and how its public key is written. Overwritten when dropped, as far as that goes: see the module.
pub struct SecretKey {
    key: secp256k1::SecretKey,
    public: PublicKey,
}

impl SecretKey {
    /// From 32 bytes; the public key is written compressed, as in every current wallet.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(bytes, KeyEncoding::Compressed)
    }

    /// From hexadecimal digits: 64 for a key whose public key is written uncompressed, or 66 ending in `01` for a
    /// compressed one. This is how Stacks wallets export keys.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let (digits, encoding) = match text.len() {
            64 => (text, KeyEncoding::Uncompressed),
            66 => (text.strip_suffix("01").ok_or(KeyError::SecretKeyFormat)?, KeyEncoding::Compressed),
            _ => return Err(KeyError::SecretKeyFormat),
        };
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| KeyError::SecretKeyFormat)?;
        Self::new(&bytes, encoding)
    }

    fn new(bytes: &[u8; 32], encoding: KeyEncoding) -> Result<Self, KeyError> {
        let key = secp256k1::SecretKey::from_slice(bytes).map_err(|_| KeyError::SecretKeyRange)?;
        let public = PublicKey { point: key.public_key(&CURVE), encoding };
        Ok(Self { key, public })
    }

    /// The public key.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Its usual address (P2PKH).
    pub fn address(&self, version: TransactionVersion) -> Address {
        self.public.address(version)
    }

    /// The 32 bytes, to be kept encrypted. Overwritten when dropped, as far as that goes: see the module.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.secret_bytes())
    }

    /// Signs a digest; deterministic (RFC 6979) and with a low s.
    pub fn sign(&self, digest: &[u8; 32]) -> Signature {
        let signature = CURVE.sign_ecdsa_recoverable(&Message::from_digest(*digest), &self.key);
        let (recovery_id, compact) = signature.serialize_compact();
        let mut bytes = [0; 65];
        // 0 to 3.
        bytes[0] = u8::try_from(recovery_id.to_i32()).unwrap_or_default();
        bytes[1..].copy_from_slice(&compact);
        Signature(bytes)
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.key.non_secure_erase();
    }
}

/// What a mnemonic stands for: the root of any number of accounts. Overwritten when dropped, as far as that goes: see the
/// module.
pub struct Seed(Zeroizing<[u8; 64]>);

impl Seed {
    /// From English BIP-39 words and a passphrase, which is empty for most wallets. A different passphrase is a different
    /// seed, never an error.
    pub fn from_mnemonic(words: &str, passphrase: &str) -> Result<Self, KeyError> {
        let mnemonic =
            bip39::Mnemonic::parse_in(bip39::Language::English, words).map_err(|_| KeyError::Mnemonic)?;
        Ok(Self(Zeroizing::new(mnemonic.to_seed(passphrase))))
    }

    /// The key of an account, counted from 0: `m/44'/5757'/0'/0/n`, as in every Stacks wallet.
    pub fn account(&self, number: u32) -> Result<SecretKey, KeyError> {
        if number >= 1 << 31 {
            return Err(KeyError::Account(number));
        }
        let path: DerivationPath =
            format!("m/44'/5757'/0'/0/{number}").parse().map_err(|_| KeyError::Account(number))?;
        let extended = XPrv::derive_from_path(self.0.as_slice(), &path).map_err(|_| KeyError::Derivation)?;
        let mut bytes = extended.to_bytes();
        let key = SecretKey::from_bytes(&bytes);
        bytes.zeroize();
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601";

    #[test]
    fn the_devnet_s_deployer_is_derived() {
        let words = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow spring \
                     wrist shed math olympic multiply hip blue scout claw";
        let key = Seed::from_mnemonic(words, "").unwrap().account(0).unwrap();
        assert_eq!(hex::encode(*key.to_bytes()) + "01", KEY);
        assert_eq!(
            key.address(TransactionVersion::Testnet).to_string(),
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
        );
        let other = Seed::from_mnemonic(words, "with a passphrase").unwrap().account(0).unwrap();
        assert_ne!(*other.to_bytes(), *key.to_bytes());
    }

    #[test]
    fn both_lengths_of_secret_keys_are_read() {
        let compressed = SecretKey::from_hex(KEY).unwrap();
        let uncompressed = SecretKey::from_hex(&KEY[..64]).unwrap();
        assert_eq!(compressed.public_key().to_bytes().len(), 33);
        assert_eq!(uncompressed.public_key().to_bytes().len(), 65);
        assert_ne!(compressed.public_key().hash(), uncompressed.public_key().hash());
        assert_eq!(
            uncompressed.public_key().with_encoding(KeyEncoding::Compressed),
            *compressed.public_key()
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        assert_eq!(SecretKey::from_hex(&"0".repeat(64)).err(), Some(KeyError::SecretKeyRange));
        assert_eq!(SecretKey::from_hex(order).err(), Some(KeyError::SecretKeyRange));
        for bad in ["", "12", &"g".repeat(64), &format!("{}02", &KEY[..64]), &"é".repeat(32)] {
            assert_eq!(SecretKey::from_hex(bad).err(), Some(KeyError::SecretKeyFormat), "{bad}");
        }
        assert_eq!(PublicKey::from_hex(&format!("02{}", "f".repeat(64))).err(), Some(KeyError::PublicKey));
        assert_eq!(Seed::from_mnemonic("abandon abandon", "").err(), Some(KeyError::Mnemonic));
        let seed = Seed::from_mnemonic(&(["abandon"; 11].join(" ") + " about"), "").unwrap();
        assert_eq!(seed.account(1 << 31).err(), Some(KeyError::Account(1 << 31)));
    }

    #[test]
    fn a_signature_recovers_to_its_key_and_a_high_s_does_not() {
        let key = SecretKey::from_hex(KEY).unwrap();
        let digest = [7; 32];
        let signature = key.sign(&digest);
        assert_eq!(signature, key.sign(&digest));
        assert_eq!(PublicKey::recover(&digest, &signature, KeyEncoding::Compressed), Ok(*key.public_key()));
        let mut high = signature;
        let s = secp256k1::SecretKey::from_slice(&signature.0[33..]).unwrap().negate();
        high.0[33..].copy_from_slice(&s.secret_bytes());
        high.0[0] ^= 1;
        assert_eq!(PublicKey::recover(&digest, &high, KeyEncoding::Compressed), Err(SignatureError::HighS));
        assert!(PublicKey::recover(&digest, &Signature::EMPTY, KeyEncoding::Compressed).is_err());
        let mut unknown = signature;
        unknown.0[0] = 4;
        assert_eq!(
            PublicKey::recover(&digest, &unknown, KeyEncoding::Compressed),
            Err(SignatureError::Malformed)
        );
    }
}
