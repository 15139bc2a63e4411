//! The typesetter: no file system, no network, no clock, no fonts but its own. A template sees `frame.typ` and `data.json`.

use std::sync::OnceLock;

use evidence::Time;
use tlog::Hash;
use typst::diag::{FileError, FileResult, Severity, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::layout::PagedDocument;
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// What all templates share.
const FRAME: &str = include_str!("templates/frame.typ");

/// The fonts of documents, parts of which every document embeds: Libertinus Serif (SIL Open Font License 1.1) and DejaVu Sans
/// Mono (Bitstream Vera and Arev licences). Both permit embedding and distribution.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

/// Fonts and library, which are the same for every document.
struct Common {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

fn common() -> &'static Common {
    static COMMON: OnceLock<Common> = OnceLock::new();
    COMMON.get_or_init(|| {
        let fonts = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data)));
        let fonts: Vec<Font> = fonts.filter(|font| FAMILIES.contains(&font.info().family.as_str())).collect();
        let book = FontBook::from_fonts(&fonts);
        Common { library: LazyHash::new(Library::default()), book: LazyHash::new(book), fonts }
    })
}

struct Desk {
    main: Source,
    frame: Source,
    data: (FileId, Bytes),
}

fn id(name: &str) -> FileId {
    FileId::new(None, VirtualPath::new(name))
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &common().library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &common().book
    }
    fn main(&self) -> FileId {
        self.main.id()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        let known = [&self.main, &self.frame].into_iter().find(|s| s.id() == id);
        known.cloned().ok_or_else(|| FileError::NotFound(id.vpath().as_rootless_path().into()))
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let (known, bytes) = &self.data;
        if *known == id {
            Ok(bytes.clone())
        } else {
            Err(FileError::NotFound(id.vpath().as_rootless_path().into()))
        }
    }
    fn font(&self, index: usize) -> Option<Font> {
        common().fonts.get(index).cloned()
    }
    fn today(&self, _: Option<i64>) -> Option<Datetime> {
        None
    }
}

/// Typesets a template over its data. Gives the PDF/A and its number of pages.
pub(super) fn pdf(
    template: &str,
    data: Vec<u8>,
    digest: &Hash,
    name: &str,
    at: &str,
) -> Result<(Vec<u8>, u64), String> {
    let desk = Desk {
        main: Source::new(id("main.typ"), template.to_owned()),
        frame: Source::new(id("frame.typ"), FRAME.to_owned()),
        data: (id("data.json"), Bytes::new(data)),
    };
    let document: PagedDocument = typst::compile(&desk).output.map_err(|e| said(&e))?;
    let pages = document.pages.len() as u64;
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|e| e.to_string())?;
    let identity = format!("vouchsafe {digest} {name}");
    let options = PdfOptions {
        ident: Smart::Custom(&identity),
        timestamp: moment(at).map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|e| said(&e))?;
    // What the typesetter remembers between documents is of no use to the next one.
    typst::comemo::evict(0);
    Ok((pdf, pages))
}

fn moment(at: &str) -> Option<Datetime> {
    let [year, month, day, hour, minute, second] = at.parse::<Time>().ok()?.parts();
    let small = |n: u64| u8::try_from(n).ok();
    Datetime::from_ymd_hms(
        i32::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
    )
}

fn said(errors: &[SourceDiagnostic]) -> String {
    let errors = errors.iter().filter(|e| e.severity == Severity::Error);
    errors.map(|e| e.message.to_string()).collect::<Vec<_>>().join("; ")
}
