//! Which commands change nothing, or can't say what they would: `--what-if` isn't in their help. It is an option of all that
//! talk to a server, so that scripts may give it to each.

use clap::{Arg, ArgAction, Command};

/// The option's name, as [`super::At`] has it.
const WHAT_IF: &str = "what_if";

/// Last words of commands that only look.
const LOOK: [&str; 7] = ["find", "list", "plan", "search", "show", "status", "verify"];

/// Others to which it is nothing.
const OTHERS: [&str; 8] = [
    "compliance adapter run",
    "compliance database prepare",
    "eligible",
    "explain",
    "export",
    "registrations",
    "test message",
    "help",
];

/// Whether a command, or each command of a group, only looks.
fn only_looks(command: &Command, path: &str) -> bool {
    let word = path.rsplit(' ').next().unwrap_or_default();
    let of = |sub: &Command| only_looks(sub, &format!("{path} {}", sub.get_name()));
    let is_group = command.has_subcommands();
    (is_group && command.get_subcommands().all(of))
        || (!is_group && LOOK.contains(&word))
        || OTHERS.contains(&path)
}

/// Takes the option out of the help of commands that only look.
pub(super) fn without_what_if(command: Command) -> Command {
    command.mut_subcommands(|sub| {
        let path = sub.get_name().to_owned();
        tailored(sub, &path, false)
    })
}

fn tailored(command: Command, path: &str, inherits: bool) -> Command {
    let is_own = command
        .get_arguments()
        .any(|argument| argument.get_id() == WHAT_IF);
    let hides = only_looks(&command, path);
    match (hides, is_own, inherits) {
        (true, true, _) => command.mut_arg(WHAT_IF, |argument| argument.hide(true)),
        // Its own stands before that of its group, and goes on to its subcommands.
        (true, false, true) => command.arg(
            Arg::new(WHAT_IF)
                .long("what-if")
                .global(true)
                .hide(true)
                .action(ArgAction::SetTrue),
        ),
        (true, false, false) => command,
        (false, _, _) => command.mut_subcommands(|sub| {
            let path = format!("{path} {}", sub.get_name());
            tailored(sub, &path, inherits || is_own)
        }),
    }
}
