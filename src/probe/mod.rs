//! The only code that talks to the outside, one file a kind. Collecting cannot fail: a probe that fails is evidence of
//! that.

pub mod reach;

pub use reach::{Override, Reach};
