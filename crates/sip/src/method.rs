//! Request methods.
use std::fmt;

use crate::cursor::is_token;
use crate::text::Text;

macro_rules! methods {
    ($($variant:ident $text:literal $source:literal),+ $(,)?) => {
        /// A request method. Case matters (RFC 3261 §7.1), and any token is a method.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Method {
            $(#[doc = concat!("`", $text, "` (", $source, ").")] $variant,)+
            /// Any other token.
            Other(Text),
        }

        impl Method {
            /// Reads a method; `None` when it is not a token.
            #[must_use]
            pub fn parse(text: &Text) -> Option<Self> {
                match text.as_str() {
                    $($text => Some(Self::$variant),)+
                    other => is_token(other).then(|| Self::Other(text.clone())),
                }
            }

            /// The method as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }
    };
}

methods! {
    Invite "INVITE" "RFC 3261", Ack "ACK" "RFC 3261", Bye "BYE" "RFC 3261", Cancel "CANCEL" "RFC 3261",
    Options "OPTIONS" "RFC 3261", Register "REGISTER" "RFC 3261", Subscribe "SUBSCRIBE" "RFC 6665",
    Notify "NOTIFY" "RFC 6665", Benotify "BENOTIFY" "MS-SIP, a NOTIFY without a response", Info "INFO" "RFC 6086",
    Message "MESSAGE" "RFC 3428", Service "SERVICE" "MS-SIP", Update "UPDATE" "RFC 3311", Prack "PRACK" "RFC 3262",
    Refer "REFER" "RFC 3515", Publish "PUBLISH" "RFC 3903", Negotiate "NEGOTIATE" "MS-CONMGMT",
}

impl Method {
    /// Whether a request of this method gets a response: not ACK (RFC 3261 §17), not BENOTIFY (MS-SIP).
    #[must_use]
    pub fn wants_response(&self) -> bool {
        !matches!(self, Self::Ack | Self::Benotify)
    }

    /// The same method in memory of its own, see [`Text::detached`].
    #[must_use]
    pub fn detached(&self) -> Self {
        match self {
            Self::Other(text) => Self::Other(text.detached()),
            known => known.clone(),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
