//! URIs of rooms, categories and groups, which may stand wherever their names may.

use uuid::Uuid;

/// Of a room: `ma-chan://domain/guid`.
pub(super) const ROOM: &str = "ma-chan:";
/// Of a category: `ma-cat://domain/guid`.
pub(super) const CATEGORY: &str = "ma-cat:";
/// Of a group of any kind: `ma-grp:guid@u.g`.
pub(super) const GROUP: &str = "ma-grp:";

/// The scheme that a text begins with. No name does, so that a name can't pass for the URI of something else.
pub(super) fn scheme(text: &str) -> Option<&'static str> {
    [ROOM, CATEGORY, GROUP]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))
}

/// What a text of this scheme names, the nil GUID if it is malformed; `None` if it is a name.
pub(super) fn guid(text: &str, scheme: &str) -> Option<Uuid> {
    let rest = text.strip_prefix(scheme)?;
    let rest = rest.rsplit('/').next().unwrap_or_default();
    let guid = rest.split('@').next().unwrap_or_default();
    Some(Uuid::parse_str(guid).unwrap_or_default())
}
