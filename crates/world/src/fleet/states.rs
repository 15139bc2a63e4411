//! The states of this concern: `0` and a number, a text; `1`, a set of measurements; `2`, a verdict; `3` and a subject, the
//! records of a device; `4`, a note. A device's records name shared values by their numbers, whose states come first.

use super::record::Log;
use super::subject::Subject;
use super::{Fleet, notes};
use crate::concern::{BadState, Concern, State};

const TEXT: u8 = 0;
const SET: u8 = 1;
const VERDICT: u8 = 2;
pub(super) const DEVICE: u8 = 3;
const NOTE: u8 = 4;

impl Concern for Fleet {
    fn freeze(&mut self) {
        self.texts.freeze();
        self.sets.freeze();
        self.verdicts.freeze();
        self.devices.freeze();
        self.notes.states.freeze();
    }

    fn thaw(&mut self) {
        self.texts.thaw();
        self.sets.thaw();
        self.verdicts.thaw();
        self.devices.thaw();
        self.notes.states.thaw();
    }

    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let (section, rest) = match after {
            None => (TEXT, None),
            Some(key) => key.split_first().map(|(s, rest)| (*s, Some(rest))).ok_or(BadState::Key)?,
        };
        if section > NOTE {
            return Err(BadState::Key);
        }
        // The number after `rest` where the section is the one to go on in.
        let first = |of: u8| match rest {
            Some(raw) if of == section => number(raw).map(|n| n.saturating_add(1)),
            _ => Ok(0),
        };
        let mut out = Vec::new();
        if section == TEXT {
            out.extend(self.texts.states(TEXT, first(TEXT)?, limit));
        }
        if section <= SET {
            out.extend(self.sets.states(SET, first(SET)?, limit - out.len()));
        }
        if section <= VERDICT {
            out.extend(self.verdicts.states(VERDICT, first(VERDICT)?, limit - out.len()));
        }
        if section <= DEVICE {
            let after = rest.filter(|_| section == DEVICE).map(Subject::from_bytes).transpose()?;
            let pairs = self.devices.frozen_after(after.as_ref(), limit - out.len());
            out.extend(pairs.into_iter().map(|(k, v)| State {
                key: [&[DEVICE], k.bytes().as_slice()].concat(),
                value: v.bytes().to_vec(),
            }));
        }
        let after = rest.filter(|_| section == NOTE).map(<[u8]>::to_vec);
        let pairs = self.notes.states.frozen_after(after.as_ref(), limit - out.len());
        out.extend(
            pairs.into_iter().map(|(k, v)| State { key: [&[NOTE], k.as_slice()].concat(), value: v.clone() }),
        );
        Ok(out)
    }

    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let (section, rest) = state.key.split_first().ok_or(BadState::Key)?;
        let id = || number(rest).and_then(|n| u32::try_from(n).map_err(|_| BadState::Key));
        match *section {
            TEXT => self.texts.restore(id()?, &state.value),
            SET => self.sets.restore(id()?, &state.value),
            VERDICT => self.verdicts.restore(id()?, &state.value),
            DEVICE => {
                let log = Log::read(&state.value).map_err(BadState::Value)?;
                let subject = Subject::from_bytes(rest)?;
                if let Subject::Device(device) = &subject {
                    self.identities.restore(device, &log);
                }
                self.names.restore(&subject, &log);
                self.devices.insert(subject, Box::new(log));
                Ok(())
            }
            NOTE => notes::restore(&mut self.notes, rest, &state.value),
            _ => Err(BadState::Key),
        }
    }
}

fn number(raw: &[u8]) -> Result<usize, BadState> {
    let n: [u8; 4] = raw.try_into().map_err(|_| BadState::Key)?;
    usize::try_from(u32::from_be_bytes(n)).map_err(|_| BadState::Key)
}
