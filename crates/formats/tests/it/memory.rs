//! Memory while reading follows what is kept, not the size of the document.

use std::io::{BufReader, Read, Seek, SeekFrom};

use formats::sbom::{Limits, read};

/// A document that is made up while it is read: `components` components, and in each `bulk` bytes of what is not kept.
struct Made {
    components: usize,
    bulk: usize,
    next: usize,
    pending: Vec<u8>,
    at: usize,
}

impl Made {
    fn new(components: usize, bulk: usize) -> Self {
        Self { components, bulk, next: 0, pending: Vec::new(), at: 0 }
    }

    fn piece(&mut self) -> Vec<u8> {
        let n = self.next;
        self.next += 1;
        if n == 0 {
            return br#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":["#.to_vec();
        }
        if n > self.components {
            return if n == self.components + 1 { b"]}".to_vec() } else { Vec::new() };
        }
        let comma = if n > 1 { "," } else { "" };
        let notice = "x".repeat(self.bulk);
        format!(
            r#"{comma}{{"type":"library","bom-ref":"c{n}","name":"component-{n}","version":"1.{n}","purl":"pkg:generic/component-{n}@1.{n}","evidence":{{"copyright":[{{"text":"{notice}"}}]}}}}"#
        )
        .into_bytes()
    }
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.pending.len() {
            self.pending = self.piece();
            self.at = 0;
        }
        let rest = &self.pending[self.at..];
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        // The reader looks ahead and comes back to the beginning; it goes nowhere else.
        assert!(matches!(to, SeekFrom::Start(0) | SeekFrom::Current(0)), "{to:?}");
        if to == SeekFrom::Start(0) {
            *self = Self::new(self.components, self.bulk);
        }
        Ok(0)
    }
}

/// Most bytes held at once while a document is read, and its components.
fn peak(components: usize, bulk: usize) -> (u64, usize) {
    let mut found = 0;
    let counted = allocation_counter::measure(|| {
        let document = read(BufReader::new(Made::new(components, bulk)), &Limits::default()).expect("reads");
        found = document.sbom.components.len();
    });
    (counted.bytes_max, found)
}

#[test]
fn a_document_twenty_times_as_large_takes_no_more_memory() {
    let (small, found) = peak(2_000, 200);
    assert_eq!(found, 2_000);
    let (large, found) = peak(2_000, 10_000);
    assert_eq!(found, 2_000);
    // One text of a component and the buffers around it, and nothing for the other 20 MB.
    assert!(large < small + (1 << 18), "{small} bytes at most for 1 MB, {large} for 20 MB");
    // And it is the components that count: about 1 KB for each, as the module says.
    assert!(small < 2_000 * 1_400, "{small} bytes for 2,000 components");
}
