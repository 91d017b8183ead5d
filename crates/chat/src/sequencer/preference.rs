//! Preferences: rare, and kept in order by being read and written in the sequencer itself.

use super::Sequencer;
use crate::{Outcome, PreferenceAnswer, Refusal};
use causerie_model::{
    PrincipalId,
    limits::{MAX_PREFERENCE_BYTES, MAX_PREFERENCE_LABEL_CHARS},
};

impl Sequencer {
    pub(super) async fn get_preference(
        &self,
        user: PrincipalId,
        label: String,
        known: i64,
    ) -> Result<Outcome, Refusal> {
        let found = self
            .preferences
            .preference(user, &label)
            .await
            .map_err(Refusal::Store)?;
        Ok(Outcome::Preference(match found {
            Some(found) => PreferenceAnswer {
                label,
                sequence: found.sequence,
                content: (found.sequence > known).then_some(found.content),
            },
            None => PreferenceAnswer {
                label,
                sequence: 0,
                content: None,
            },
        }))
    }

    pub(super) async fn set_preference(
        &self,
        user: PrincipalId,
        label: String,
        known: i64,
        content: &str,
    ) -> Result<Outcome, Refusal> {
        if label.is_empty() || label.chars().count() > MAX_PREFERENCE_LABEL_CHARS {
            return Err(Refusal::Invalid(format!(
                "A preference's label has 1 to {MAX_PREFERENCE_LABEL_CHARS} characters."
            )));
        }
        if content.len() > MAX_PREFERENCE_BYTES {
            return Err(Refusal::TooLarge {
                size: content.len(),
                limit: MAX_PREFERENCE_BYTES,
            });
        }
        if let Some(error) = &self.ended {
            return Err(Refusal::Store(error.clone()));
        }
        let stored = self
            .preferences
            .put_preference(user, &label, known, content)
            .await;
        let sequence = stored.map_err(Refusal::Store)?;
        Ok(Outcome::Preference(PreferenceAnswer {
            label,
            sequence,
            content: None,
        }))
    }
}
