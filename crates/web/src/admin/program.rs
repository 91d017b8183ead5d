//! What the API needs from the program around it.

use super::wire;
use causerie_model::SipAddress;

/// Who is signed in, as the front end's registrar knows.
pub trait SignedIn: Send + Sync {
    /// All endpoints that are signed in now.
    fn registrations(&self) -> Vec<wire::Registration>;

    /// Ends a user's connections and says how many there were. He may sign in again: who mustn't is to be disabled first.
    fn sign_out(&self, user: &SipAddress) -> usize;
}

/// The running program: what it is and where it listens.
pub trait Program: Send + Sync {
    /// What it is and where it listens.
    fn facts(&self) -> wire::Program;

    /// The certificates in use.
    fn certificates(&self) -> Vec<wire::Certificate>;

    /// The certificates that [`Program::reload_certificates`] would put into use. Nothing is exchanged.
    ///
    /// # Errors
    /// What is wrong with the files, in words.
    fn certificates_to_come(&self) -> Result<Vec<wire::Certificate>, String>;

    /// Reads the certificates' files again and returns those now in use.
    ///
    /// # Errors
    /// What is wrong with the files, in words. Then those read before stay in use.
    fn reload_certificates(&self) -> Result<Vec<wire::Certificate>, String>;
}
