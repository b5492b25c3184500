//! Judges of `updates`; the rules are in `checks/updates/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "updates",
    definition: include_str!("../../checks/updates/checks.yaml"),
    texts: include_str!("../../checks/updates/en.ftl"),
    guide: include_str!("../../checks/updates/README.md"),
    checks: &[],
};
