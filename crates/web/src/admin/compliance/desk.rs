//! Where the compliance service is reached.

use crate::admin::{
    error::{Answer, ApiError},
    input::WhatIf,
    origin::Origin,
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{StatusCode, request::Parts},
};
use causerie_compliance::{Compliance, ComplianceError, Officer};
use causerie_proof::{PublicKey, SigningKey};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard};

/// Keeps the key that signs.
pub trait Keys: Send + Sync {
    /// The key that a rotation goes over to: the one that is kept already, or one that is made. With `keep` it is kept for
    /// [`Keys::exchange`]; without, nothing is written.
    ///
    /// # Errors
    /// Why it can't be made or kept, in words.
    fn next(&self, keep: bool) -> Result<Arc<SigningKey>, String>;

    /// Puts the key that is kept in the place of the one before, which is kept too, and gives the latter.
    ///
    /// # Errors
    /// Why it can't, in words.
    fn exchange(&self) -> Result<PublicKey, String>;
}

/// The compliance service as the API sees it: there, or not there for a reason.
#[derive(Clone)]
pub struct Desk {
    service: Arc<RwLock<Result<Compliance, String>>>,
    keys: Arc<dyn Keys>,
    /// Locked by who rotates keys.
    rotating: Arc<Mutex<()>>,
}

impl Desk {
    /// A desk without a service, for this reason.
    #[must_use]
    pub fn closed(why: impl Into<String>, keys: Arc<dyn Keys>) -> Self {
        Self {
            service: Arc::new(RwLock::new(Err(why.into()))),
            keys,
            rotating: Arc::default(),
        }
    }

    /// From now on the service is there; or not, for this reason.
    pub fn set(&self, service: Result<Compliance, String>) {
        *self.service.write().unwrap_or_else(PoisonError::into_inner) = service;
    }

    /// The service, or why there is none.
    ///
    /// # Errors
    /// Why, in words.
    pub fn service(&self) -> Result<Compliance, String> {
        self.service
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn open(&self) -> Answer<Compliance> {
        self.service()
            .map_err(|why| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "compliance-unavailable", why))
    }

    /// The keys, for one who rotates at a time.
    pub(super) async fn keys(&self) -> (MutexGuard<'_, ()>, &dyn Keys) {
        (self.rotating.lock().await, &*self.keys)
    }
}

/// An officer at the desk, and whether what he asks for is only to be tried. That he came is recorded before anything is done.
pub(super) struct At {
    pub(super) desk: Desk,
    pub(super) service: Compliance,
    pub(super) officer: Officer,
    pub(super) what_if: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for At
where
    Desk: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let WhatIf(what_if) = WhatIf::from_request_parts(parts, state).await?;
        let officer = Origin::from_request_parts(parts, state).await?.officer();
        let desk = Desk::from_ref(state);
        let service = desk.open()?;
        service.signed_in(&officer).await?;
        Ok(Self {
            desk,
            service,
            officer,
            what_if,
        })
    }
}

impl From<ComplianceError> for ApiError {
    fn from(error: ComplianceError) -> Self {
        let message = error.to_string();
        let (status, code) = match &error {
            ComplianceError::Store(error) if error.is_temporary() => {
                (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable")
            }
            ComplianceError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
            ComplianceError::Erasure(_) | ComplianceError::ErasureWaits(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "chat-server")
            }
            ComplianceError::Delivery(_) => (StatusCode::SERVICE_UNAVAILABLE, "delivery"),
            ComplianceError::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            ComplianceError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            ComplianceError::Key { .. } => (StatusCode::CONFLICT, "signing-key"),
            ComplianceError::Damaged(_) => (StatusCode::CONFLICT, "damaged"),
            ComplianceError::Unknown { .. } => (StatusCode::NOT_FOUND, "not-found"),
            ComplianceError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            ComplianceError::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        };
        Self::new(status, code, message)
    }
}
