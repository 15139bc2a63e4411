//! Requests and what is no answer. Answers of a real authority are made and verified in the tests of the command line.

use proptest::prelude::*;

use super::{Request, Response};

#[test]
fn a_request_has_one_form() {
    let request = Request::new(b"data", [0xff; 8]);
    let der = request.to_der();
    // SEQUENCE { 1, SEQUENCE { SEQUENCE { SHA-256, NULL }, digest }, nonce, TRUE }: 69 bytes in all.
    assert_eq!(der.len(), 69);
    assert_eq!(der[..9], [0x30, 0x43, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d]);
    assert_eq!(der[56..], [2, 8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 0xff]);
    assert_eq!(Request::from_der(&der), Ok(request));
    for at in 0..der.len() {
        let mut other = der.clone();
        other[at] ^= 0x80;
        assert_ne!(Request::from_der(&other).ok().map(|r| r.to_der()), Some(der.clone()), "byte {at}");
        assert!(Request::from_der(&der[..at]).is_err());
    }
    assert!(Request::from_der(&[&der[..], &[0]].concat()).is_err());
    // A nonce is positive and has no leading zero, whatever was drawn.
    for first in 0..=255 {
        let nonce = *Request::new(b"", [first; 8]).nonce();
        assert!((0x40..0x80).contains(&nonce[0]));
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_authority() {
    let der = [0x30, 13, 0x30, 11, 2, 1, 2, 0x30, 6, 0x0c, 4, b'b', b'u', b's', b'y'];
    let refused = Response::Refused { status: 2, says: "busy".into() };
    assert_eq!(Response::from_der(&der), Ok(refused));
    for (what, der) in [
        ("an unknown status", vec![0x30, 5, 0x30, 3, 2, 1, 6]),
        ("granted without a token", vec![0x30, 5, 0x30, 3, 2, 1, 0]),
        ("a length in a longer form", vec![0x30, 0x81, 5, 0x30, 3, 2, 1, 2]),
        ("an indefinite length", vec![0x30, 0x80, 0x30, 3, 2, 1, 2, 0, 0]),
        ("something behind", vec![0x30, 5, 0x30, 3, 2, 1, 2, 0]),
        ("nothing", vec![]),
    ] {
        assert!(Response::from_der(&der).is_err(), "{what}");
    }
}

proptest! {
    #[test]
    fn the_readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = (Response::from_der(&bytes), Request::from_der(&bytes));
    }
}
