//! JSON and CBOR for programs.
