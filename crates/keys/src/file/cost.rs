//! What it costs to try a passphrase: Argon2id (RFC 9106) and its parameters.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize as _, Zeroizing};

use super::KeyFileError;
use crate::keychain::KeychainSecret;
use crate::passphrase::Passphrase;

/// Argon2id's parameters: what one try of a passphrase costs, us and everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfCost {
    /// Memory, in KiB.
    memory_kib: u32,
    /// Passes over the memory.
    passes: u32,
    /// Lanes. They are worked on one after the other here.
    lanes: u8,
}

impl KdfCost {
    /// What new files get. How it was chosen and what it takes: `docs/decisions/0015-how-keys-are-kept.md`.
    pub const RECOMMENDED: Self = Self { memory_kib: 256 * 1024, passes: 4, lanes: 1 };

    /// The most memory that a file may ask for: 1 GiB.
    const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    /// The least, for each lane: Argon2's own limit.
    const MIN_MEMORY_KIB: u32 = 8;
    /// The most passes that a file may ask for.
    const MAX_PASSES: u32 = 64;
    /// The most lanes that a file may ask for.
    const MAX_LANES: u8 = 16;
    /// The most memory that all passes together may go through: 4 GiB, some seconds.
    const MAX_WORK_KIB: u64 = 4 * 1024 * 1024;

    /// Parameters from the numbers in a file: 8 KiB a lane to 1 GiB, at most 64 passes, 16 lanes, and memory times passes
    /// of 4 GiB. What is outside is refused, so that no file makes anybody wait for minutes or run out of memory.
    pub(super) fn new(memory_kib: u32, passes: u32, lanes: u8) -> Result<Self, KeyFileError> {
        let cost = Self { memory_kib, passes, lanes };
        let least = Self::MIN_MEMORY_KIB.saturating_mul(u32::from(lanes));
        let is_sane = (1..=Self::MAX_LANES).contains(&lanes)
            && (1..=Self::MAX_PASSES).contains(&passes)
            && (least..=Self::MAX_MEMORY_KIB).contains(&memory_kib)
            && u64::from(memory_kib) * u64::from(passes) <= Self::MAX_WORK_KIB;
        if is_sane { Ok(cost) } else { Err(KeyFileError::Cost { memory_kib, passes, lanes }) }
    }

    /// Costs nothing and protects nothing: 64 KiB, one pass. Only for tests, which need hundreds of files.
    #[cfg(any(test, feature = "test-cost"))]
    pub const fn for_tests() -> Self {
        Self { memory_kib: 64, passes: 1, lanes: 1 }
    }

    /// Any parameters within the limits, for measuring them. Only for tests and examples: the product writes
    /// [`RECOMMENDED`](Self::RECOMMENDED).
    ///
    /// # Errors
    /// [`KeyFileError::Cost`] if they are outside the limits.
    #[cfg(any(test, feature = "test-cost"))]
    pub fn to_be_measured(memory_kib: u32, passes: u32, lanes: u8) -> Result<Self, KeyFileError> {
        Self::new(memory_kib, passes, lanes)
    }

