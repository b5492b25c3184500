//! Versions of the CHT, and of what ships with it, as servers, image tags and people spell them.

use std::{fmt, str::FromStr};

/// A version: `5.2.0`, `5.2.0-beta.3`, `5.0.0-FR-name`, `5.1.0-my-branch.1234`; a line without its patch, `5.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number; none where only the line is told.
    pub patch: Option<u32>,
    /// What kind of build it is.
    pub build: Build,
}

/// What kind of build a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Build {
    /// Published for everybody.
    Release,
    /// A release with one feature more, for those who asked for it.
    Feature(String),
    /// A trial before the release of the same number.
    Beta(u32),
    /// Built from a branch, on the way to the release of the same number.
    Branch(String),
}

/// Text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no version such as 5.2.0")]
pub struct NoVersion;

/// More is no version, whoever says so.
const LONGEST: usize = 100;

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        if text.len() > LONGEST {
            return Err(NoVersion);
        }
        let (numbers, build) = match text.split_once('-') {
            Some((numbers, build)) => (numbers, Some(build)),
            None => (text, None),
        };
        let mut parts = numbers.split('.').map(number);
        let (major, minor) = (parts.next().ok_or(NoVersion)??, parts.next().ok_or(NoVersion)??);
        let patch = parts.next().transpose()?;
        if parts.next().is_some() || (patch.is_none() && build.is_some()) {
            return Err(NoVersion);
        }
        Ok(Self { major, minor, patch, build: build.map_or(Ok(Build::Release), kind)? })
    }
}

/// Digits alone: no sign and no space, which `parse` would take.
fn number(text: &str) -> Result<u32, NoVersion> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().map_err(|_| NoVersion) } else { Err(NoVersion) }
}

fn kind(build: &str) -> Result<Build, NoVersion> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !plain(build) {
        return Err(NoVersion);
    }
    if let Some(name) = build.strip_prefix("FR-") {
        return if plain(name) { Ok(Build::Feature(name.to_owned())) } else { Err(NoVersion) };
    }
    // `beta.tests` would be a branch of that name.
    match build.strip_prefix("beta.").map(number) {
        Some(Ok(count)) => Ok(Build::Beta(count)),
        Some(Err(_)) | None => Ok(Build::Branch(build.to_owned())),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if let Some(patch) = self.patch {
            write!(f, ".{patch}")?;
        }
        match &self.build {
            Build::Release => Ok(()),
            Build::Feature(name) => write!(f, "-FR-{name}"),
            Build::Beta(count) => write!(f, "-beta.{count}"),
            Build::Branch(name) => write!(f, "-{name}"),
        }
    }
}

