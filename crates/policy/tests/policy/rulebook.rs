//! `docs/rules.md`, written from what is decided.

use crate::{
    facts::ROOM,
    facts::USER,
    matrix::{BETWEEN, Between, Case},
};
use causerie_model::{Privacy, Role, RoomType};
use causerie_policy::{Action, Rule, decide};
use std::{fmt::Write as _, fs, path::Path};

/// Set to write the file instead of comparing it.
const WRITE: &str = "CAUSERIE_WRITE_RULES";

const ROLES: [(&str, &[Role]); 6] = [
    ("none", &[]),
    ("member", &[Role::Member]),
    ("manager", &[Role::Manager]),
    ("member, manager", &[Role::Member, Role::Manager]),
    ("member, presenter", &[Role::Member, Role::Presenter]),
    ("presenter", &[Role::Presenter]),
];

const BEGINNING: &str = "\
# Rules

What is decided about rooms, and by which rule. A test of the policy crate compares this file with the decisions;
`CAUSERIE_WRITE_RULES=1 cargo test -p causerie-policy` writes it.

## Order

The first check that refuses decides.

1. **Account**: the user exists, is enabled, and his policy lets him use rooms. The policy granted to him counts, else that
   of his site, else the global one; where none is set, he may.
2. **Scope**: neither he nor a group, unit or domain that he is in is on the category's Denied list, and one of them is on
   its Allowed list.
3. **Barrier**: nobody on the other side of an information barrier may enter the room: of a closed or secret room those on
   its member list, of an open one all on the category's Allowed list. A barrier bars nobody in a category that denies one
   of its sides as a whole. Who is on both sides is on the other side of himself.
4. **Visibility**: of a secret room he is a member or manager.
5. **Enabled**: the room isn't disabled. Managing doesn't ask this.
6. **Lists**: he is a member or the room is open; to post in an auditorium he is a presenter too. To manage he is a manager,
   and needn't be a member.
7. **Compliance**, of posting alone, and after all the others: the category is open to messages that compliance can't keep
   up with, or compliance keeps up.
";

fn rulebook() -> String {
    let mut book = BEGINNING.to_owned();
    book.push_str("\n## Rules by name\n\n");
    book.push_str(
        "Who asks about a room that he may not know of is told `no-such-room`; the rule itself is in logs and for\n\
         administrators. A *wall* is a refusal that auditors want to see.\n\n\
         | rule | answer | sentence | who asks is told | wall |\n|---|---|---|---|---|\n",
    );
    for rule in Rule::ALL {
        let answer = if rule.allows() { "yes" } else { "no" };
        let wall = if rule.is_wall() { "wall" } else { "" };
        let (code, told) = (rule.as_str(), rule.told().as_str());
        let told = if rule.told() == *rule {
            "this rule".to_owned()
        } else {
            format!("`{told}`")
        };
        writeln!(book, "| `{code}` | {answer} | {rule} | {told} | {wall} |").unwrap();
    }
    book.push_str("\n## Users in scope, with no barrier in the way\n");
    for &privacy in Privacy::ALL {
        for &room_type in RoomType::ALL {
            let place = if room_type == RoomType::Auditorium {
                "auditorium"
            } else {
                "room"
            };
            let case = |roles: &[Role]| Case::plain(privacy, room_type).with(roles);
            table(&mut book, &format!("{privacy} {place}"), case, room_type);
        }
    }
    for &privacy in Privacy::ALL {
        let case = |roles: &[Role]| Case::plain(privacy, RoomType::Normal).disabled().with(roles);
        table(
            &mut book,
            &format!("{privacy} room, disabled"),
            case,
            RoomType::Normal,
        );
    }
    barriers(&mut book);
    book
}

/// One row for what is on the other side, one column a privacy.
fn barriers(book: &mut String) {
    book.push_str("\n## Members with a barrier around them\n\nWhether a member enters. A barrier that keeps him out keeps him from every other action too.\n\n| the other side is |");
    for privacy in Privacy::ALL {
        write!(book, " {privacy} |").unwrap();
    }
    book.push_str("\n|---|---|---|---|\n");
    for between in BETWEEN {
        let name = match between {
            Between::Nothing => "not there",
            Between::OtherOutside => "out of scope",
            Between::OtherInScope => "in scope, and on no list of the room",
            Between::OtherMember => "in scope, and a member of the room",
            Between::OtherDenied => "a member, and denied by the category as a whole",
        };
        write!(book, "| {name} |").unwrap();
        for &privacy in Privacy::ALL {
            let case = Case::plain(privacy, RoomType::Normal)
                .with(&[Role::Member])
                .behind(between);
            write!(book, " {} |", answer(&case, Action::Join)).unwrap();
        }
        book.push('\n');
    }
}

/// Yes or no, and the rule.
fn answer(case: &Case, action: Action) -> String {
    let rule = decide(&case.catalogue(), USER, action, ROOM).rule;
    let answer = if rule.allows() { "yes" } else { "no" };
    format!("{answer}: {}", rule.as_str())
}

/// One row a role, one column an action. A normal room has no presenters.
fn table(book: &mut String, title: &str, case: impl Fn(&[Role]) -> Case, room_type: RoomType) {
    write!(
        book,
        "\n### {}{}\n\n| role |",
        title[..1].to_uppercase(),
        &title[1..]
    )
    .unwrap();
    for action in Action::ALL {
        write!(book, " {} |", action.as_str()).unwrap();
    }
    book.push_str("\n|---|---|---|---|---|---|\n");
    let auditorium = room_type == RoomType::Auditorium;
    for (name, roles) in ROLES {
        if roles.contains(&Role::Presenter) && !auditorium {
            continue;
        }
        write!(book, "| {name} |").unwrap();
        for &action in Action::ALL {
            write!(book, " {} |", answer(&case(roles), action)).unwrap();
        }
        book.push('\n');
    }
}

#[test]
fn the_rulebook_says_what_is_decided() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let book = rulebook();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &book).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == book,
        "docs/rules.md isn't what is decided; {WRITE}=1 cargo test -p causerie-policy writes it:\n{book}"
    );
}
