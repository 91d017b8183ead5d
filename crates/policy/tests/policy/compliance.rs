//! Messages that compliance can't keep up with.

use causerie_model::ComplianceMode;
use causerie_policy::{Rule, Tolerance, decide_compliance};
use std::time::Duration;

#[test]
fn only_a_closed_category_refuses_and_only_while_compliance_is_behind() {
    let decided = ComplianceMode::ALL.iter().flat_map(|mode| {
        [false, true].map(|behind| {
            let verdict = decide_compliance(*mode, behind);
            (mode.as_str(), behind, verdict.allowed, verdict.rule)
        })
    });
    assert_eq!(
        decided.collect::<Vec<_>>(),
        [
            ("open", false, true, Rule::ComplianceKeepsUp),
            ("open", true, true, Rule::ComplianceMayLag),
            ("closed", false, true, Rule::ComplianceKeepsUp),
            ("closed", true, false, Rule::ComplianceBehind),
        ]
    );
    assert!(!Rule::ComplianceBehind.is_wall() && !Rule::ComplianceBehind.hides());
}

#[test]
fn compliance_is_behind_one_above_either_limit() {
    let age = Duration::from_secs(3_600);
    let more = age + Duration::from_nanos(1);
    let tolerance = Tolerance { depth: 7, age };
    for (depth, oldest, behind) in [
        (0, None, false),
        (7, None, false),
        (8, None, true),
        (1, Some(age), false),
        (7, Some(age), false),
        (1, Some(more), true),
        (8, Some(age), true),
        (u64::MAX, Some(Duration::MAX), true),
    ] {
        assert_eq!(tolerance.is_exceeded(depth, oldest), behind, "{depth} {oldest:?}");
    }
}
