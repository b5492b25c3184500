//! Judges of `privacy`; the rules are in `checks/privacy/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "privacy",
    definition: include_str!("../../checks/privacy/checks.yaml"),
    texts: include_str!("../../checks/privacy/en.ftl"),
    guide: include_str!("../../checks/privacy/README.md"),
    checks: &[],
};
