//! Reading consensus-serialised bytes that nobody vouches for.
//!
//! Every decoder of this crate goes through [`Reader`]: it never indexes, never allocates for a length that was only
//! declared, and answers a [`DecodeError`] that says where it stopped.

/// Largest serialised transaction a node accepts, in bytes (`MAX_TRANSACTION_LEN`, one block).
pub const MAX_TRANSACTION_BYTES: usize = 2 * 1024 * 1024;

/// Why bytes are not what they were taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ended inside a field.
    #[error("{what} needs {needed} bytes at offset {at}, but {remaining} are left")]
    UnexpectedEnd {
        /// The field that was being read.
        what: &'static str,
        /// How many bytes the field takes.
        needed: usize,
        /// How many bytes the input still has.
        remaining: usize,
        /// Offset of the field from the start of the input.
        at: usize,
    },
    /// The input goes on after the value that it should consist of.
    #[error("{count} bytes follow after the end")]
    TrailingBytes {
        /// How many bytes are left over.
        count: usize,
    },
    /// A byte that selects a variant has a value that no variant has.
    #[error("0x{byte:02x} at offset {at} is no {what}")]
    UnknownTag {
        /// What the byte selects.
        what: &'static str,
        /// The byte.
        byte: u8,
        /// Offset of the byte from the start of the input.
        at: usize,
    },
    /// A declared length or count is over the format's limit, or over what the input can hold.
    #[error("{what} declares {declared}, but at most {limit} are possible")]
    LengthOutOfRange {
        /// What is being counted.
        what: &'static str,
        /// The declared number.
        declared: usize,
        /// The largest number that is possible here.
        limit: usize,
    },
    /// Values are nested more deeply than a node reads.
    #[error("values are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The value's type would be larger than any Clarity value may be (1 MiB, counted as a node counts).
    #[error("the value is larger than a Clarity value may be")]
    ValueTooLarge,
    /// Bytes that are well delimited, but whose content the format does not allow.
    #[error("{what} is invalid: {reason}")]
    Invalid {
        /// The field.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The text is not hexadecimal.
    #[error("not hexadecimal: {0}")]
    Hex(String),
}

impl DecodeError {
    pub(crate) fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { what, reason: reason.into() }
    }
}

/// A cursor over untrusted bytes.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.input.len() - self.position
    }

    pub(crate) fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let end = self.position.checked_add(count);
        let taken = end.and_then(|end| self.input.get(self.position..end));
        let taken = taken.ok_or(DecodeError::UnexpectedEnd {
            what,
            needed: count,
            remaining: self.remaining(),
            at: self.position,
        })?;
        self.position += count;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N, what)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array(what)?))
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array(what)?))
    }

    /// A byte that selects a variant.
    pub(crate) fn tag<T>(
        &mut self,
        what: &'static str,
        variant: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T, DecodeError> {
        let at = self.position;
        let byte = self.u8(what)?;
        variant(byte).ok_or(DecodeError::UnknownTag { what, byte, at })
    }

    /// A four-byte count of elements of at least `element_bytes` each. It is checked against what is left of the input,
    /// so that a few bytes cannot ask for gigabytes.
    pub(crate) fn count(&mut self, what: &'static str, element_bytes: usize) -> Result<usize, DecodeError> {
        let declared = usize::try_from(self.u32(what)?).unwrap_or(usize::MAX);
        let limit = self.remaining() / element_bytes;
        if declared > limit {
            return Err(DecodeError::LengthOutOfRange { what, declared, limit });
        }
        Ok(declared)
    }

    /// The end of the input, which must be here.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            count => Err(DecodeError::TrailingBytes { count }),
        }
    }
}

/// Room reserved at once for a list whose length is declared: enough for common lists, too little to be abused by
/// lists within lists that each declare a great length. Beyond it the list grows with the elements that are there.
pub(crate) fn first_capacity(declared: usize) -> usize {
    declared.min(16)
}

/// Appends a four-byte length. Lengths over four bytes cannot be expressed; they saturate, and no decoder takes them.
pub(crate) fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// The bytes that a hexadecimal text stands for, with or without `0x`.
pub(crate) fn from_hex(text: &str) -> Result<Vec<u8>, DecodeError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits).map_err(|error| DecodeError::Hex(error.to_string()))
}

/// `0x` and two digits per byte.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    text.push_str(&hex::encode(bytes));
    text
}
