//! What `checks/` holds, as it is built into the program.

use crate::{
    catalogue::{self, Catalogue},
    checks::CONSIDERATIONS,
    hash,
    texts::{self, Texts},
};

const COMMON: &str = include_str!("../checks/common.ftl");
const WORDS: &str = include_str!("../checks/words.ftl");

/// The catalogue of every consideration.
///
/// # Errors
/// A text that cannot be read: a mistake of this program, found by its tests.
pub fn catalogue() -> Result<Catalogue, catalogue::Broken> {
    let files: Vec<_> = CONSIDERATIONS.iter().map(|it| (it.id, it.definition)).collect();
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for consideration in CONSIDERATIONS {
        hash.update(consideration.definition.as_bytes());
    }
    Catalogue::read(&files, hash::hex(&hash.finish()))
}

/// The English sentences.
///
/// # Errors
/// A text that cannot be read: a mistake of this program, found by its tests.
pub fn texts() -> Result<Texts, texts::Broken> {
    let files: Vec<_> = CONSIDERATIONS.iter().map(|it| (it.id, it.texts)).chain([("words", WORDS)]).collect();
    Texts::read(&files, COMMON)
}
