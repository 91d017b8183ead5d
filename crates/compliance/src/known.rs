//! What the service knows besides records: names of rooms and categories, and its key.

use crate::{
    Compliance, ComplianceError,
    documents::{self, Category, Room},
};
use causerie_proof::PublicKey;
use std::collections::BTreeMap;

impl Compliance {
    /// All rooms that records tell of, those that are gone included, by their rows.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn rooms(&self) -> Result<BTreeMap<String, Room>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    /// All categories that records tell of, by their GUIDs.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn categories(&self) -> Result<BTreeMap<String, Category>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    /// The key with which others check what is signed now.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key().public()
    }
}
