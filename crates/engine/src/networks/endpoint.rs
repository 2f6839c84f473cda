//! The address of a node.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest address that is read, in bytes.
const MAX_BYTES: usize = 300;

/// The base address of a node: scheme, host and port, and nothing else. Over TLS, unless it is this computer's own.
///
/// Nothing in it is secret, so it can be kept in a file and shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// `https://api.hiro.so`: without a slash at the end, without the scheme's own port.
    origin: String,
    /// `api.hiro.so`; an IPv6 address in brackets.
    host: String,
    is_local: bool,
}

/// Why a text is no address of a node. Nothing was asked of anybody. The text is not repeated: a key may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No address at all.
    #[error("this is not an address such as https://api.hiro.so")]
    NotAnAddress,
    /// Longer than any address.
    #[error("an address has at most {MAX_BYTES} characters")]
    TooLong,
    /// Neither of the two schemes.
    #[error("the address has to begin with https://")]
    Scheme,
    /// Whoever is on the way could change what is answered.
    #[error(
        "http:// is for this computer's own nodes only: anybody on the way could change what a node answers"
    )]
    NotEncrypted,
    /// A user name, a password, a path, a question mark or a hash: what access keys are given in.
    #[error(
        "the address has more in it than a host and a port: access keys are given that way, and would be kept unprotected"
    )]
    MoreThanAHost,
    /// No program can listen there.
    #[error("the address names port 0, where nobody can be reached")]
    PortZero,
}

impl Endpoint {
    /// Reads what a person typed: spaces around it and a slash at the end do not matter.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn parse(typed: &str) -> Result<Self, EndpointError> {
        let typed = typed.trim();
        if typed.len() > MAX_BYTES {
            return Err(EndpointError::TooLong);
        }
        let url = Url::parse(typed).map_err(|_| EndpointError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme);
        }
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || !matches!(url.path(), "" | "/")
            || url.query().is_some()
            || url.fragment().is_some();
        if has_more {
            return Err(EndpointError::MoreThanAHost);
        }
        if url.port() == Some(0) {
            return Err(EndpointError::PortZero);
        }
        let host = url.host_str().ok_or(EndpointError::NotAnAddress)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_local =
            bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if url.scheme() == "http" && !is_local {
            return Err(EndpointError::NotEncrypted);
        }
        Ok(Self { origin: url.origin().ascii_serialization(), host: host.to_owned(), is_local })
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// Whose it is: without scheme and port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is this computer's own: reached over the loopback interface.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.is_local
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.origin)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::parse(text)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.origin)
    }
}

/// Read as strictly as what a person types: whoever can write the file could otherwise take the encryption away.
impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_addresses() {
        for (typed, read, is_local) in [
            ("https://api.hiro.so", "https://api.hiro.so", false),
            (" https://API.Hiro.so:443/ ", "https://api.hiro.so", false),
            ("https://node.example:8443", "https://node.example:8443", false),
            ("http://127.0.0.1:20443/", "http://127.0.0.1:20443", true),
            ("http://127.8.8.8:20443", "http://127.8.8.8:20443", true),
            ("http://[::1]:20443", "http://[::1]:20443", true),
            ("http://localhost:3999", "http://localhost:3999", true),
            ("https://localhost", "https://localhost", true),
        ] {
            let endpoint = Endpoint::parse(typed).unwrap();
            assert_eq!((endpoint.as_str(), endpoint.is_local()), (read, is_local), "{typed}");
            assert_eq!(Endpoint::parse(endpoint.as_str()), Ok(endpoint), "{typed}: written and read again");
        }
    }

    #[test]
    fn the_host_is_what_is_asked_for_on_the_network() {
        for (typed, host) in [
            ("https://API.Hiro.so:443/", "api.hiro.so"),
            ("https://node.example:8443", "node.example"),
            ("http://[::1]:20443", "[::1]"),
            ("https://b\u{fc}cher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(Endpoint::parse(typed).unwrap().host(), host, "{typed}");
        }
    }

    #[test]
    fn what_is_no_plain_address_of_a_node_is_refused() {
        use EndpointError as E;
        for (typed, error) in [
            ("", E::NotAnAddress),
            ("api.hiro.so", E::NotAnAddress),
            ("https://", E::NotAnAddress),
            ("ftp://api.hiro.so", E::Scheme),
            ("file:///etc/passwd", E::Scheme),
            ("javascript:alert(1)", E::Scheme),
            ("http://api.hiro.so", E::NotEncrypted),
            ("http://127.0.0.1.example.org", E::NotEncrypted),
            ("http://localhost.example.org", E::NotEncrypted),
            ("http://192.168.1.4:20443", E::NotEncrypted),
            ("http://0.0.0.0:20443", E::NotEncrypted),
            ("https://me:word@api.hiro.so", E::MoreThanAHost),
            ("https://me@api.hiro.so", E::MoreThanAHost),
            ("https://127.0.0.1@evil.example", E::MoreThanAHost),
            ("https://api.hiro.so/v2", E::MoreThanAHost),
            ("https://api.hiro.so/?key=1", E::MoreThanAHost),
            ("https://api.hiro.so/#a", E::MoreThanAHost),
            ("https://api.hiro.so:0", E::PortZero),
            ("https://api.hiro.so:99999", E::NotAnAddress),
        ] {
            assert_eq!(Endpoint::parse(typed), Err(error), "{typed}");
        }
        assert_eq!(Endpoint::parse(&format!("https://{}.example", "a".repeat(400))), Err(E::TooLong));
    }

    #[test]
    fn an_error_does_not_repeat_what_was_typed() {
        let error = Endpoint::parse("https://x:hunter2@api.hiro.so").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
