//! Header names.

/// The longest name in the table of known headers.
const LONGEST: usize = 32;

macro_rules! header_names {
    ($($variant:ident $long:literal $($lower:literal)|+),+ $(,)?) => {
        /// A header that this crate or its callers read or write by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Header {
            $(#[doc = concat!("`", $long, "`")] $variant,)+
        }

        impl Header {
            /// The long name in its usual spelling.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $long,)+ }
            }

            /// Knows a header by its name, in any case, long or compact (RFC 3261 §7.3.1, §7.3.3).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                // These stand in every message, and in this spelling in nearly all.
                match name {
                    "Via" => return Some(Self::Via),
                    "From" => return Some(Self::From),
                    "To" => return Some(Self::To),
                    "Call-ID" => return Some(Self::CallId),
                    "CSeq" => return Some(Self::CSeq),
                    "Content-Length" => return Some(Self::ContentLength),
                    "Authorization" => return Some(Self::Authorization),
                    _ => {}
                }
                let mut lower = [0_u8; LONGEST];
                let lower = lower.get_mut(..name.len())?;
                lower.copy_from_slice(name.as_bytes());
                lower.make_ascii_lowercase();
                match std::str::from_utf8(lower).ok()? {
                    $($($lower)|+ => Some(Self::$variant),)+
                    _ => None,
                }
            }

            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }
    };
}

header_names! {
    Accept "Accept" "accept", AcceptEncoding "Accept-Encoding" "accept-encoding", Allow "Allow" "allow",
    AllowEvents "Allow-Events" "allow-events" | "u", AuthenticationInfo "Authentication-Info" "authentication-info",
    Authorization "Authorization" "authorization", CallId "Call-ID" "call-id" | "i", Contact "Contact" "contact" | "m",
    ContentDisposition "Content-Disposition" "content-disposition",
    ContentEncoding "Content-Encoding" "content-encoding" | "e", ContentLength "Content-Length" "content-length" | "l",
    ContentType "Content-Type" "content-type" | "c", CSeq "CSeq" "cseq", Date "Date" "date",
    EndToEnd "End-To-End" "end-to-end", ErrorInfo "Error-Info" "error-info", Event "Event" "event" | "o",
    Expires "Expires" "expires", From "From" "from" | "f", InReplyTo "In-Reply-To" "in-reply-to",
    MaxForwards "Max-Forwards" "max-forwards", MinExpires "Min-Expires" "min-expires", MinSe "Min-SE" "min-se",
    MsDiagnostics "ms-diagnostics" "ms-diagnostics",
    MsDiagnosticsPublic "ms-diagnostics-public" "ms-diagnostics-public", MsKeepAlive "ms-keep-alive" "ms-keep-alive",
    MsPiggybackCseq "ms-piggyback-cseq" "ms-piggyback-cseq",
    PAssertedIdentity "P-Asserted-Identity" "p-asserted-identity",
    PPreferredIdentity "P-Preferred-Identity" "p-preferred-identity", Path "Path" "path",
    Priority "Priority" "priority", ProxyAuthenticate "Proxy-Authenticate" "proxy-authenticate",
    ProxyAuthenticationInfo "Proxy-Authentication-Info" "proxy-authentication-info",
    ProxyAuthorization "Proxy-Authorization" "proxy-authorization", ProxyRequire "Proxy-Require" "proxy-require",
    Reason "Reason" "reason", RecordRoute "Record-Route" "record-route", ReferTo "Refer-To" "refer-to" | "r",
    ReferredBy "Referred-By" "referred-by" | "b", Require "Require" "require", RetryAfter "Retry-After" "retry-after",
    Route "Route" "route", Server "Server" "server", ServiceRoute "Service-Route" "service-route",
    SessionExpires "Session-Expires" "session-expires" | "x", SipEtag "SIP-ETag" "sip-etag",
    SipIfMatch "SIP-If-Match" "sip-if-match", Subject "Subject" "subject" | "s",
    SubscriptionState "subscription-state" "subscription-state", Supported "Supported" "supported" | "k",
    To "To" "to" | "t", Unsupported "Unsupported" "unsupported", UserAgent "User-Agent" "user-agent",
    Via "Via" "via" | "v", Warning "Warning" "warning", WwwAuthenticate "WWW-Authenticate" "www-authenticate",
}

/// A header's name as an argument: a [`Header`], or the text of any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// One of the table.
    Known(Header),
    /// Any other, compared without regard to case.
    Other(&'a str),
}

impl<'a> Name<'a> {
    /// The long name, as it is written.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Known(header) => header.name(),
            Self::Other(text) => text,
        }
    }
}

impl From<Header> for Name<'_> {
    fn from(header: Header) -> Self {
        Self::Known(header)
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        Header::from_name(text).map_or(Self::Other(text), Self::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_long_name_is_known_in_any_case() {
        for header in Header::ALL {
            assert_eq!(Header::from_name(header.name()), Some(*header));
            assert_eq!(
                Header::from_name(&header.name().to_ascii_uppercase()),
                Some(*header)
            );
        }
        assert_eq!(Header::from_name("V"), Some(Header::Via));
        assert_eq!(Header::from_name("C%6Fntact"), None);
        assert_eq!(Header::from_name(&"x".repeat(LONGEST + 1)), None);
    }
}
