//! Style sheets and script, embedded, under names that carry their hash, so that they may be cached for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use evidence::Hash;

struct Asset {
    /// Name as it is served: stem, first 16 digits of the SHA-256, extension.
    name: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash = Hash::of(bytes).to_string();
        let name = format!("{stem}.{}.{extension}", hash.get(..16).unwrap_or(&hash));
        Self { name, media_type, bytes }
    }

    fn path(&self) -> String {
        format!("/static/{}", self.name)
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        Asset::new("tokens", "css", CSS, include_bytes!("../../static/tokens.css")),
        Asset::new("style", "css", CSS, include_bytes!("../../static/style.css")),
        Asset::new("live", "js", JS, include_bytes!("../../static/live.js")),
        Asset::new("mark", "svg", "image/svg+xml", include_bytes!("../../static/mark.svg")),
    ]
});

/// Addresses of the assets, for templates.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    pub(super) tokens: String,
    pub(super) style: String,
    pub(super) live: String,
    pub(super) mark: String,
}

impl Assets {
    pub(super) fn get() -> Self {
        let [tokens, style, live, mark] = &*ASSETS;
        Self { tokens: tokens.path(), style: style.path(), live: live.path(), mark: mark.path() }
    }
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|a| a.name == name) {
        Some(asset) => {
            let headers =
                [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    }
}
