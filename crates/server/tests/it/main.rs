//! The server over real sockets: every address with good and bad requests, the log read by C2SP rules alone, witnesses,
//! limits, TLS, and an end that loses nothing.

mod api;
mod api_entries;
mod api_events;
mod api_log;
mod api_run;
mod witness_client;
mod witness_server;

mod house;
