//! The only code that talks to the outside, one file a kind. Collecting cannot fail: a probe that fails is evidence of
//! that.

pub mod cht;
pub mod dns;
pub mod files;
pub mod ports;
pub mod reach;
pub mod registration;
pub mod tls;
pub mod vantage;

pub use reach::{Override, Reach};
