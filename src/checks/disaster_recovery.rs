//! Judges of `disaster-recovery`; the rules are in `checks/disaster-recovery/`.

use super::{Check, Consideration, Context, Judgement, needs_nothing};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "disaster-recovery",
    definition: include_str!("../../checks/disaster-recovery/checks.yaml"),
    texts: include_str!("../../checks/disaster-recovery/en.ftl"),
    guide: include_str!("../../checks/disaster-recovery/README.md"),
    checks: &[Check {
        id: "disaster-recovery.exercise",
        params: &["pass", "warn"],
        messages: &["recent", "ageing", "too-old"],
        needs: needs_nothing,
        evaluate: exercise,
    }],
};

fn exercise(cx: &Context<'_>) -> Vec<Judgement> {
    cx.dated(None)
}
