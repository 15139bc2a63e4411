//! Language tags (RFC 5646), as far as 6.1.12 needs: the shape, and the two-letter languages of ISO 639-1.

/// Two-letter language codes, four bytes each with the space.
const TWO_LETTERS: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv \
    cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig \
    ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn \
    mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si \
    sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo \
    za zh zu";

/// Whether a tag has the shape of RFC 5646 and, with two letters, a language that exists. Three-letter languages are
/// taken as they are: the registry has some eight thousand.
pub(super) fn is_valid(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let language = subtags.next().unwrap_or("");
    let letters = language.bytes().all(|b| b.is_ascii_alphabetic());
    let known = match language.len() {
        1 => matches!(language, "i" | "x" | "I" | "X") && tag.len() > 2,
        2 => TWO_LETTERS.split(' ').any(|code| code.eq_ignore_ascii_case(language)),
        3..=8 => true,
        _ => false,
    };
    let subtag_ok =
        |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
    letters && known && subtags.all(subtag_ok)
}
