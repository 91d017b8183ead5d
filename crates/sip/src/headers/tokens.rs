//! Lists of tokens: Require, Supported, Proxy-Require, Allow, Allow-Events.
use crate::cursor::trim_lws;
use crate::fields::Headers;
use crate::name::Header;

/// Every element of a comma-separated header over all its lines; empty elements are left out.
pub fn tokens(headers: &Headers, header: Header) -> impl Iterator<Item = &str> {
    headers
        .get_all(header)
        .flat_map(|line| line.split(','))
        .map(trim_lws)
        .filter(|token| !token.is_empty())
}
