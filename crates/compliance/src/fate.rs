//! Whether a record goes or stays: the one place where policies, exports, checkpoints and holds meet.

use crate::{
    Compliance, ComplianceError, checkpoint,
    documents::{self, Hold, Retention, Room, Scope},
    told::Told,
};
use causerie_model::{ChainId, Timestamp};
use causerie_proof::record::is_retirable;
use causerie_records::Stored;
use std::{collections::BTreeMap, fmt};

/// What becomes of a record, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Goes by the policy of this scope, written as `category:<guid>` and so on.
    Goes(String),
    /// Its content went before.
    Gone,
    /// Stays: records of its chain or kind never go.
    Never,
    /// Stays: no policy is for its room.
    NoPolicy,
    /// Stays: a category has a policy, and which category its room is in isn't known.
    NoCategory,
    /// Stays: it isn't older than the policy of this scope says.
    Young(String),
    /// Stays: it is old enough for its policy, but everything is kept for so many days, as the server is set up.
    Minimum(u32),
    /// Stays: this hold covers it.
    Held(String),
    /// Stays: there is no adapter, so nothing is exported.
    NoAdapter,
    /// Stays: this adapter hasn't exported it.
    NotExported(String),
    /// Stays: no checkpoint covers it.
    NotCovered,
    /// Stays: its body doesn't tell which message it is of, so the message would stay in the room.
    Untold,
}

impl Fate {
    /// Whether it goes.
    #[must_use]
    pub fn goes(&self) -> bool {
        matches!(self, Self::Goes(_))
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Goes(scope) => write!(f, "older than the policy {scope} keeps it"),
            Self::Gone => f.write_str("destroyed before"),
            Self::Never => f.write_str("of a chain or kind that never goes"),
            Self::NoPolicy => f.write_str("no policy is for it"),
            Self::NoCategory => {
                f.write_str("of a room whose category isn't known, and a category has a policy")
            }
            Self::Young(scope) => write!(f, "younger than its policy {scope}"),
            Self::Minimum(days) => write!(
                f,
                "younger than the {days} days that everything is kept, as the server is set up"
            ),
            Self::Held(hold) => write!(f, "hold {hold}"),
            Self::NoAdapter => f.write_str("not exported: there is no adapter"),
            Self::NotExported(adapter) => write!(f, "not exported by adapter {adapter}"),
            Self::NotCovered => f.write_str("not covered by a checkpoint"),
            Self::Untold => f.write_str("doesn't tell its message"),
        }
    }
}

/// What decides fates, as it was read once.
pub(crate) struct Rules {
    now: Timestamp,
    /// Everything is kept for so many days at least, whatever a policy says that was set before.
    minimum_days: u32,
    policies: BTreeMap<Scope, Retention>,
    holds: Vec<Hold>,
    /// Up to which position each adapter has exported.
    exported: BTreeMap<String, u64>,
    /// Up to which position checkpoints cover.
    covered: u64,
}

impl Rules {
    /// The policy for a room; or why its records stay without one.
    pub(crate) fn policy(&self, chain: ChainId, room: Option<&Room>) -> Result<(Scope, Retention), Fate> {
        let ChainId::Room(row) = chain else {
            return Err(Fate::NoPolicy);
        };
        let of = |scope| self.policies.get(&scope).map(|policy| (scope, *policy));
        if let Some(own) = of(Scope::Room(row)) {
            return Ok(own);
        }
        let of_category = match room {
            Some(room) => of(Scope::Category(room.category)),
            // Any of them might be the one that keeps it longer.
            None if self
                .policies
                .keys()
                .any(|scope| matches!(scope, Scope::Category(_))) =>
            {
                return Err(Fate::NoCategory);
            }
            None => None,
        };
        of_category.or_else(|| of(Scope::Global)).ok_or(Fate::NoPolicy)
    }

    /// What becomes of a record in a room with this policy. Of several reasons to stay the first of [`Fate`]'s is given.
    pub(crate) fn fate(&self, stored: &Stored, policy: &Result<(Scope, Retention), Fate>) -> Fate {
        let record = &stored.record;
        if stored.retired {
            return Fate::Gone;
        }
        if !is_retirable(record) {
            return Fate::Never;
        }
        let (scope, policy) = match policy {
            Ok(found) => found,
            Err(fate) => return fate.clone(),
        };
        let is_young = |days: u32| record.at >= self.now.plus_seconds(-i64::from(days) * 86_400);
        if is_young(policy.keep_days) {
            return Fate::Young(scope.to_string());
        }
        if is_young(self.minimum_days) {
            return Fate::Minimum(self.minimum_days);
        }
        let told = Told::of(record);
        if let Some(hold) = self.holds.iter().find(|hold| told.is_held_by(hold)) {
            return Fate::Held(hold.id.clone());
        }
        if self.exported.is_empty() {
            return Fate::NoAdapter;
        }
        let behind = self.exported.iter().find(|(_, up_to)| **up_to < stored.position);
        if let Some((adapter, _)) = behind {
            return Fate::NotExported(adapter.clone());
        }
        if self.covered < stored.position {
            return Fate::NotCovered;
        }
        Fate::Goes(scope.to_string())
    }
}

impl Compliance {
    /// Reads what decides fates. Read the end of the service's own chain before: whatever changes holds, policies or
    /// adapters afterwards moves it. Holds, policies and exports that aren't as records tell are an error, and so are
    /// checkpoints that don't follow those that are known to be right.
    pub(crate) async fn rules(&self) -> Result<Rules, ComplianceError> {
        let scope = |(id, policy): (String, Retention)| match id.parse() {
            Ok(scope) => Ok((scope, policy)),
            Err(error) => Err(ComplianceError::Damaged(format!("a retention policy: {error}"))),
        };
        let ledger = self.ledger().await?;
        let policies = ledger.documents::<Retention>()?;
        Ok(Rules {
            now: self.needs().clock.now(),
            minimum_days: self.settings().minimum_retention_days,
            policies: policies.into_iter().map(scope).collect::<Result<_, _>>()?,
            holds: ledger.documents::<Hold>()?.into_values().collect(),
            exported: ledger.exported(),
            covered: checkpoint::covered(self.trusted_last().await?.as_ref()),
        })
    }

    /// What is known of a chain's room.
    pub(crate) async fn room_of(&self, chain: ChainId) -> Result<Option<Room>, ComplianceError> {
        match chain {
            ChainId::Room(row) => Ok(documents::load(&*self.needs().records, row).await?),
            _ => Ok(None),
        }
    }
}
