//! The suite of [`Guard`].

use super::Place;
use crate::ports::Guard;

/// Everything a [`Guard`] must do. `fresh` makes a new, empty place each time.
pub fn guard(fresh: &dyn Fn() -> Place<dyn Guard>) {
    let place = fresh();
    let guard = place();
    assert_eq!(guard.load().expect("readable"), None);
    let long = "a long line of a checkpoint\n".repeat(500);
    for text in ["log.example\n1\nroot\n", &long, "log.example\n3\nroot\n\n— é\n"] {
        guard.store(text).expect("writable");
        assert_eq!(guard.load().expect("readable").as_deref(), Some(text));
    }
    drop(guard);
    assert_eq!(place().load().expect("readable").as_deref(), Some("log.example\n3\nroot\n\n— é\n"));
}
