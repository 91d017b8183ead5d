//! A row of a result as words of the domain.

use causerie_model::{ChainId, Hash, RoomId, Sealed, Timestamp};
use causerie_records::{ChainHead, ChainSpan, CheckpointLine, Stored};
use sqlx::{Decode, Postgres, Row as _, Type, postgres::PgRow};
use std::error::Error;

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

/// As far as the database's numbers go; there is nothing beyond.
pub(crate) fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Names no content: it may be a secret.
fn corrupt(error: impl Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

pub(crate) struct Row<'a>(pub(crate) &'a PgRow);

impl<'a> Row<'a> {
    pub(crate) fn get<T: Decode<'a, Postgres> + Type<Postgres>>(
        &self,
        column: usize,
    ) -> Result<T, sqlx::Error> {
        self.0.try_get(column)
    }

    pub(crate) fn unsigned(&self, column: usize) -> Result<u64, sqlx::Error> {
        u64::try_from(self.get::<i64>(column)?).map_err(corrupt)
    }

    fn time(&self, column: usize) -> Result<Timestamp, sqlx::Error> {
        self.get(column).map(Timestamp)
    }

    pub(crate) fn hash(&self, column: usize) -> Result<Hash, sqlx::Error> {
        let bytes: &[u8] = self.get(column)?;
        bytes.try_into().map(Hash).map_err(corrupt)
    }

    pub(crate) fn chain(&self, column: usize) -> Result<ChainId, sqlx::Error> {
        Ok(match self.get(column)? {
            COMPLIANCE => ChainId::Compliance,
            0 => ChainId::System,
            room => ChainId::Room(RoomId(room)),
        })
    }

    /// The three columns that begin with `first`.
    pub(crate) fn head(&self, first: usize) -> Result<ChainHead, sqlx::Error> {
        Ok(ChainHead {
            number: self.unsigned(first)?,
            at: self.time(first + 1)?,
            hash: self.hash(first + 2)?,
        })
    }

    pub(crate) fn stored(&self) -> Result<Stored, sqlx::Error> {
        Ok(Stored {
            position: self.unsigned(0)?,
            record: Sealed {
                chain: self.chain(1)?,
                number: self.unsigned(2)?,
                at: self.time(3)?,
                actor: self.get(4)?,
                kind: self.get(5)?,
                body: self.get(6)?,
                previous: self.hash(7)?,
                hash: self.hash(8)?,
            },
            retired: self.get(9)?,
        })
    }

    pub(crate) fn span(&self) -> Result<ChainSpan, sqlx::Error> {
        Ok(ChainSpan {
            chain: self.chain(0)?,
            first: self.unsigned(1)?,
            last: self.unsigned(2)?,
            records: self.unsigned(3)?,
            begins: self.time(4)?,
            ends: self.time(5)?,
        })
    }

    pub(crate) fn checkpoint(&self) -> Result<CheckpointLine, sqlx::Error> {
        Ok(CheckpointLine {
            number: self.unsigned(0)?,
            up_to: self.unsigned(1)?,
            line: self.get(2)?,
        })
    }
}
