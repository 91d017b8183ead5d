//! Refusals as codes: the one table for both protocols.

use causerie_chat::{ActionError, Refusal};
use causerie_policy::Rule;
use causerie_xccos::names::{Code, code};

/// Seconds after which a client may try again what the server couldn't take.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 5;

/// The status of the SIP response to a post that was refused. Known clients show their user nothing else: a failed
/// reply to a post is ignored by pidgin-sipe 1.25.
pub(crate) fn sip_status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Denied(_) | Refusal::NotJoined | Refusal::Unknown => 403,
        Refusal::NoSuchRoom | Refusal::NoSuchPrincipal => 404,
        Refusal::TooLarge { .. } => 413,
        Refusal::Invalid(_) => 400,
        // Commands, which are answered before they are done, and replied to in XCCOS.
        Refusal::Action(_) | Refusal::AlreadyHeld => 409,
        Refusal::Busy | Refusal::ComplianceBehind => 503,
        // Until the program starts anew nothing can be stored, but to a client that is the same as "not now".
        Refusal::Store(_) => 503,
    }
}

/// The code of the XCCOS reply. Its text is the refusal's sentence, since clients show it.
pub(crate) fn xccos_code(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Denied(Rule::RoomDisabled) => code::NODE_DISABLED,
        Refusal::Denied(_) | Refusal::Unknown => code::PERMISSION,
        Refusal::NotJoined => code::USER_NOT_JOINED,
        Refusal::NoSuchRoom => code::NO_SUCH_NODE,
        Refusal::NoSuchPrincipal => code::NO_SUCH_PRINCIPAL,
        Refusal::TooLarge { .. } => code::LIMIT_EXCEEDED,
        Refusal::Action(error) => of_action(error),
        Refusal::AlreadyHeld => code::PRINCIPAL_ALREADY_DEFINED,
        Refusal::Invalid(_) => code::INVALID_ARGUMENT,
        Refusal::Busy | Refusal::ComplianceBehind | Refusal::Store(_) => code::SERVER,
    }
    .number
}

/// Why a room isn't made or changed.
fn of_action(error: &ActionError) -> Code {
    match error {
        ActionError::NotFound { kind, .. } => match *kind {
            "room" | "category" => code::NO_SUCH_NODE,
            "user" | "group" => code::NO_SUCH_PRINCIPAL,
            _ => code::INVALID_ARGUMENT,
        },
        ActionError::Duplicate { .. } => code::DUPLICATE_NAME,
        ActionError::Invalid(_) => code::INVALID_ARGUMENT,
        ActionError::Limit(_) => code::LIMIT_EXCEEDED,
        ActionError::UnderRoot => code::NODE_HIERARCHY,
        ActionError::Stale { .. } => code::DATA_COLLISION,
        ActionError::InBatch { error, .. } => of_action(error),
        // Who asks is asked about as a manager or creator; other rules speak of whom he would put into a list.
        ActionError::Denied(Rule::NotACreator) => code::CANNOT_CREATE,
        ActionError::Denied(Rule::NotAMember) => code::PRESENTER_NOT_MEMBER,
        ActionError::Denied(Rule::NotAnAuditorium | Rule::RoleDoesNotFit) => code::INVALID_ARGUMENT,
        ActionError::Denied(Rule::BehindBarrier) | ActionError::OutOfScope { .. } => {
            code::PRINCIPAL_NOT_IN_SCOPE
        }
        ActionError::Denied(_) => code::PERMISSION,
        ActionError::Store(_) | ActionError::Stopped => code::SERVER,
    }
}
