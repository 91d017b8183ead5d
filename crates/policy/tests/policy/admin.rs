//! Every role against every act.

use causerie_policy::{AdminAct, AdminRole, Rule, decide_admin, decide_token};

/// A row an act, a column a role: administrator, compliance officer, user administrator, auditor.
const TABLE: &[(AdminAct, [bool; 4])] = &[
    (AdminAct::ReadUsers, [true, true, true, true]),
    (AdminAct::ReadRooms, [true, true, false, true]),
    (AdminAct::ReadSettings, [true, true, false, true]),
    (AdminAct::ReadStatus, [true, true, true, true]),
    (AdminAct::ReadAudit, [true, true, false, true]),
    (AdminAct::ChangeUsers, [true, false, true, false]),
    (AdminAct::ChangeRooms, [true, false, false, false]),
    (AdminAct::ChangeMessages, [true, false, false, false]),
    (AdminAct::ChangeSettings, [true, false, false, false]),
    (AdminAct::ManageTokens, [true, false, false, false]),
    (AdminAct::ReadCompliance, [false, true, false, false]),
    (AdminAct::ExportCompliance, [false, true, false, false]),
    (AdminAct::HoldCompliance, [false, true, false, false]),
    (AdminAct::RetireCompliance, [false, true, false, false]),
    (AdminAct::ChangeCompliance, [false, true, false, false]),
];

#[test]
fn every_role_may_do_what_the_table_says() {
    let acts: Vec<AdminAct> = TABLE.iter().map(|(act, _)| *act).collect();
    assert_eq!(acts, AdminAct::ALL, "no act is left out");
    for (act, row) in TABLE {
        for (role, allowed) in AdminRole::ALL.iter().zip(row) {
            let verdict = decide_admin(*role, *act);
            assert_eq!(verdict.allowed, *allowed, "{role} {act} by {verdict:?}");
            assert_eq!(verdict.allowed, verdict.rule.allows());
        }
    }
}

#[test]
fn the_rule_names_the_role_or_what_it_lacks() {
    for (role, act, rule) in [
        (
            AdminRole::Administrator,
            AdminAct::ChangeRooms,
            Rule::Administrator,
        ),
        (
            AdminRole::Administrator,
            AdminAct::ExportCompliance,
            Rule::OfficersOnly,
        ),
        (
            AdminRole::ComplianceOfficer,
            AdminAct::HoldCompliance,
            Rule::ComplianceOfficer,
        ),
        (
            AdminRole::ComplianceOfficer,
            AdminAct::ChangeUsers,
            Rule::AdministratorsOnly,
        ),
        (
            AdminRole::UserAdministrator,
            AdminAct::ChangeUsers,
            Rule::UserAdministrator,
        ),
        (
            AdminRole::UserAdministrator,
            AdminAct::ChangeRooms,
            Rule::UsersOnly,
        ),
        (AdminRole::Auditor, AdminAct::ReadAudit, Rule::Auditor),
        (AdminRole::Auditor, AdminAct::ChangeUsers, Rule::AuditorsOnlyRead),
        (AdminRole::Auditor, AdminAct::ReadCompliance, Rule::OfficersOnly),
    ] {
        assert_eq!(decide_admin(role, act).rule, rule, "{role} {act}");
    }
}

#[test]
fn tokens_of_officers_are_given_on_the_machine_and_all_by_administrators() {
    for &role in AdminRole::ALL {
        for &of in AdminRole::ALL {
            for on_machine in [false, true] {
                let verdict = decide_token(role, on_machine, of);
                let allowed =
                    role == AdminRole::Administrator && (on_machine || of != AdminRole::ComplianceOfficer);
                assert_eq!(verdict.allowed, allowed, "{role} {on_machine} {of}");
            }
        }
    }
    let refused = decide_token(AdminRole::Administrator, false, AdminRole::ComplianceOfficer);
    assert_eq!(refused.rule, Rule::OfficersOnMachine);
}

#[test]
fn roles_are_read_as_they_are_written() {
    for &role in AdminRole::ALL {
        assert_eq!(role.to_string().parse(), Ok(role));
    }
    for bad in ["", "Administrator", "root", "auditor "] {
        assert!(bad.parse::<AdminRole>().is_err(), "{bad}");
    }
}
