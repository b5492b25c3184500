//! Judges of `updates`; the rules are in `checks/updates/`.

mod practice;
mod release;

use crate::{
    evidence::{ChtAsk, ChtPart},
    knowledge::Knowledge,
};

use super::{
    Check, Consideration,
    asks::{ask_cht, ask_monitoring, ask_version},
    needs_nothing,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "updates",
    definition: include_str!("../../../checks/updates/checks.yaml"),
    texts: include_str!("../../../checks/updates/en.ftl"),
    guide: include_str!("../../../checks/updates/README.md"),
    checks: &[
        Check {
            id: "updates.supported",
            params: &["pass", "warn", "knowledge"],
            messages: &["newest", "supported", "ending", "lately", "ended", "unlisted"],
            needs: ask_version,
            evaluate: release::supported,
        },
        Check {
            id: "updates.latest-patch",
            params: &["warn", "knowledge"],
            messages: &["latest", "later", "behind", "far-behind"],
            needs: ask_version,
            evaluate: release::latest_patch,
        },
        Check {
            id: "updates.stable-build",
            params: &[],
            messages: &["release", "feature", "beta", "branch", "elsewhere"],
            needs: ask_version,
            evaluate: release::stable_build,
        },
        Check {
            id: "updates.upgrade-path",
            params: &[],
            messages: &["direct", "stop-over", "other-platform"],
            needs: ask_version,
            evaluate: release::upgrade_path,
        },
        Check {
            id: "updates.image-skew",
            params: &[],
            messages: &["same", "one-tag", "mixed", "differs", "values-differ", "other-database"],
            needs: ask_version,
            evaluate: release::image_skew,
        },
        Check {
            id: "updates.cadence",
            params: &["pass", "warn"],
            messages: &["recent", "ageing", "too-old", "seldom", "deployed-ageing", "deployed-too-old"],
            needs: |site, _: &Knowledge, asks| ask_cht(site, asks, ChtPart::DeployInfo),
            evaluate: practice::cadence,
        },
        Check { id: "updates.window", params: &[], messages: &["declared"], needs: needs_nothing, evaluate: practice::window },
        Check {
            id: "updates.trained-staff",
            params: &["people", "pass", "warn"],
            messages: &["recent", "ageing", "too-old", "enough", "few", "lapsed"],
            needs: needs_nothing,
            evaluate: practice::trained_staff,
        },
        Check {
            id: "updates.staging",
            params: &[],
            messages: &["ahead", "older", "same-server", "declared"],
            needs: |site, _: &Knowledge, asks| {
                ask_monitoring(site, asks);
                asks.cht.extend(site.said.cht.staging_url.as_deref().map(|url| ChtAsk::new(url, ChtPart::Monitoring)));
            },
            evaluate: practice::staging,
        },
        Check { id: "updates.upgrade-service", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check {
            id: "updates.os-support",
            params: &["pass"],
            messages: &["supported", "ending", "ended"],
            needs: needs_nothing,
            evaluate: practice::os_support,
        },
    ],
};
