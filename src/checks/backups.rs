//! Judges of `backups`; the rules are in `checks/backups/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "backups",
    definition: include_str!("../../checks/backups/checks.yaml"),
    texts: include_str!("../../checks/backups/en.ftl"),
    guide: include_str!("../../checks/backups/README.md"),
    checks: &[],
};
