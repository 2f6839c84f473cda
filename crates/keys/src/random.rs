//! Where random bytes come from.

use zeroize::Zeroizing;

/// The operating system gave no random bytes. Nothing was made or changed; without them no key can be made, and the
/// machine needs repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes, without which no key can be made")]
pub struct RandomnessError;

/// A source of random bytes. The product has one, [`OsRandomness`]; tests bring others.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// There is no randomness; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError>;
}

/// The operating system's generator, never seeded by us.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        getrandom::fill(bytes).map_err(|_| RandomnessError)
    }
}

/// Public random bytes: salts, nonces, names.
pub(crate) fn public<const N: usize>(source: &dyn Randomness) -> Result<[u8; N], RandomnessError> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}

/// Secret random bytes. Boxed, so that moving them does not copy them.
pub(crate) fn secret<const N: usize>(
    source: &dyn Randomness,
) -> Result<Box<Zeroizing<[u8; N]>>, RandomnessError> {
    let mut bytes = Box::new(Zeroizing::new([0; N]));
    source.fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// A number below `bound`, each as likely as the others. `bound` is 1 to 256.
pub(crate) fn below(source: &dyn Randomness, bound: usize) -> Result<usize, RandomnessError> {
    // Bytes above the largest multiple of the bound would make small numbers likelier.
    let usable = 256 - 256 % bound.clamp(1, 256);
    loop {
        let [byte] = public::<1>(source)?;
        let number = usize::from(byte);
        if number < usable {
            return Ok(number % bound.clamp(1, 256));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// 0, 1, 2, …
    struct Counter(AtomicU8);

    impl Randomness for Counter {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
            Ok(())
        }
    }

    #[test]
    fn numbers_below_a_bound_are_equally_likely() {
        let source = Counter(AtomicU8::new(0));
        let mut counts = [0; 24];
        for _ in 0..240 {
            counts[below(&source, 24).unwrap()] += 1;
        }
        // Of the bytes 0 to 255, the last 16 are thrown away.
        assert_eq!(counts, [10; 24]);
    }

    #[test]
    fn the_operating_system_s_bytes_differ() {
        assert_ne!(public::<32>(&OsRandomness).unwrap(), public::<32>(&OsRandomness).unwrap());
    }
}
