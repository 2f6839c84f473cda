//! A person's own networks, in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::profile::{NetworkProfile, ProfileError, ProfileId, ProfileInput};

/// The format that is written, and the newest that is read.
const FORMAT: u32 = 1;

/// The most networks of one's own.
const MAX_PROFILES: usize = 50;

/// More than a full list has.
const MAX_BYTES: u64 = 1024 * 1024;

/// Damaged files that are kept beside it.
const MOST_ASIDE: u32 = 1000;

/// Why the list of a person's own networks could not be read or kept. No money is concerned: it says only where to look.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfilesError {
    /// A later version of the application wrote it. It is left as it is; use that version.
    #[error("{} has format {found}, and this version knows formats up to {FORMAT}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// What was typed cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// There is no such network of one's own: the built-in ones are not in the list.
    #[error("there is no network {0} in the list of one's own")]
    Unknown(ProfileId),
    /// The list is full.
    #[error("there are {MAX_PROFILES} networks already, more are not kept")]
    TooMany,
    /// The disk is full. The list is as it was.
    #[error("the disk is full: {} cannot be written", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// It may not be written, or not be read. The list is as it was.
    #[error("{} may not be used: the file or its folder is closed to this user", path.display())]
    NotAllowed {
        /// The file.
        path: PathBuf,
    },
    /// The new list is in place, but the disk does not confirm that it survives a loss of power.
    #[error("{} is written, but the disk does not confirm it: after a loss of power the old list may be back", path.display())]
    NotConfirmed {
        /// The file.
        path: PathBuf,
    },
    /// Anything else that the operating system reports.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The list as it was found.
#[derive(Debug)]
pub struct Opened {
    /// The list.
    pub profiles: OwnProfiles,
    /// Where a damaged file was put, to be said: the list is empty then, and its networks have to be entered again.
    pub set_aside: Option<PathBuf>,
}

/// A person's own networks, and the file that keeps them. Nothing in it is secret.
#[derive(Debug)]
pub struct OwnProfiles {
    path: PathBuf,
    profiles: Vec<NetworkProfile>,
    /// The number of the next one: none is given twice, so that what is kept by number never gets another meaning.
    next: u32,
}

#[derive(Deserialize)]
struct Versioned {
    format: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    next: u32,
    profiles: Vec<StoredProfile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredProfile {
    number: u32,
    profile: ProfileInput,
}

impl OwnProfiles {
    /// Reads the list. Without a file it is empty. A damaged one is kept under another name, and that is said.
    ///
    /// What is read is checked as strictly as what a person types: whoever can write the file could otherwise have the
    /// application talk to a node without encryption.
    ///
    /// # Errors
    /// [`ProfilesError::Newer`], which leaves the file alone; it cannot be read, or a damaged one not be put aside.
    pub fn open(path: &Path) -> Result<Opened, ProfilesError> {
        let empty = || Self { path: path.to_owned(), profiles: Vec::new(), next: 1 };
        let bytes = match read(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Opened { profiles: empty(), set_aside: None }),
            Err(source) => return Err(io_error(path, source)),
        };
        if let Ok(Versioned { format }) = serde_json::from_slice(&bytes)
            && format > u64::from(FORMAT)
        {
            return Err(ProfilesError::Newer { path: path.to_owned(), found: format });
        }
        match parse(&bytes) {
            Some((profiles, next)) => {
                Ok(Opened { profiles: Self { path: path.to_owned(), profiles, next }, set_aside: None })
            }
            None => {
                let aside = set_aside(path).map_err(|source| io_error(path, source))?;
                Ok(Opened { profiles: empty(), set_aside: Some(aside) })
            }
        }
    }

    /// The networks, in the order in which they were entered.
    #[must_use]
    pub fn all(&self) -> &[NetworkProfile] {
        &self.profiles
    }

    /// What a network would be in the list, new or in another one's place. Nothing is kept.
    ///
    /// # Errors
    /// As [`add`](Self::add) and [`replace`](Self::replace).
    pub fn check(
        &self,
        replaces: Option<ProfileId>,
        input: &ProfileInput,
    ) -> Result<NetworkProfile, ProfilesError> {
        let number = match replaces {
            None if self.profiles.len() >= MAX_PROFILES => return Err(ProfilesError::TooMany),
            None => self.next,
            Some(id @ ProfileId::Own(number)) if self.profiles.iter().any(|known| known.id() == id) => number,
            Some(id) => return Err(ProfilesError::Unknown(id)),
        };
        let profile = NetworkProfile::own(number, input)?;
        self.check_name(&profile)?;
        Ok(profile)
    }

