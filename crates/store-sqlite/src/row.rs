//! A row of a result as words of the domain.

use causerie_model::{ChainId, Hash, RoomId, Timestamp};
use causerie_store::{StoreError, StoreFault};
use sqlx::{Decode, Row as _, Sqlite, Type, sqlite::SqliteRow};
use std::{fmt::Display, str::FromStr};
use uuid::Uuid;

/// Names no content: it may be a secret.
fn corrupt(column: usize, why: impl Display) -> StoreError {
    StoreError::new(
        StoreFault::Corrupt,
        format!("column {column} of a row of the database: {why}"),
    )
}

pub(crate) struct Row<'a>(pub(crate) &'a SqliteRow);

impl<'a> Row<'a> {
    pub(crate) fn get<T: Decode<'a, Sqlite> + Type<Sqlite>>(&self, column: usize) -> Result<T, StoreError> {
        self.0.try_get(column).map_err(|error| corrupt(column, error))
    }

    pub(crate) fn parse<T: FromStr<Err: Display>>(&self, column: usize) -> Result<T, StoreError> {
        self.get::<&str>(column)?
            .parse()
            .map_err(|error| corrupt(column, error))
    }

    /// A number that is never below zero.
    pub(crate) fn unsigned<T: TryFrom<i64, Error: Display>>(&self, column: usize) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|error| corrupt(column, error))
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp)
    }

    pub(crate) fn hash(&self, column: usize) -> Result<Hash, StoreError> {
        let bytes: &[u8] = self.get(column)?;
        bytes.try_into().map(Hash).map_err(|error| corrupt(column, error))
    }

    pub(crate) fn guid(&self, column: usize) -> Result<Uuid, StoreError> {
        Uuid::from_slice(self.get(column)?).map_err(|error| corrupt(column, error))
    }

    pub(crate) fn chain(&self, column: usize) -> Result<ChainId, StoreError> {
        Ok(match self.get(column)? {
            COMPLIANCE => ChainId::Compliance,
            0 => ChainId::System,
            room => ChainId::Room(RoomId(room)),
        })
    }
}

/// The number of the compliance service's chain.
const COMPLIANCE: i64 = -1;

/// A chain as a number: the room's row, 0 for the system, -1 for the compliance service.
pub(crate) fn chain_number(chain: ChainId) -> i64 {
    match chain {
        ChainId::Compliance => COMPLIANCE,
        ChainId::System => 0,
        ChainId::Room(room) => room.0,
    }
}

/// SQLite's numbers end at 2^63 - 1.
pub(crate) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number)
        .map_err(|_| StoreError::new(StoreFault::Conflict, format!("the number {number} is too great")))
}
