//! What the floor's server and clients say: four bytes of length of what follows, one byte of kind, content, padding.

/// Bytes before a frame's content.
pub(crate) const HEAD: usize = 5;
/// Longest frame that is taken.
const MAX: usize = 1 << 20;

/// A kind of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Client: I am in this room (four bytes).
    Join,
    /// Server: you are in.
    Joined,
    /// Client: a text for my room.
    Post,
    /// Server: your text is stored.
    Posted,
    /// Server: the number of a message in your room (eight bytes), its text.
    Delivery,
    /// Client: I have a message.
    Answer,
}

const KINDS: [Kind; 6] = [
    Kind::Join,
    Kind::Joined,
    Kind::Post,
    Kind::Posted,
    Kind::Delivery,
    Kind::Answer,
];

/// Appends a frame that is at least `size` bytes long in all.
pub(crate) fn put(to: &mut Vec<u8>, kind: Kind, content: &[&[u8]], size: usize) {
    let content_bytes: usize = content.iter().map(|part| part.len()).sum();
    let length = (HEAD + content_bytes).max(size);
    let end = to.len() + length;
    to.extend_from_slice(&((length - 4) as u32).to_be_bytes());
    to.push(kind as u8);
    content.iter().for_each(|part| to.extend_from_slice(part));
    to.resize(end, b' ');
}

/// A frame: its kind, its content, and how many bytes it took.
type Frame<'a> = (Kind, &'a [u8], usize);

/// The first frame of what was received; nothing if it isn't complete.
///
/// # Errors
/// If it is no frame.
pub(crate) fn take(received: &[u8]) -> Result<Option<Frame<'_>>, &'static str> {
    let Some((length, rest)) = received.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if !(1..=MAX).contains(&length) {
        return Err("a frame of an impossible length");
    }
    let Some((&[kind], content)) = rest
        .get(..length)
        .and_then(|frame| frame.split_first_chunk::<1>())
    else {
        return Ok(None);
    };
    let kind = KINDS.get(usize::from(kind)).ok_or("a frame of an unknown kind")?;
    Ok(Some((*kind, content, length + 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_back_when_they_are_whole() {
        let mut bytes = Vec::new();
        put(&mut bytes, Kind::Delivery, &[b"12345678", b"text"], 30);
        put(&mut bytes, Kind::Answer, &[], 0);
        assert_eq!(bytes.len(), 30 + HEAD);
        for end in 0..30 {
            assert_eq!(take(&bytes[..end]), Ok(None));
        }
        let (kind, content, length) = take(&bytes).unwrap().unwrap();
        assert_eq!((kind, length), (Kind::Delivery, 30));
        assert!(content.starts_with(b"12345678text "));
        assert_eq!(take(&bytes[30..]), Ok(Some((Kind::Answer, &[][..], HEAD))));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert!(take(&[0, 0, 0, 0, 0]).is_err());
        assert!(take(&[255, 0, 0, 0]).is_err());
        assert!(take(&[0, 0, 0, 1, 99]).is_err());
        for (number, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
        }
    }
}
