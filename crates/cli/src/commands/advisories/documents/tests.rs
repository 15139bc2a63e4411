//! Which files of a folder are documents, and which digests belong to them.

use std::ops::ControlFlow;

use super::{Passed, each, files};

#[test]
fn folders_give_documents_with_their_digests_and_count_the_rest() {
    let folder = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("b/two.yaml", "2");
    write("b/one.json", "1");
    write("b/one.json.sha512", "strong");
    write("b/one.json.sha256", "weak");
    write("b/one.json.asc", "signature");
    write("README.md", "words");
    let (found, mut passed) = files(&[folder.path().to_owned()]).expect("readable");
    assert_eq!((found.len(), passed), (2, Passed { files: 1 }));
    let mut documents = Vec::new();
    for path in &found {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        each(path, &name, &mut passed, &mut |document| {
            documents.push((document.place, document.bytes.expect("bytes"), document.digest));
            ControlFlow::Continue(())
        });
    }
    let expected = [
        ("one.json".to_owned(), b"1".to_vec(), Some("strong".to_owned())),
        ("two.yaml".to_owned(), b"2".to_vec(), None),
    ];
    assert_eq!(documents, expected);
}
