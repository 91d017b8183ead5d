//! Identifiers. Each is a number of its own kind, so that a room can't be passed where a user is meant.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A user or a group. Users and groups share one number space, since lists hold either.
    PrincipalId(i64)
}
id! {
    /// A category's row. On the wire a category is named by its GUID.
    CategoryId(i64)
}
id! {
    /// A room's row. On the wire a room is named by its GUID.
    RoomId(i64)
}
id! {
    /// An information barrier's row.
    BarrierId(i64)
}
id! {
    /// An add-in's row. On the wire an add-in is named by its GUID.
    AddinId(i64)
}
id! {
    /// A message's place in its room: 1, 2, 3 … without a gap, the same for every reader.
    ChatId(u64)
}
id! {
    /// One signed-in device of a user, for as long as its dialog lasts. Never reused while the server runs.
    EndpointId(u64)
}
