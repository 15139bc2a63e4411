//! Public conformance sets and hostile input, over the public interface.

#[cfg(test)]
mod cyclonedx;
#[cfg(test)]
mod data;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod junit;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod spdx;
