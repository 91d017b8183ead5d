//! Who the users are, as the front end needs to know.
use causerie_model::{PrincipalId, SipAddress};

/// One user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEntry {
    /// His row.
    pub id: PrincipalId,
    /// His address.
    pub address: SipAddress,
    /// His name for people to read.
    pub display_name: String,
    /// Whether he may sign in.
    pub enabled: bool,
}

/// Finds users. Answers from memory: it is asked on every sign-in and for every request to another user.
pub trait Directory: Send + Sync {
    /// The user with this address.
    fn user_by_address(&self, address: &SipAddress) -> Option<UserEntry>;

    /// The user with this `DOMAIN\user` login. `domain` is as the client sent it, empty when it sent none. Asked only
    /// when the domain isn't the one of [`Settings`](crate::Settings).
    fn user_by_login(&self, domain: &str, user: &str) -> Option<UserEntry>;

    /// Whether a user may use rooms: `EnablePersistentChat` of his provisioning.
    fn may_chat(&self, user: PrincipalId) -> bool;

    /// Where users make and manage rooms in a browser, if there is such a page.
    fn room_management_url(&self) -> Option<String>;
}
