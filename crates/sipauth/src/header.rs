//! The three header values of MS-SIPAE: reading and writing.
//!
//! Order and quoting of what is written are those the Lync family uses; `version` must not be
//! quoted (observed with pidgin-sipe 1.25).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::breakdown::SignatureVersion;
use crate::params::params;

/// Longest `gssapi-data` taken, in base64 characters.
pub const MAX_GSSAPI_DATA: usize = 16 * 1024;

/// Longest value of any other parameter taken, in bytes.
pub const MAX_PARAM_VALUE: usize = 1024;

/// Writes padding, reads with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a header value is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a scheme followed by `name=value` pairs.
    #[error("not a list of name=value pairs")]
    Syntax,
    /// A parameter is there twice.
    #[error("parameter {0} is repeated")]
    Repeated(&'static str),
    /// A value is longer than [`MAX_GSSAPI_DATA`] or [`MAX_PARAM_VALUE`].
    #[error("a parameter value is too long")]
    TooLong,
    /// `gssapi-data` is not base64.
    #[error("gssapi-data is not base64")]
    Base64,
    /// `version` is not a number.
    #[error("version is not a number")]
    Version,
}

/// The part of a header that is a signature.
#[derive(Debug, Clone, Copy)]
pub struct MessageSignature<'a> {
    /// Names the security association.
    pub opaque: &'a str,
    /// `crand` or `srand`.
    pub rand: &'a str,
    /// `cnum` or `snum`.
    pub num: &'a str,
    /// `response` or `rspauth`: 32 hex digits.
    pub value: &'a str,
}

/// `Authorization`: the client's credentials, or its signature, or both.
#[derive(Debug, Clone, Default)]
pub struct Credentials<'a> {
    /// `NTLM`, `Kerberos`, ...
    pub scheme: &'a str,
    /// `realm`.
    pub realm: Option<Cow<'a, str>>,
    /// `targetname`.
    pub targetname: Option<Cow<'a, str>>,
    /// `opaque`.
    pub opaque: Option<Cow<'a, str>>,
    /// `gssapi-data`, decoded; empty asks for a connectionless challenge.
    pub gssapi_data: Option<Vec<u8>>,
    /// `version`.
    pub version: Option<u8>,
    /// `crand`.
    pub crand: Option<Cow<'a, str>>,
    /// `cnum`.
    pub cnum: Option<Cow<'a, str>>,
    /// `response`.
    pub response: Option<Cow<'a, str>>,
    /// `qop`.
    pub qop: Option<Cow<'a, str>>,
}

impl<'a> Credentials<'a> {
    /// Reads the header's value. Unknown parameters are ignored.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(value: &'a str) -> Result<Self, HeaderError> {
        let mut found = Self::default();
        let mut gssapi_data = None;
        let mut version = None;
        found.scheme = params(
            value,
            &mut [
                ("realm", &mut found.realm),
                ("targetname", &mut found.targetname),
                ("opaque", &mut found.opaque),
                ("gssapi-data", &mut gssapi_data),
                ("version", &mut version),
                ("crand", &mut found.crand),
                ("cnum", &mut found.cnum),
                ("response", &mut found.response),
                ("qop", &mut found.qop),
            ],
        )?;
        found.gssapi_data = decode(gssapi_data.as_deref())?;
        found.version = number(version.as_deref())?;
        Ok(found)
    }

    /// The signature, if all its parts are there.
    #[must_use]
    pub fn signature(&self) -> Option<MessageSignature<'_>> {
        Some(MessageSignature {
            opaque: self.opaque.as_deref()?,
            rand: self.crand.as_deref()?,
            num: self.cnum.as_deref()?,
            value: self.response.as_deref()?,
        })
    }

    /// Writes the credentials of the handshake: an AUTHENTICATE, a NEGOTIATE or, with empty data
    /// and no opaque, the wish for a connectionless challenge.
    pub(crate) fn write_handshake(
        challenge: &Challenge401<'_>,
        version: SignatureVersion,
        data: &[u8],
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"NTLM qop=\"auth\", ");
        if let Some(opaque) = &challenge.opaque {
            quoted(out, "opaque", opaque);
            out.extend_from_slice(b", ");
        }
        quoted(out, "realm", &challenge.realm);
        out.extend_from_slice(b", ");
        quoted(out, "targetname", &challenge.targetname);
        out.extend_from_slice(b", ");
        quoted(out, "gssapi-data", &BASE64.encode(data));
        out.extend_from_slice(b", version=");
        out.push(b'0' + version.number());
    }
}

