//! Tests of the server through its router.

mod pages;
mod pages_kit;
mod pages_properties;
mod pages_sign_in;
mod story;
