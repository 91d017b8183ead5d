//! Legal holds: what they cover isn't destroyed.

use crate::{
    Change, Compliance, ComplianceError, Officer,
    documents::{self, Hold, Matter},
    scope::{self, invalid},
};
use causerie_model::Timestamp;
use std::collections::BTreeMap;

/// A hold as an officer asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldRequest {
    /// The matter that it is for.
    pub matter: Option<String>,
    /// Why.
    pub reason: String,
    /// Covers what these people did, wrote, or had done to them: addresses with or without scheme. None: anybody.
    pub people: Vec<String>,
    /// Covers what happened in these rooms: rows, addresses, GUIDs or names. None: any.
    pub rooms: Vec<String>,
    /// Covers what happened at this time or later.
    pub from: Option<Timestamp>,
    /// Covers what happened before this time.
    pub until: Option<Timestamp>,
}

impl Compliance {
    /// All holds, by id.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn holds(&self) -> Result<BTreeMap<String, Hold>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    /// Places a hold. From the commit on, nothing that it covers is destroyed. Its id is in the change's target. Somebody of
    /// whom no record tells is a warning.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] if it names neither people nor rooms nor a period, has no reason, or is wrong otherwise;
    /// [`ComplianceError::Unknown`] if there is no such room or matter; [`ComplianceError::Store`].
    pub async fn place_hold(
        &self,
        officer: &Officer,
        request: &HoldRequest,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        scope::check_text("the reason of a hold", &request.reason)?;
        scope::check_period(request.from, request.until)?;
        let people = scope::people(&request.people)?;
        let rooms = self.rooms_named(&request.rooms).await?;
        if people.is_empty() && rooms.is_empty() && request.from.is_none() && request.until.is_none() {
            return invalid(
                "a hold names people, rooms or a period: one that names nothing would hold everything",
            );
        }
        let (people, rooms) = (&people, &rooms);
        let placed = self.change_documents(officer, what_if, |head| async move {
            if let Some(matter) = &request.matter {
                self.matter(matter).await?;
            }
            // The chain's numbers are given once.
            let id = format!("h{}", head.number.saturating_add(1));
            let hold = Hold {
                id: id.clone(),
                matter: request.matter.clone(),
                reason: request.reason.clone(),
                people: people.clone(),
                rooms: rooms.clone(),
                from: request.from,
                until: request.until,
                placed_by: officer.name.clone(),
                placed_at: self.needs().clock.now(),
            };
            let change = Change::new("hold.place", id.as_str(), String::new(), documents::text(&hold));
            Ok((change, vec![documents::put(id, &hold)]))
        });
        // First of all it is placed.
        let placed = placed.await?;
        Ok(placed.warning(self.strangers(people).await))
    }

    /// Lifts a hold. That it was, and what it covered, stays in the records.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none; [`ComplianceError::Store`].
    pub async fn lift_hold(
        &self,
        officer: &Officer,
        id: &str,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        self.change_documents(officer, what_if, |_| async move {
            let hold: Option<Hold> = documents::load(&*self.needs().records, id).await?;
            let hold = hold.ok_or_else(|| ComplianceError::Unknown {
                what: "hold",
                name: id.to_owned(),
            })?;
            let change = Change::new("hold.lift", id, documents::text(&hold), String::new());
            Ok((change, vec![documents::gone::<Hold>(id)]))
        })
        .await
    }

    /// A matter.
    pub(crate) async fn matter(&self, id: &str) -> Result<Matter, ComplianceError> {
        let matter = documents::load(&*self.needs().records, id).await?;
        matter.ok_or_else(|| ComplianceError::Unknown {
            what: "matter",
            name: id.to_owned(),
        })
    }
}
