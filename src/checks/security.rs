//! Judges of `security`; the rules are in `checks/security/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "security",
    definition: include_str!("../../checks/security/checks.yaml"),
    texts: include_str!("../../checks/security/en.ftl"),
    guide: include_str!("../../checks/security/README.md"),
    checks: &[],
};
