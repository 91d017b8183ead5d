//! Matters: what investigations are about, and the searches for them.

use crate::{
    Change, Compliance, ComplianceError, ExportOutcome, ExportRequest, Found, Officer, Page, Progress,
    documents::{self, Matter},
    export::Selected,
    scope,
    scribe::Decision,
    told::Told,
};
use causerie_model::{ChainId, Event, RoomId, SipAddress, Timestamp};
use causerie_records::{Addition, Selection, Stored};
use serde_json::Value;
use std::collections::BTreeMap;

/// A matter as an officer gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatterRequest {
    /// What people call it.
    pub name: String,
    /// The people whose doings are looked for: addresses with or without scheme. None: anybody.
    pub custodians: Vec<String>,
    /// The rooms that are looked into: rows, addresses, GUIDs or names. None: any.
    pub rooms: Vec<String>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// A message that holds one of these, in any case, is found. None: everything is.
    pub words: Vec<String>,
}

/// A request that was checked, with what it names.
struct Checked {
    name: String,
    custodians: Vec<SipAddress>,
    rooms: Vec<RoomId>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    words: Vec<String>,
}

impl Checked {
    fn matter(&self, id: String, opened_by: String, opened_at: Timestamp) -> Matter {
        Matter {
            closed: false,
            custodians: self.custodians.clone(),
            from: self.from,
            id,
            name: self.name.clone(),
            opened_at,
            opened_by,
            rooms: self.rooms.clone(),
            until: self.until,
            words: self.words.clone(),
        }
    }
}

fn change(what: &str, before: Option<&Matter>, after: &Matter) -> Change {
    let before = before.map(documents::text).unwrap_or_default();
    Change::new(what, after.id.as_str(), before, documents::text(after))
}

fn open_only(matter: Matter) -> Result<Matter, ComplianceError> {
    if matter.closed {
        let text = format!(
            "the matter '{}' is closed: nothing is done for it any more",
            matter.id
        );
        return Err(ComplianceError::Refused(text));
    }
    Ok(matter)
}

/// The records among which those of a matter are. What the service itself did isn't.
fn selection(matter: &Matter) -> Selection {
    Selection {
        chains: matter.rooms.iter().copied().map(ChainId::Room).collect(),
        ..Selection::default()
    }
}

/// Whether a record is the matter's.
fn fits(matter: &Matter) -> impl Fn(&Stored) -> bool + Send + Sync + use<> {
    let words: Vec<String> = matter.words.iter().map(|word| word.to_lowercase()).collect();
    let (custodians, from, until) = (matter.custodians.clone(), matter.from, matter.until);
    move |stored| {
        if stored.record.chain == ChainId::Compliance {
            return false;
        }
        let told = Told::of(&stored.record);
        told.is_in(from, until) && told.is_of(&custodians) && told.says(&words)
    }
}

