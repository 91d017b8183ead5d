//! What a failure probably means, and what to look at.

use super::transaction::{Fault, Step, Taken};
use causerie_client::{ClientError, PostError};

/// The hint for a step that failed so. `room` is as the plan names it.
pub(super) fn diagnosis(taken: &Taken, fault: &Fault, room: &str) -> String {
    let user = &taken.user;
    match fault {
        Fault::Client(error) => connection(taken.step, error, user.as_str()),
        Fault::NoRoom => format!(
            "There is no room '{room}', or {user} may not see it: a secret room is seen by its members only, and any \
             room only by those whom its category allows. See: causerie room show \"{room}\""
        ),
        Fault::Call(_) => command(taken.step, user.as_str(), room),
        Fault::Post(error) => post(error, user.as_str(), room),
        Fault::History => format!(
            "What was posted and delivered can't be read again. Does the category of '{room}' keep history \
             (causerie category show), and is the server's disk in order (causerie status, and its log)?"
        ),
        Fault::Late(_) => late(taken.step, user.as_str()),
    }
}

fn connection(step: Step, error: &ClientError, user: &str) -> String {
    match error {
        ClientError::Address(_) => "Say --server HOST:PORT, an IPv6 address as [::1]:5061.".to_owned(),
        ClientError::Unresolved { .. } => {
            "The name isn't resolved. Is it spelt right, and does the DNS or /etc/hosts of this machine know it?".to_owned()
        }
        ClientError::Unreachable { .. } => {
            "Nobody answers there. Does the server run (causerie status), does it listen on that port, and does a \
             firewall let this machine through?"
                .to_owned()
        }
        ClientError::CertificateNotTrusted { .. } => {
            "TLS isn't trusted: the server's certificate is from another authority than those of --ca, or its time is \
             over. Give the ca.pem of this server, and see: causerie certificates"
                .to_owned()
        }
        ClientError::CertificateName { .. } => {
            "TLS isn't trusted: connect by a name that the certificate is for. See: causerie certificates".to_owned()
        }
        ClientError::Tls { .. } => {
            "No TLS came about. Is that the port for SIP over TLS (causerie status)? Plain TCP is --tcp.".to_owned()
        }
        ClientError::WrongPassword => format!(
            "The password of {user} is wrong, or there is no such user. Set it anew: causerie user password {user}; for \
             the users that --setup made: causerie test message --setup"
        ),
        ClientError::Scheme(_) | ClientError::Challenge(_) => {
            "The server doesn't ask for a password in a known way. Is it a Causerie, with sip.authentication = \
             \"ntlm\"?"
                .to_owned()
        }
        ClientError::ChatDisabled => format!(
            "{user} is not enabled for persistent chat: his policy has it turned off. Turn it on; it holds from the next \
             sign-in."
        ),
        ClientError::Refused { .. } if step == Step::Enter => {
            "The chat service refuses the user, or isn't there: see the server's log.".to_owned()
        }
        ClientError::Refused { .. } => {
            format!("The server doesn't let {user} in. Is he enabled? See: causerie user show {user}")
        }
        ClientError::Silent => late(step, user),
        ClientError::SignedOut(_) => {
            format!("{user} was signed out meanwhile: by an administrator, or because he was disabled or removed.")
        }
        ClientError::Lost(_) | ClientError::Left => {
            "The connection broke in the middle. Was the server stopped or started anew? See its log.".to_owned()
        }
        _ => "The other side doesn't keep to the protocol. Is it a Causerie of this version, and is nobody between who \
              changes what is sent?"
            .to_owned(),
    }
}

fn command(step: Step, user: &str, room: &str) -> String {
    match step {
        Step::Join => format!(
            "{user} may not enter. Is he a member of the room (causerie member list \"{room}\"), allowed in its category, \
             and is the room not disabled (causerie room show \"{room}\")?"
        ),
        Step::History => format!("{user} may not read the room: was he removed from it in the middle?"),
        _ => "The chat service refuses what it should do. See the server's log.".to_owned(),
    }
}

