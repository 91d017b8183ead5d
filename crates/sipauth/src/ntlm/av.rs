//! AV pairs, the "target information" (MS-NLMP 2.2.2.1).

use super::NtlmError;
use super::wire::u16_at;

pub(super) const EOL: u16 = 0;
pub(super) const NB_COMPUTER: u16 = 1;
pub(super) const NB_DOMAIN: u16 = 2;
pub(super) const DNS_COMPUTER: u16 = 3;
pub(super) const DNS_DOMAIN: u16 = 4;
pub(super) const FLAGS: u16 = 6;
pub(super) const TIMESTAMP: u16 = 7;

/// Bit of the FLAGS pair: the AUTHENTICATE carries a MIC.
pub(super) const FLAG_MIC: u32 = 0x2;

pub(super) type Pair<'a> = (u16, &'a [u8]);

/// The pairs up to and without the EOL, which must be there.
pub(super) fn parse(mut list: &[u8]) -> Result<Vec<Pair<'_>>, NtlmError> {
    const BAD: NtlmError = NtlmError::Malformed("target information is truncated");
    let mut pairs = Vec::new();
    loop {
        let id = u16_at(list, 0).map_err(|_| BAD)?;
        let length = usize::from(u16_at(list, 2).map_err(|_| BAD)?);
        let value = list.get(4..4 + length).ok_or(BAD)?;
        if id == EOL {
            return Ok(pairs);
        }
        pairs.push((id, value));
        list = list.get(4 + length..).ok_or(BAD)?;
    }
}

pub(super) fn find<'a>(pairs: &[Pair<'a>], wanted: u16) -> Option<&'a [u8]> {
    pairs
        .iter()
        .find(|(id, _)| *id == wanted)
        .map(|(_, value)| *value)
}

/// Writes the pairs and the EOL. Fails only if a value is longer than the format can say.
pub(super) fn encode(pairs: &[Pair<'_>]) -> Result<Vec<u8>, NtlmError> {
    let mut out = Vec::new();
    for (id, value) in pairs.iter().chain(&[(EOL, &[][..])]) {
        let length = u16::try_from(value.len()).map_err(|_| NtlmError::TooLarge)?;
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(value);
    }
    Ok(out)
}
