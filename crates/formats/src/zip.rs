//! A zip of one file, not compressed: what a mail has attached, made without a clock.

/// The time of all entries: the first that a zip can say, 1980-01-01 00:00, in MS-DOS form.
const TIME: [u8; 4] = [0, 0, 0x21, 0];
/// What a reader must know: version 2.0.
const VERSION: [u8; 2] = [20, 0];
/// Names are UTF-8.
const FLAGS: [u8; 2] = [0, 8];
const STORED: [u8; 2] = [0, 0];

/// The zip: PKWARE's application note, sections 4.3.7, 4.3.12 and 4.3.16. A mail is far shorter than the 4 GiB up to which
/// this form goes.
pub(crate) fn of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let name_length = u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes();
    let mut common = Vec::new();
    for part in [
        &VERSION[..],
        &FLAGS,
        &STORED,
        &TIME,
        &crc32(bytes).to_le_bytes(),
        &length,
        &length,
        &name_length,
        &[0, 0],
    ] {
        common.extend_from_slice(part);
    }
    let mut out = Vec::with_capacity(bytes.len() + 256);
    out.extend_from_slice(b"PK\x03\x04");
    out.extend_from_slice(&common);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(bytes);
    let directory = out.len();
    out.extend_from_slice(b"PK\x01\x02");
    out.extend_from_slice(&VERSION);
    out.extend_from_slice(&common);
    // No comment, first disk, no attributes, at the beginning.
    out.extend_from_slice(&[0; 14]);
    out.extend_from_slice(name.as_bytes());
    let directory_length = u32::try_from(out.len() - directory).unwrap_or(u32::MAX);
    let directory = u32::try_from(directory).unwrap_or(u32::MAX);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&directory_length.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}