fn post(error: &PostError, user: &str, room: &str) -> String {
    match error.status {
        403 => format!(
            "{user} is in the room and may not post. In an auditorium only presenters may: causerie member add \"{room}\" \
             {user} --role presenter"
        ),
        408 => {
            "The connection ended before the server said whether it took the message. See its log.".to_owned()
        }
        500.. => {
            "The server can't store messages now: its disk is full or fails, or it has too much to do. See: \
                  causerie status"
                .to_owned()
        }
        _ => "The server doesn't take this message. See its log.".to_owned(),
    }
}

fn late(step: Step, user: &str) -> String {
    match step {
        Step::Resolve => "The resolver doesn't answer: is the DNS server of this machine up?".to_owned(),
        Step::Connect => {
            "Nobody answers there. Is the address right, and does a firewall let this machine through?".to_owned()
        }
        Step::Secure => {
            "Somebody takes the connection and doesn't speak TLS. Is that the port for SIP over TLS? Plain TCP is --tcp."
                .to_owned()
        }
        Step::Delivery => format!(
            "The message was taken and not delivered to {user} within the deadline: the server has too much to do, or \
             {user} was removed from the room. See: causerie status"
        ),
        _ => "The server doesn't answer in time: it has too much to do, or hangs. See: causerie status".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_client::CallError;
    use causerie_model::SipAddress;
    use std::time::Duration;

    fn told(step: Step, fault: &Fault) -> String {
        let taken = Taken {
            step,
            user: SipAddress::parse("ann@example.test").unwrap(),
            time: Duration::ZERO,
            fault: None,
        };
        diagnosis(&taken, fault, "Desk")
    }

    #[test]
    fn each_failure_is_told_with_what_to_look_at() {
        let (server, detail) = (String::from("a:1"), String::new());
        let refused = ClientError::Refused {
            step: "x",
            status: 403,
            reason: String::new(),
        };
        let call = || {
            Fault::Call(CallError::Refused {
                code: 1,
                text: String::new(),
            })
        };
        let post = |status| {
            Fault::Post(PostError {
                status,
                reason: String::new(),
                retry_after: None,
            })
        };
        let late = || Fault::Late(Duration::from_secs(1));
        for (step, fault, hint) in [
            (
                Step::Resolve,
                Fault::Client(ClientError::Unresolved {
                    server: server.clone(),
                    detail: detail.clone(),
                }),
                "isn't resolved",
            ),
            (
                Step::Connect,
                Fault::Client(ClientError::Unreachable {
                    server: server.clone(),
                    detail: detail.clone(),
                }),
                "Does the server run",
            ),
            (
                Step::Secure,
                Fault::Client(ClientError::CertificateNotTrusted { server, detail }),
                "--ca",
            ),
            (
                Step::SignIn,
                Fault::Client(ClientError::WrongPassword),
                "causerie user password ann@example.test",
            ),
            (
                Step::SignIn,
                Fault::Client(refused.clone()),
                "causerie user show ann@example.test",
            ),
            (
                Step::Provision,
                Fault::Client(ClientError::ChatDisabled),
                "not enabled for persistent chat",
            ),
            (Step::Enter, Fault::Client(refused), "chat service"),
            (Step::FindRoom, Fault::NoRoom, "no room 'Desk'"),
            (Step::Join, call(), "Is he a member"),
            (Step::Post, post(403), "--role presenter"),
            (Step::Post, post(503), "can't store"),
            (
                Step::Delivery,
                late(),
                "not delivered to ann@example.test within the deadline",
            ),
            (Step::History, Fault::History, "keep history"),
            (Step::Secure, late(), "--tcp"),
            (Step::Part, late(), "doesn't answer in time"),
        ] {
            let told = told(step, &fault);
            assert!(told.contains(hint), "{fault:?}: {told}");
        }
    }
}