    /// Memory, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub const fn lanes(self) -> u8 {
        self.lanes
    }

    /// The key for these. The keychain's secret is Argon2's own secret parameter (RFC 9106, K): it goes into the first
    /// hash, so that without its 256 bits no passphrase can even be tried.
    ///
    /// Takes about a second with [`RECOMMENDED`](Self::RECOMMENDED), and that much memory, which is overwritten.
    pub(super) fn key(
        self,
        passphrase: &Passphrase,
        keychain: Option<&KeychainSecret>,
        salt: &[u8; 16],
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let Self { memory_kib, passes, lanes } = self;
        let unusable = |_| KeyFileError::Cost { memory_kib, passes, lanes };
        let parameters = Params::new(memory_kib, passes, u32::from(lanes), Some(32)).map_err(unusable)?;
        let blocks = parameters.block_count();
        let argon2 = match keychain {
            Some(secret) => {
                Argon2::new_with_secret(secret.as_bytes(), Algorithm::Argon2id, Version::V0x13, parameters)
                    .map_err(unusable)?
            }
            None => Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters),
        };
        // Not `vec!`, which ends the program when there is not enough.
        let mut memory = Overwritten(Vec::new());
        memory.0.try_reserve_exact(blocks).map_err(|_| KeyFileError::OutOfMemory { memory_kib })?;
        memory.0.resize(blocks, Block::new());
        let mut key = Zeroizing::new([0; 32]);
        argon2
            .hash_password_into_with_memory(
                passphrase.as_bytes(),
                salt,
                key.as_mut_slice(),
                memory.0.as_mut_slice(),
            )
            .map_err(unusable)?;
        Ok(key)
    }
}

/// Argon2's working memory, from which its result could be computed. Also overwritten when something fails.
struct Overwritten(Vec<Block>);

impl Drop for Overwritten {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Block::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of RFC 9106, section 5.3: the library computes Argon2id with a secret as the RFC says.
    #[test]
    fn the_library_computes_argon2id_as_the_rfc_does() {
        let parameters = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, parameters).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(hex::encode(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    #[test]
    fn passphrase_secret_salt_and_cost_all_matter() {
        let cost = KdfCost::for_tests();
        let passphrase = Passphrase::new("correct horse").unwrap();
        let secret = KeychainSecret::from_bytes(&[7; 32]).unwrap();
        let key = |cost: KdfCost, typed: &str, secret: Option<&KeychainSecret>, salt: u8| {
            *cost.key(&Passphrase::new(typed).unwrap(), secret, &[salt; 16]).ok().unwrap()
        };
        let reference = *cost.key(&passphrase, Some(&secret), &[1; 16]).ok().unwrap();
        assert_eq!(key(cost, "correct horse", Some(&secret), 1), reference);
        let other = KeychainSecret::from_bytes(&[8; 32]).unwrap();
        assert_ne!(key(cost, "correct horse", Some(&other), 1), reference);
        assert_ne!(key(cost, "correct horse", None, 1), reference);
        assert_ne!(key(cost, "Correct horse", Some(&secret), 1), reference);
        assert_ne!(key(cost, "correct horse", Some(&secret), 2), reference);
        let dearer = KdfCost::new(64, 2, 1).unwrap();
        assert_ne!(key(dearer, "correct horse", Some(&secret), 1), reference);
    }

    #[test]
    fn costs_outside_the_limits_are_refused() {
        for (memory_kib, passes, lanes) in [
            (0, 1, 1),
            (7, 1, 1),
            (15, 1, 2),
            (64, 0, 1),
            (64, 65, 1),
            (64, 1, 0),
            (1024, 1, 17),
            (1024 * 1024 + 1, 1, 1),
            (1024 * 1024, 5, 1),
            (u32::MAX, u32::MAX, 255),
        ] {
            let expected = KeyFileError::Cost { memory_kib, passes, lanes };
            assert_eq!(KdfCost::new(memory_kib, passes, lanes), Err(expected));
        }
        assert!(KdfCost::new(1024 * 1024, 4, 1).is_ok());
        assert!(KdfCost::new(8, 64, 1).is_ok());
    }

    #[test]
    fn new_files_cost_what_the_decision_records() {
        let KdfCost { memory_kib, passes, lanes } = KdfCost::RECOMMENDED;
        assert_eq!(KdfCost::new(memory_kib, passes, lanes), Ok(KdfCost::RECOMMENDED));
        let page = include_str!("../../../../docs/decisions/0015-how-keys-are-kept.md");
        let recorded = format!("Argon2id, {} MiB, {passes} passes, {lanes} lane", memory_kib / 1024);
        assert!(page.contains(&recorded), "the decision does not say {recorded:?}");
    }
}
