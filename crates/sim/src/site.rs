//! A place: its devices and their gateway. Sites know nothing of each other, so each can be simulated on a thread of its own.

use crate::error::Error;
use crate::fielded::{Fielded, Round};
use crate::gateway::Gateway;
use crate::piece::Batch;
use crate::random::Random;
use crate::truth::Happened;

/// A site.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) devices: Vec<Fielded>,
    pub(crate) gateway: Gateway,
    pub(crate) happened: Happened,
}

impl Site {
    pub(crate) fn new(seed: u64, number: usize) -> Self {
        let random = Random::of(&[seed, number as u64, 0x5173]);
        Self { devices: Vec::new(), gateway: Gateway::new(number, random), happened: Happened::default() }
    }

    /// A round of everything here: what the gateway sends at its end.
    pub(crate) fn round(&mut self, round: &Round<'_>) -> Result<Vec<Batch>, Error> {
        for (slot, fielded) in self.devices.iter_mut().enumerate() {
            fielded.live(round, &mut self.happened)?;
            if fielded.reachable(round) {
                self.gateway.collect(slot, fielded, round, &mut self.happened);
            }
        }
        Ok(self.gateway.dispatch(&self.devices, round, &mut self.happened))
    }

    /// Whether everything that was stored was answered for good.
    pub(crate) fn is_idle(&self) -> bool {
        self.gateway.is_idle()
            && self.devices.iter().all(|d| d.device.as_ref().is_none_or(|d| d.waiting() == 0))
    }
}
