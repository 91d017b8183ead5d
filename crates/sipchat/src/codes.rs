//! Refusals as codes: the one table for both protocols.

use causerie_chat::Refusal;
use causerie_policy::Rule;
use causerie_xccos::names::code;

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
        Refusal::Busy => 503,
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
        Refusal::Invalid(_) => code::INVALID_ARGUMENT,
        Refusal::Busy | Refusal::Store(_) => code::SERVER,
    }
    .number
}
