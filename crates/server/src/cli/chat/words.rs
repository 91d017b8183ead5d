//! What is told in words that the server doesn't give.

use causerie_client::ClientError;

/// How much of a message is repeated when it isn't posted, in characters.
const REPEATED: usize = 60;

/// Why a message wasn't posted, and which one.
pub(super) fn not_posted(reason: &str, retry_after: Option<u32>, text: &str) -> String {
    let reason = reason.trim_end_matches(['.', ':', ' ']);
    let again = retry_after
        .map(|seconds| format!(" (try again in {seconds} s)"))
        .unwrap_or_default();
    format!("not posted: {reason}{again}: {}", start(text))
}

/// That the connection ended before it was known what became of a message, and of which one.
pub(super) fn perhaps_posted(text: &str) -> String {
    let start = start(text);
    format!("the connection ended before the answer: it isn't known whether this was posted: {start}")
}

fn start(text: &str) -> String {
    let mut start: String = text.chars().take(REPEATED).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// How many people are in a room that was entered; nothing when the server tells of none, as of a large room.
pub(super) fn how_many(participants: usize) -> String {
    match participants {
        0 => String::new(),
        1 => " Nobody else is here.".to_owned(),
        many => format!(" {many} people are here, you included."),
    }
}

/// The end of a connection, for people: how it broke helps nobody, why it can't be had does.
pub(super) fn told(error: &ClientError) -> String {
    match error {
        ClientError::Lost(_) | ClientError::Silent => "connection lost".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why_first_and_repeats_the_beginning() {
        assert_eq!(
            not_posted("Only presenters post here.", None, "mine"),
            "not posted: Only presenters post here: mine"
        );
        let at_limit = "ü".repeat(REPEATED);
        assert_eq!(
            not_posted("Busy", Some(3), &at_limit),
            format!("not posted: Busy (try again in 3 s): {at_limit}")
        );
        assert_eq!(
            not_posted("Busy", None, &format!("{at_limit}ü")),
            format!("not posted: Busy: {at_limit}…")
        );
    }

    #[test]
    fn people_are_counted_in_words() {
        assert_eq!(how_many(0), "");
        assert_eq!(how_many(1), " Nobody else is here.");
        assert_eq!(how_many(2), " 2 people are here, you included.");
    }

    #[test]
    fn how_a_connection_broke_is_not_told_but_why_a_certificate_is_refused_is() {
        assert_eq!(
            told(&ClientError::Lost("os error 104".to_owned())),
            "connection lost"
        );
        let untrusted = ClientError::CertificateNotTrusted {
            server: "a:1".to_owned(),
            detail: "UnknownIssuer".to_owned(),
        };
        assert!(told(&untrusted).contains("UnknownIssuer"));
    }
}