impl Compliance {
    /// All matters, by id.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn matters(&self) -> Result<BTreeMap<String, Matter>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    async fn check_matter(&self, request: &MatterRequest) -> Result<Checked, ComplianceError> {
        scope::check_text("the name of a matter", &request.name)?;
        scope::check_period(request.from, request.until)?;
        scope::check_count("words", &request.words)?;
        for word in &request.words {
            scope::check_text("a word", word)?;
        }
        Ok(Checked {
            name: request.name.clone(),
            custodians: scope::people(&request.custodians)?,
            rooms: self.rooms_named(&request.rooms).await?,
            from: request.from,
            until: request.until,
            words: request.words.clone(),
        })
    }

    /// Opens a matter. Its id is in the change's target. A custodian of whom no record tells is a warning.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] says what is wrong with it; [`ComplianceError::Unknown`] if there is no such room;
    /// [`ComplianceError::Store`].
    pub async fn open_matter(
        &self,
        officer: &Officer,
        request: &MatterRequest,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let checked = &self.check_matter(request).await?;
        let opened = self.change_documents(officer, what_if, |head| async move {
            let id = format!("m{}", head.number.saturating_add(1));
            let now = self.needs().clock.now();
            let matter = checked.matter(id.clone(), officer.name.clone(), now);
            Ok((
                change("matter.open", None, &matter),
                vec![documents::put(id, &matter)],
            ))
        });
        let opened = opened.await?;
        Ok(opened.warning(self.strangers(&checked.custodians).await))
    }

    /// Changes a matter that isn't closed: it is afterwards as the request has it.
    ///
    /// # Errors
    /// As [`Compliance::open_matter`]; [`ComplianceError::Refused`] if it is closed.
    pub async fn change_matter(
        &self,
        officer: &Officer,
        id: &str,
        request: &MatterRequest,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let checked = &self.check_matter(request).await?;
        let changed = self.change_documents(officer, what_if, |_| async move {
            let before = open_only(self.matter(id).await?)?;
            let matter = checked.matter(id.to_owned(), before.opened_by.clone(), before.opened_at);
            let change = change("matter.change", Some(&before), &matter);
            Ok((change, vec![documents::put(id, &matter)]))
        });
        let changed = changed.await?;
        Ok(changed.warning(self.strangers(&checked.custodians).await))
    }

    /// Closes a matter: nothing is searched, exported or changed for it any more. Holds for it stay until they are lifted.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none; [`ComplianceError::Refused`] if it is closed; [`ComplianceError::Store`].
    pub async fn close_matter(
        &self,
        officer: &Officer,
        id: &str,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        self.change_documents(officer, what_if, |_| async move {
            let before = open_only(self.matter(id).await?)?;
            let matter = Matter {
                closed: true,
                ..before.clone()
            };
            let change = change("matter.close", Some(&before), &matter);
            Ok((change, vec![documents::put(id, &matter)]))
        })
        .await
    }

    /// Looks for the records of a matter. What was asked, how much was found and how much shown is recorded before it is
    /// given.
    ///
    /// `progress` is told how many of how many records were looked at.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is no such matter; [`ComplianceError::Refused`] if it is closed;
    /// [`ComplianceError::Store`], [`ComplianceError::Busy`] if it can't be recorded: then nothing is shown.
    pub async fn search_matter(
        &self,
        officer: &Officer,
        id: &str,
        page: Page,
        progress: Progress<'_>,
    ) -> Result<Found, ComplianceError> {
        let matter = open_only(self.matter(id).await?)?;
        let up_to = self.needs().records.end().await?;
        let found = self
            .sift(&selection(&matter), up_to, &fits(&matter), page, progress)
            .await?;
        let asked = serde_json::to_value(&matter).unwrap_or_default();
        self.queried(officer, "matter.search", ("matter", asked), page, &found)
            .await?;
        Ok(found)
    }

    /// Exports the records of a matter as a batch with its manifest. With `what_if` they are only counted, which is recorded
    /// as any query.
    ///
    /// # Errors
    /// As [`Compliance::search_matter`]; [`ComplianceError::Delivery`]: then there is no batch.
    pub async fn export_matter(
        &self,
        officer: &Officer,
        id: &str,
        request: &ExportRequest,
        what_if: bool,
        progress: Progress<'_>,
    ) -> Result<ExportOutcome, ComplianceError> {
        let up_to = self.covered_now().await?;
        let matter = open_only(self.matter(id).await?)?;
        let asked = serde_json::to_value(&matter).unwrap_or_default();
        let selected = Selected {
            of: id.to_owned(),
            what: "matter.export",
            asked: ("matter", asked),
            selection: selection(&matter),
            up_to,
            fits: &fits(&matter),
            words: format!("matter {}: {}", matter.id, documents::text(&matter)),
        };
        self.export_selected(officer, request, selected, what_if, progress)
            .await
    }

    /// Records a query.
    pub(crate) async fn queried(
        &self,
        officer: &Officer,
        what: &str,
        asked: (&str, Value),
        page: Page,
        found: &Found,
    ) -> Result<(), ComplianceError> {
        // Sorted by itself: canonical however serde_json is built.
        let query: BTreeMap<&str, Value> = BTreeMap::from([
            ("after", page.after.into()),
            ("count", page.count.into()),
            ("upTo", found.up_to.into()),
            asked,
        ]);
        let event = Event::Queried {
            what: what.to_owned(),
            query: serde_json::to_string(&query).unwrap_or_default(),
            found: found.records,
            shown: found.shown.len() as u64,
            origin: officer.origin.clone(),
        };
        let event = &event;
        self.act(officer, |_| async move {
            Ok(Decision {
                events: vec![event.clone()],
                addition: Addition::default(),
                answer: (),
            })
        })
        .await
    }
}