    /// Enters a network and keeps it.
    ///
    /// # Errors
    /// [`ProfilesError`]: nothing was entered, but for [`NotConfirmed`](ProfilesError::NotConfirmed).
    pub fn add(&mut self, input: &ProfileInput) -> Result<ProfileId, ProfilesError> {
        let profile = self.check(None, input)?;
        let next = self.next.checked_add(1).ok_or(ProfilesError::TooMany)?;
        let id = profile.id();
        let mut profiles = self.profiles.clone();
        profiles.push(profile);
        self.keep(profiles, next)?;
        Ok(id)
    }

    /// Puts something else in a network's place and keeps it.
    ///
    /// # Errors
    /// [`ProfilesError`]: nothing was changed, but for [`NotConfirmed`](ProfilesError::NotConfirmed).
    pub fn replace(&mut self, id: ProfileId, input: &ProfileInput) -> Result<(), ProfilesError> {
        let profile = self.check(Some(id), input)?;
        let mut profiles = self.profiles.clone();
        let place = profiles.iter_mut().find(|known| known.id() == id);
        *place.ok_or(ProfilesError::Unknown(id))? = profile;
        self.keep(profiles, self.next)
    }

    /// Takes a network out of the list. What is known of the chain stays where it is.
    ///
    /// # Errors
    /// [`ProfilesError`]: it is still there, but for [`NotConfirmed`](ProfilesError::NotConfirmed).
    pub fn remove(&mut self, id: ProfileId) -> Result<(), ProfilesError> {
        let mut profiles = self.profiles.clone();
        profiles.retain(|profile| profile.id() != id);
        if profiles.len() == self.profiles.len() {
            return Err(ProfilesError::Unknown(id));
        }
        self.keep(profiles, self.next)
    }

    fn check_name(&self, new: &NetworkProfile) -> Result<(), ProfileError> {
        let taken = self.profiles.iter().find(|known| known.id() != new.id() && known.is_called(new.name()));
        taken.map_or(Ok(()), |known| Err(ProfileError::NameTaken { name: known.name().to_owned() }))
    }

    fn keep(&mut self, profiles: Vec<NetworkProfile>, next: u32) -> Result<(), ProfilesError> {
        let stored = Stored { format: FORMAT, next, profiles: profiles.iter().map(stored).collect() };
        let bytes = serde_json::to_vec_pretty(&stored)
            .map_err(|error| io_error(&self.path, io::Error::other(error)))?;
        let written = replace(&self.path, &bytes);
        // What is in place is what is used, also if the disk has not confirmed it.
        if matches!(written, Ok(()) | Err(ProfilesError::NotConfirmed { .. })) {
            self.profiles = profiles;
            self.next = next;
        }
        written
    }
}

fn stored(profile: &NetworkProfile) -> StoredProfile {
    let number = match profile.id() {
        ProfileId::Own(number) => number,
        // Built-in ones do not get into the list.
        ProfileId::Devnet | ProfileId::Testnet | ProfileId::Mainnet => 0,
    };
    StoredProfile { number, profile: profile.input() }
}

fn parse(bytes: &[u8]) -> Option<(Vec<NetworkProfile>, u32)> {
    let Stored { format: FORMAT, next, profiles } = serde_json::from_slice(bytes).ok()? else { return None };
    if profiles.len() > MAX_PROFILES {
        return None;
    }
    let mut read: Vec<NetworkProfile> = Vec::with_capacity(profiles.len());
    for StoredProfile { number, profile } in profiles {
        let profile = NetworkProfile::own(number, &profile).ok()?;
        let is_taken = read.iter().any(|known| known.id() == profile.id() || known.is_called(profile.name()));
        if is_taken || number == 0 || number >= next {
            return None;
        }
        read.push(profile);
    }
    Some((read, next.max(1)))
}

/// `None` if there is no file. Something larger than any list is given as nothing that parses.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bytes.clear();
    }
    Ok(Some(bytes))
}

/// Gives the file another name, which no other has.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..=MOST_ASIDE {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".damaged-{number}"));
        let aside = path.with_file_name(name);
        if !aside.try_exists()? {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many damaged files are kept beside it"))
}

/// Replaces a file whole: after a loss of power there is the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), ProfilesError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    if let Err(source) = write() {
        let _ = fs::remove_file(&temporary);
        return Err(io_error(path, source));
    }
    // The name of a file is a part of its folder. Elsewhere the system does that by itself.
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|_| ProfilesError::NotConfirmed { path: path.to_owned() })?;
    Ok(())
}

fn io_error(path: &Path, source: io::Error) -> ProfilesError {
    use io::ErrorKind as K;
    let path = path.to_owned();
    match source.kind() {
        K::StorageFull | K::QuotaExceeded => ProfilesError::DiskFull { path },
        K::PermissionDenied | K::ReadOnlyFilesystem => ProfilesError::NotAllowed { path },
        _ => ProfilesError::Io { path, source },
    }
}
