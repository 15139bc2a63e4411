//! The server over real sockets: every address with good and bad requests, the log read by C2SP rules alone, witnesses,
//! limits, TLS, and an end that loses nothing.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod affected;
mod api;
mod api_device;
mod api_entries;
mod api_events;
mod api_fleet;
mod api_house;
mod api_log;
mod api_records;
mod api_releases;
mod api_run;
mod api_store;
mod crowd;
mod feeds;
mod joined;
mod openapi;
mod openapi_schema;
mod pages;
mod pages_fleet;
mod pages_kit;
mod pages_overview;
mod pages_properties;
mod pages_records;
mod pages_risk;
mod pages_scale;
mod pages_sheets;
mod pages_sign_in;
mod pages_vulnerable;
mod story;
mod witness_client;
mod witness_server;
