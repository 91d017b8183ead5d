//! Negotiate flags, MS-NLMP 2.2.2.5.

pub(crate) const UNICODE: u32 = 0x0000_0001;
pub(crate) const REQUEST_TARGET: u32 = 0x0000_0004;
pub(crate) const SIGN: u32 = 0x0000_0010;
pub(crate) const SEAL: u32 = 0x0000_0020;
pub(crate) const DATAGRAM: u32 = 0x0000_0040;
pub(crate) const NTLM: u32 = 0x0000_0200;
pub(crate) const ALWAYS_SIGN: u32 = 0x0000_8000;
pub(crate) const TARGET_TYPE_DOMAIN: u32 = 0x0001_0000;
pub(crate) const EXTENDED_SESSIONSECURITY: u32 = 0x0008_0000;
pub(crate) const IDENTIFY: u32 = 0x0010_0000;
pub(crate) const TARGET_INFO: u32 = 0x0080_0000;
pub(crate) const VERSION: u32 = 0x0200_0000;
pub(crate) const KEY_128: u32 = 0x2000_0000;
pub(crate) const KEY_EXCH: u32 = 0x4000_0000;
pub(crate) const KEY_56: u32 = 0x8000_0000;

/// What the server's connectionless CHALLENGE offers.
///
/// pidgin-sipe 1.25 gives up unless UNICODE, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY,
/// TARGET_INFO, SIGN, DATAGRAM, IDENTIFY and KEY_EXCH are all among them (observed).
pub const CONNECTIONLESS_FLAGS: u32 = UNICODE
    | REQUEST_TARGET
    | SIGN
    | DATAGRAM
    | NTLM
    | ALWAYS_SIGN
    | TARGET_TYPE_DOMAIN
    | EXTENDED_SESSIONSECURITY
    | IDENTIFY
    | TARGET_INFO
    | VERSION
    | KEY_128
    | KEY_EXCH
    | KEY_56;

/// What either side may keep of a connection-oriented NEGOTIATE.
pub(crate) const CONNECTION_ORIENTED_SUPPORTED: u32 =
    (CONNECTIONLESS_FLAGS & !DATAGRAM & !TARGET_TYPE_DOMAIN & !TARGET_INFO) | SEAL;

/// How the exchange starts (MS-NLMP 1.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The server begins with its CHALLENGE, there is no NEGOTIATE ("datagram").
    Connectionless,
    /// The client begins with a NEGOTIATE.
    ConnectionOriented,
}
