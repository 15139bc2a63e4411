//! RFC 6962 Merkle tree and the C2SP formats around it.
#![no_std]