impl Version {
    /// Major and minor: what is supported, and what most rules are about.
    #[must_use]
    pub fn line(&self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// It came before the release `patch` of its own line: a beta or a branch of that number did.
    #[must_use]
    pub fn is_before(&self, patch: u32) -> Option<bool> {
        let own = self.patch?;
        Some(own < patch || (own == patch && matches!(self.build, Build::Beta(_) | Build::Branch(_))))
    }

    /// It holds all that `other` holds. Builds of the same number from different branches, or with different features,
    /// cannot be told apart: then it does not.
    #[must_use]
    pub fn is_at_least(&self, other: &Self) -> bool {
        if self.line() != other.line() {
            return self.line() > other.line();
        }
        match (self.patch, other.patch) {
            (Some(own), Some(other)) if own != other => own > other,
            (Some(_), Some(_)) => match (&self.build, &other.build) {
                (Build::Release | Build::Feature(_), Build::Release | Build::Beta(_) | Build::Branch(_)) => true,
                (Build::Beta(own), Build::Beta(other)) => own >= other,
                (own, other) => own == other,
            },
            // A line without its patch says too little.
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|_| panic!("{text} is a version"))
    }

    #[test]
    fn each_kind_of_build_is_told_apart() {
        // The four spellings of the CHT's own documentation (reference 4.1).
        assert_eq!(version("5.2.0"), Version { major: 5, minor: 2, patch: Some(0), build: Build::Release });
        assert_eq!(version("5.2.0-beta.3").build, Build::Beta(3));
        assert_eq!(version("5.0.0-FR-name").build, Build::Feature("name".to_owned()));
        assert_eq!(version("5.1.0-my-branch.1234").build, Build::Branch("my-branch.1234".to_owned()));
        assert_eq!(version("5.1.0-beta.tests.7").build, Build::Branch("beta.tests.7".to_owned()));
        assert_eq!(version("3.17.0-alpha.12").build, Build::Branch("alpha.12".to_owned()));
        assert_eq!(version("5.2"), Version { major: 5, minor: 2, patch: None, build: Build::Release });
        assert_eq!(version("4.22.0").line(), (4, 22));
    }

    #[test]
    fn a_version_is_written_as_it_was_read() {
        for text in ["5.2.0", "5.2", "5.2.0-beta.3", "5.0.0-FR-name", "5.1.0-my-branch.1234"] {
            assert_eq!(version(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        let long = format!("5.2.0-{}", "a".repeat(200));
        let texts = ["", "5", "latest", "v5.2.0", "5.2.0.1", "5..0", "5.2.", "-5.2.0", "+5.2.0", " 5.2.0", "5.2.0 ", "5.2-beta.1", "5.2.0-", "5.2.0-FR-"];
        for text in texts.into_iter().chain(["5.2.0-a\u{7}b", "5.2.0-a b", "99999999999.1.0", "٥.2.0", long.as_str()]) {
            assert_eq!(text.parse::<Version>(), Err(NoVersion), "{text}");
        }
    }

    #[test]
    fn a_beta_and_a_branch_come_before_their_release_and_a_feature_release_does_not() {
        assert_eq!(version("5.2.1").is_before(1), Some(false));
        assert_eq!(version("5.2.0").is_before(1), Some(true));
        assert_eq!(version("5.2.1-beta.4").is_before(1), Some(true));
        assert_eq!(version("5.2.1-fix.9").is_before(1), Some(true));
        assert_eq!(version("5.2.1-FR-maps").is_before(1), Some(false));
        assert_eq!(version("5.2.2-beta.1").is_before(1), Some(false));
        assert_eq!(version("5.2").is_before(0), None);
    }

    #[test]
    fn newer_is_at_least_as_new_and_strangers_of_one_number_are_not() {
        let at_least = [
            ("5.2.0", "5.2.0"),
            ("5.3.0-beta.1", "5.2.7"),
            ("5.2.1", "5.2.0"),
            ("6.0.0", "5.9.9"),
            ("5.10.0", "5.9.0"),
            ("5.2.0", "5.2.0-beta.9"),
            ("5.2.0", "5.2.0-branch.1"),
            ("5.2.0-beta.2", "5.2.0-beta.2"),
            ("5.2.0-beta.3", "5.2.0-beta.2"),
            ("5.2.0-FR-maps", "5.2.0"),
            ("5.2.0-FR-maps", "5.2.0-FR-maps"),
            ("5.2.0-branch.1", "5.2.0-branch.1"),
            ("5.3", "5.2.0"),
        ];
        for (newer, older) in at_least {
            assert!(version(newer).is_at_least(&version(older)), "{newer} {older}");
        }
        let not = [
            ("5.2.0", "5.2.1"),
            ("5.1.9", "5.2.0"),
            ("4.22.0", "5.0.0"),
            ("5.2.0-beta.9", "5.2.0"),
            ("5.2.0-branch.1", "5.2.0"),
            ("5.2.0-beta.1", "5.2.0-beta.2"),
            ("5.2.0", "5.2.0-FR-maps"),
            ("5.2.0-FR-maps", "5.2.0-FR-sms"),
            ("5.2.0-branch.1", "5.2.0-other.1"),
            ("5.2.0-beta.1", "5.2.0-branch.1"),
            ("5.2.0-branch.1", "5.2.0-beta.1"),
            ("5.2", "5.2.0"),
            ("5.2.0", "5.2"),
        ];
        for (own, other) in not {
            assert!(!version(own).is_at_least(&version(other)), "{own} {other}");
        }
    }
}
