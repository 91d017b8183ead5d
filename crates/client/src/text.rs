//! Small texts out of headers.

use causerie_sip::{Header, headers::AuthParams};
use causerie_sip::{Headers, Response};

/// `user@domain` of a SIP URI; anything else as it is.
pub(crate) fn bare_address(uri: &str) -> String {
    let lower = uri.to_lowercase();
    lower
        .strip_prefix("sip:")
        .or_else(|| lower.strip_prefix("sips:"))
        .map_or_else(|| uri.to_owned(), str::to_owned)
}

/// The server's explanation: the text of Warning (RFC 3261 §20.43), else the reason in ms-diagnostics, else the reason
/// phrase.
pub(crate) fn refusal(response: &Response) -> String {
    let headers = response.headers();
    let warning = headers.get(Header::Warning).and_then(quoted);
    let diagnostics = || {
        [Header::MsDiagnostics, Header::MsDiagnosticsPublic]
            .into_iter()
            .find_map(|name| diagnosis(headers, name))
    };
    warning
        .or_else(diagnostics)
        .unwrap_or_else(|| response.reason().to_owned())
}

/// The reason in ms-diagnostics: `4141;reason="...";source="..."`.
pub(crate) fn diagnosis(headers: &Headers, name: Header) -> Option<String> {
    let (_, rest) = headers.get(name)?.split_once("reason=")?;
    quoted(rest)
}

/// The first quoted string, escapes undone.
fn quoted(value: &str) -> Option<String> {
    let (_, rest) = value.split_once('"')?;
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
}

/// The number at the start of a header's value: `Retry-After: 5 (busy)`, `Session-Expires: 1800;refresher=uac`.
pub(crate) fn leading_number(headers: &Headers, name: Header) -> Option<u32> {
    let value = headers.get(name)?;
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

/// The NTLM challenge among the WWW-Authenticate headers, one for each scheme.
pub(crate) fn ntlm_challenge(headers: &Headers) -> Option<&str> {
    headers.get_all(Header::WwwAuthenticate).find(|value| {
        AuthParams::parse(Header::WwwAuthenticate, *value)
            .is_ok_and(|params| params.scheme().eq_ignore_ascii_case("NTLM"))
    })
}

/// The parameter `timeout=` of ms-keep-alive (MS-SIPRE), in seconds.
pub(crate) fn keep_alive_timeout(headers: &Headers) -> Option<u64> {
    let value = headers.get(Header::MsKeepAlive)?;
    let parameter = value
        .split(';')
        .find_map(|part| part.trim().strip_prefix("timeout="))?;
    parameter.parse().ok()
}
