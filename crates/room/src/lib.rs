//! A room's sequencer, participants and hash chain, as a pure machine.
