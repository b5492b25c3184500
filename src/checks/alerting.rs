//! Judges of `alerting`; the rules are in `checks/alerting/`.

use super::Consideration;

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "alerting",
    definition: include_str!("../../checks/alerting/checks.yaml"),
    texts: include_str!("../../checks/alerting/en.ftl"),
    guide: include_str!("../../checks/alerting/README.md"),
    checks: &[],
};
