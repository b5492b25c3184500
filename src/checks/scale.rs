//! Judges of `scale`; the rules are in `checks/scale/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "scale",
    definition: include_str!("../../checks/scale/checks.yaml"),
    texts: include_str!("../../checks/scale/en.ftl"),
    guide: include_str!("../../checks/scale/README.md"),
    checks: &[],
};
