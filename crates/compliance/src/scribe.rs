//! Acts of officers: decided by the state as it is, and committed only if it is still so.

use crate::{Change, Compliance, ComplianceError, MAX_DECISIONS, Officer};
use causerie_model::Event;
use causerie_records::{Addition, ChainHead, DocumentKey};
use std::future::Future;

/// What was decided, and is to be committed as a whole.
pub(crate) struct Decision<T> {
    /// Records of the service's own chain, in order. Without any nothing is committed.
    pub(crate) events: Vec<Event>,
    /// What goes with them.
    pub(crate) addition: Addition,
    /// What the caller is told once it is committed.
    pub(crate) answer: T,
}

impl Compliance {
    /// Has something decided and commits it, in the name of an officer. `decide` is given the end of the service's own
    /// chain and reads what it decides by; if that chain has gone on when it is committed, it decides again.
    ///
    /// # Errors
    /// Those of `decide`; [`ComplianceError::Busy`] after [`MAX_DECISIONS`]; [`ComplianceError::Store`]. Nothing is
    /// committed then.
    pub(crate) async fn act<T, D, F>(&self, officer: &Officer, decide: D) -> Result<T, ComplianceError>
    where
        D: Fn(ChainHead) -> F + Send + Sync,
        F: Future<Output = Result<Decision<T>, ComplianceError>> + Send,
    {
        let actor = officer.actor();
        for _ in 0..MAX_DECISIONS {
            let head = self.own_head().await?;
            let decision = decide(head).await?;
            if decision.events.is_empty() {
                return Ok(decision.answer);
            }
            let committed = self
                .commit_after(&head, &actor, &decision.events, decision.addition)
                .await?;
            if committed.is_some() {
                return Ok(decision.answer);
            }
        }
        Err(Self::contended())
    }

    /// As [`Compliance::act`], for a change of documents. With `what_if`, or if nothing would change, nothing is committed.
    pub(crate) async fn change_documents<D, F>(
        &self,
        officer: &Officer,
        what_if: bool,
        decide: D,
    ) -> Result<Change, ComplianceError>
    where
        D: Fn(ChainHead) -> F + Send + Sync,
        F: Future<Output = Result<(Change, Vec<(DocumentKey, Option<String>)>), ComplianceError>> + Send,
    {
        self.change_documents_and_say(officer, what_if, None, decide)
            .await
    }

    /// As [`Compliance::change_documents`], and says something besides in the record before.
    pub(crate) async fn change_documents_and_say<D, F>(
        &self,
        officer: &Officer,
        what_if: bool,
        besides: Option<&Change>,
        decide: D,
    ) -> Result<Change, ComplianceError>
    where
        D: Fn(ChainHead) -> F + Send + Sync,
        F: Future<Output = Result<(Change, Vec<(DocumentKey, Option<String>)>), ComplianceError>> + Send,
    {
        let origin = officer.origin.as_str();
        self.act(officer, |head| {
            let decided = decide(head);
            async move {
                let (change, documents) = decided.await?;
                let idle = what_if || !change.changed;
                Ok(Decision {
                    events: if idle {
                        Vec::new()
                    } else {
                        let all = besides.into_iter().chain([&change]);
                        all.map(|change| change.event(origin)).collect()
                    },
                    addition: Addition {
                        documents,
                        ..Addition::default()
                    },
                    answer: change,
                })
            }
        })
        .await
    }
}
