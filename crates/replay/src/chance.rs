//! Random numbers from a seed: the same in every version and on every platform.

use bithedge_protocol::math::ln;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// 1 at scale 1e12.
const ONE: i128 = 1_000_000_000_000;
const SCALE: u128 = ONE.unsigned_abs();

/// A stream of random numbers.
#[derive(Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of a seed for a purpose: streams of different purposes have nothing to do with one another.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        // The key is written out here, because how a generator would stretch a short seed is its own affair.
        let mut key = [0; 32];
        for (place, byte) in key.iter_mut().zip(seed.to_le_bytes().into_iter().chain(purpose.to_le_bytes())) {
            *place = byte;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1), at scale 1e12.
    pub(crate) fn uniform(&mut self) -> u128 {
        (u128::from(self.0.next_u64()) * SCALE) >> 64
    }

    /// One of the whole numbers from 0 up to but not including `count`; 0 of none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let place = (u128::from(self.0.next_u64()) * count as u128) >> 64;
        usize::try_from(place).unwrap_or_default()
    }

    /// Whether something happens that happens once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several, if there are any.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// Normal with mean 0 and deviation 1, at scale 1e12, by the polar method (G. Marsaglia and T. A. Bray, "A convenient method
    /// for generating normal variables", 1964). Its second number is thrown away.
    pub(crate) fn normal(&mut self) -> i128 {
        loop {
            // Within ±1: at most 1e12 in size, which makes squares of at most 1e24.
            let [u, v] = [(); 2].map(|()| 2 * self.uniform().cast_signed() - ONE);
            let s = (u * u + v * v).cast_unsigned() / SCALE;
            if s >= SCALE {
                continue;
            }
            // The logarithm of zero is refused: then it tries again as well.
            let Ok(log) = ln(s) else { continue };
            let ratio = (-2 * log.units()).cast_unsigned() * SCALE / s;
            // At most 56e24: its root at scale 1e12 is that of 56e36.
            return u * (ratio * SCALE).isqrt().cast_signed() / ONE;
        }
    }

    /// How often something happens whose chance not to happen at all is `none` (e^-rate, at scale 1e12): Poisson, by
    /// multiplying uniform numbers until they are below that chance.
    pub(crate) fn poisson(&mut self, none: u128) -> u32 {
        let mut product = self.uniform();
        let mut count = 0;
        while product > none {
            product = product * self.uniform() / SCALE;
            count += 1;
        }
        count
    }
}
