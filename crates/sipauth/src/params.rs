//! Parameters of an authentication header (RFC 3261 section 25.1, `auth-param`).

use std::borrow::Cow;

use crate::header::{HeaderError, MAX_GSSAPI_DATA, MAX_PARAM_VALUE};

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Walks `scheme name=value, name="value", ...` and stores each value in the slot of its name;
/// unknown names are skipped. Returns the scheme.
pub(crate) fn params<'a>(
    value: &'a str,
    slots: &mut [(&'static str, &mut Option<Cow<'a, str>>)],
) -> Result<&'a str, HeaderError> {
    let value = value.trim_matches(is_blank);
    let (scheme, mut rest) = value.split_once(is_blank).unwrap_or((value, ""));
    if scheme.is_empty() || !scheme.bytes().all(is_token) {
        return Err(HeaderError::Syntax);
    }
    loop {
        rest = rest.trim_start_matches(|c| is_blank(c) || c == ',');
        if rest.is_empty() {
            return Ok(scheme);
        }
        let (name, after) = rest.split_once('=').ok_or(HeaderError::Syntax)?;
        let name = name.trim_end_matches(is_blank);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(HeaderError::Syntax);
        }
        let after = after.trim_start_matches(is_blank);
        let (text, after) = match after.strip_prefix('"') {
            Some(inside) => unquote(inside)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                let (text, after) = after.split_at(end);
                let text = text.trim_end_matches(is_blank);
                if text
                    .bytes()
                    .any(|byte| byte <= b' ' || byte == b'"' || byte == 0x7f)
                {
                    return Err(HeaderError::Syntax);
                }
                (Cow::Borrowed(text), after)
            }
        };
        rest = after.trim_start_matches(is_blank);
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err(HeaderError::Syntax);
        }
        let known = slots
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((name, slot)) = known {
            let limit = if *name == "gssapi-data" {
                MAX_GSSAPI_DATA
            } else {
                MAX_PARAM_VALUE
            };
            if text.len() > limit {
                return Err(HeaderError::TooLong);
            }
            if slot.replace(text).is_some() {
                return Err(HeaderError::Repeated(name));
            }
        }
    }
}

/// The text up to the closing quote, without its escapes, and what follows the quote.
fn unquote(inside: &str) -> Result<(Cow<'_, str>, &str), HeaderError> {
    let mut text = Cow::Borrowed("");
    let mut rest = inside;
    loop {
        let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'));
        let end = end.ok_or(HeaderError::Syntax)?;
        let (plain, after) = rest.split_at(end);
        if plain
            .bytes()
            .any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f)
        {
            return Err(HeaderError::Syntax);
        }
        text += plain;
        if let Some(after) = after.strip_prefix('"') {
            return Ok((text, after));
        }
        let mut escaped = after.chars();
        escaped.next();
        let c = escaped.next().filter(|c| !c.is_control());
        text.to_mut().push(c.ok_or(HeaderError::Syntax)?);
        rest = escaped.as_str();
    }
}

fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
            | b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
    )
}
