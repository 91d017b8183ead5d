//! Bounds-checked reading of NTLM messages (MS-NLMP 2.2.1).

use super::NtlmError;

/// Largest NTLM message taken, in bytes. Real ones are below 1 KiB.
pub const MAX_MESSAGE: usize = 12 * 1024;

pub(super) const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// The three messages of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// Type 1, client to server, connection-oriented mode only.
    Negotiate,
    /// Type 2, server to client.
    Challenge,
    /// Type 3, client to server.
    Authenticate,
}

/// Which message this is.
///
/// # Errors
/// [`NtlmError::Malformed`] if it is none, [`NtlmError::TooLarge`].
pub fn message_type(message: &[u8]) -> Result<MessageType, NtlmError> {
    if message.len() > MAX_MESSAGE {
        return Err(NtlmError::TooLarge);
    }
    if !message.starts_with(SIGNATURE) {
        return Err(NtlmError::Malformed("no NTLMSSP signature"));
    }
    match u32_at(message, 8)? {
        1 => Ok(MessageType::Negotiate),
        2 => Ok(MessageType::Challenge),
        3 => Ok(MessageType::Authenticate),
        _ => Err(NtlmError::Malformed("unknown message type")),
    }
}

pub(super) fn expect(message: &[u8], wanted: MessageType) -> Result<(), NtlmError> {
    if message_type(message)? == wanted {
        Ok(())
    } else {
        Err(NtlmError::Malformed("another message type is due"))
    }
}

pub(super) fn array_at<const N: usize>(message: &[u8], offset: usize) -> Result<[u8; N], NtlmError> {
    message
        .get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or(NtlmError::Malformed("truncated"))
}

pub(super) fn u16_at(message: &[u8], offset: usize) -> Result<u16, NtlmError> {
    array_at(message, offset).map(u16::from_le_bytes)
}

pub(super) fn u32_at(message: &[u8], offset: usize) -> Result<u32, NtlmError> {
    array_at(message, offset).map(u32::from_le_bytes)
}

pub(super) fn u64_at(message: &[u8], offset: usize) -> Result<u64, NtlmError> {
    array_at(message, offset).map(u64::from_le_bytes)
}

/// The payload that the (length, room, offset) field at `field` points to, and where it begins.
pub(super) fn payload(message: &[u8], field: usize) -> Result<(usize, &[u8]), NtlmError> {
    let length = usize::from(u16_at(message, field)?);
    let start = u32_at(message, field + 4)? as usize;
    if length == 0 {
        return Ok((start, &[]));
    }
    start
        .checked_add(length)
        .and_then(|end| message.get(start..end))
        .map(|bytes| (start, bytes))
        .ok_or(NtlmError::Malformed("a field lies outside the message"))
}

/// Text in the encoding the UNICODE flag says. OEM text is taken only if it is ASCII: the code
/// page is not in the message.
pub(super) fn text(bytes: &[u8], unicode: bool) -> Result<String, NtlmError> {
    const BAD: NtlmError = NtlmError::Malformed("text is not valid");
    if !unicode {
        return if bytes.is_ascii() {
            String::from_utf8(bytes.to_vec()).map_err(|_| BAD)
        } else {
            Err(BAD)
        };
    }
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(BAD);
    }
    char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| BAD)
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Builds the fixed part and the payload of a message side by side.
pub(super) struct Builder {
    fixed: Vec<u8>,
    payload: Vec<u8>,
    payload_start: usize,
}

impl Builder {
    /// `fixed_size` is the size of the part before the payload.
    pub(super) fn new(message_type: u32, fixed_size: usize) -> Self {
        let mut fixed = SIGNATURE.to_vec();
        fixed.extend_from_slice(&message_type.to_le_bytes());
        Self {
            fixed,
            payload: Vec::new(),
            payload_start: fixed_size,
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.fixed.extend_from_slice(bytes);
        self
    }

    /// Reserves payload and returns the (length, room, offset) field for it.
    ///
    /// Fails only if the payload is longer than the format can say.
    pub(super) fn place(&mut self, bytes: &[u8]) -> Result<[u8; 8], NtlmError> {
        let length = u16::try_from(bytes.len()).map_err(|_| NtlmError::TooLarge)?;
        let start =
            u32::try_from(self.payload_start + self.payload.len()).map_err(|_| NtlmError::TooLarge)?;
        self.payload.extend_from_slice(bytes);
        let [l0, l1] = length.to_le_bytes();
        let [s0, s1, s2, s3] = start.to_le_bytes();
        Ok([l0, l1, l0, l1, s0, s1, s2, s3])
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        debug_assert_eq!(self.fixed.len(), self.payload_start);
        self.fixed.append(&mut self.payload);
        self.fixed
    }
}