/// `Authentication-Info`: the server's signature.
#[derive(Debug, Clone, Default)]
pub struct AuthenticationInfo<'a> {
    /// `NTLM`, `Kerberos`, ...
    pub scheme: &'a str,
    /// `rspauth`.
    pub rspauth: Option<Cow<'a, str>>,
    /// `srand`.
    pub srand: Option<Cow<'a, str>>,
    /// `snum`.
    pub snum: Option<Cow<'a, str>>,
    /// `opaque`.
    pub opaque: Option<Cow<'a, str>>,
    /// `targetname`.
    pub targetname: Option<Cow<'a, str>>,
    /// `realm`.
    pub realm: Option<Cow<'a, str>>,
}

impl<'a> AuthenticationInfo<'a> {
    /// Reads the header's value. Unknown parameters are ignored.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(value: &'a str) -> Result<Self, HeaderError> {
        let mut found = Self::default();
        found.scheme = params(
            value,
            &mut [
                ("rspauth", &mut found.rspauth),
                ("srand", &mut found.srand),
                ("snum", &mut found.snum),
                ("opaque", &mut found.opaque),
                ("targetname", &mut found.targetname),
                ("realm", &mut found.realm),
            ],
        )?;
        Ok(found)
    }

    /// The signature, if all its parts are there.
    #[must_use]
    pub fn signature(&self) -> Option<MessageSignature<'_>> {
        Some(MessageSignature {
            opaque: self.opaque.as_deref()?,
            rand: self.srand.as_deref()?,
            num: self.snum.as_deref()?,
            value: self.rspauth.as_deref()?,
        })
    }
}

/// `WWW-Authenticate` of a 401.
#[derive(Debug, Clone, Default)]
pub struct Challenge401<'a> {
    /// `NTLM`, `Kerberos`, ...
    pub scheme: Cow<'a, str>,
    /// `realm`.
    pub realm: Cow<'a, str>,
    /// `targetname`.
    pub targetname: Cow<'a, str>,
    /// `version`.
    pub version: Option<u8>,
    /// `opaque`, from the second leg on.
    pub opaque: Option<Cow<'a, str>>,
    /// `gssapi-data`, from the second leg on.
    pub gssapi_data: Option<Vec<u8>>,
}

impl<'a> Challenge401<'a> {
    /// Reads the header's value (client's side). Unknown parameters are ignored.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(value: &'a str) -> Result<Self, HeaderError> {
        let (mut realm, mut targetname, mut opaque) = (None, None, None);
        let (mut gssapi_data, mut version) = (None, None);
        let scheme = params(
            value,
            &mut [
                ("realm", &mut realm),
                ("targetname", &mut targetname),
                ("opaque", &mut opaque),
                ("gssapi-data", &mut gssapi_data),
                ("version", &mut version),
            ],
        )?;
        Ok(Self {
            scheme: scheme.into(),
            realm: realm.unwrap_or_default(),
            targetname: targetname.unwrap_or_default(),
            version: number(version.as_deref())?,
            opaque,
            gssapi_data: decode(gssapi_data.as_deref())?,
        })
    }

    /// The header's value.
    #[must_use]
    pub fn to_value(&self) -> String {
        let mut out = Vec::new();
        out.extend_from_slice(self.scheme.as_bytes());
        out.push(b' ');
        if let (Some(opaque), Some(data)) = (&self.opaque, &self.gssapi_data) {
            quoted(&mut out, "opaque", opaque);
            out.extend_from_slice(b", ");
            quoted(&mut out, "gssapi-data", &BASE64.encode(data));
            out.extend_from_slice(b", ");
            quoted(&mut out, "targetname", &self.targetname);
            out.extend_from_slice(b", ");
            quoted(&mut out, "realm", &self.realm);
        } else {
            quoted(&mut out, "realm", &self.realm);
            out.extend_from_slice(b", ");
            quoted(&mut out, "targetname", &self.targetname);
        }
        if let Some(version) = self.version {
            out.extend_from_slice(format!(", version={version}").as_bytes());
        }
        into_text(out)
    }
}

/// Appends `name="value"`, with `"` and `\` escaped.
pub(crate) fn quoted(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    if value.contains(['"', '\\']) {
        for byte in value.bytes() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
    } else {
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'"');
}

/// What this module writes is made of `str`s and ASCII, so nothing is ever replaced.
pub(crate) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn decode(data: Option<&str>) -> Result<Option<Vec<u8>>, HeaderError> {
    data.map(|text| BASE64.decode(text).map_err(|_| HeaderError::Base64))
        .transpose()
}

fn number(text: Option<&str>) -> Result<Option<u8>, HeaderError> {
    text.map(|text| text.parse().map_err(|_| HeaderError::Version))
        .transpose()
}
