//! Check digits and characters: GS1 (modulo 10, and the pair of the Global Model Number), HIBCC (modulo 43), and what is
//! reported of one.

/// What was found of a check digit or character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// It is the one that follows from the rest.
    Valid,
    /// It is another one: a misread, a typing error, or an identifier issued wrongly.
    Invalid,
    /// The carrier has none.
    Absent,
}

impl CheckDigit {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Absent => "absent",
        }
    }

    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Valid } else { Self::Invalid }
    }
}

/// The GS1 check digit of the digits before it: weights 3 and 1 in turn from the right (General Specifications 7.9.1).
/// `None` if there is anything but digits.
#[must_use]
pub fn gs1_digit(digits: &str) -> Option<char> {
    let mut sum = 0u32;
    for (n, digit) in digits.bytes().rev().enumerate() {
        let value = u32::from(digit.checked_sub(b'0').filter(|d| *d < 10)?);
        sum = (sum + value * if n % 2 == 0 { 3 } else { 1 }) % 10;
    }
    char::from_digit((10 - sum) % 10, 10)
}

/// Whether the last digit is the GS1 check digit of those before it.
#[must_use]
pub fn gs1_holds(digits: &str) -> bool {
    let Some((at, last)) = digits.char_indices().next_back() else { return false };
    gs1_digit(digits.get(..at).unwrap_or_default()) == Some(last)
}

/// The characters of a model reference, by their values (General Specifications 7.9.5: table 1 of ISO/IEC 646).
const TEXT: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The characters of a check pair: no 0, 1, I and O, which can be misread.
const PAIR: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Weights of the characters of a model reference: the first primes, the smallest for the last character.
const PRIMES: [u32; 23] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];

/// The check pair of a Global Model Number (a Basic UDI-DI of GS1) without one: at most 23 characters.
#[must_use]
pub fn gs1_pair(model: &str) -> Option<String> {
    if model.is_empty() || model.len() > PRIMES.len() {
        return None;
    }
    let mut sum = 0u32;
    for (c, weight) in model.chars().rev().zip(PRIMES) {
        let value = u32::try_from(TEXT.find(c)?).ok()?;
        sum += value * weight;
    }
    let sum = sum % 1_021;
    let letter = |value: u32| PAIR.chars().nth(usize::try_from(value).ok()?);
    Some([letter(sum / 32)?, letter(sum % 32)?].into_iter().collect())
}

/// Whether the last two characters are the check pair of those before them.
#[must_use]
pub fn gs1_pair_holds(model: &str) -> bool {
    let at = model.len().saturating_sub(2);
    let (Some(body), Some(pair)) = (model.get(..at), model.get(at..)) else { return false };
    gs1_pair(body).is_some_and(|p| p == pair)
}

/// The characters of HIBC, by their values (ANSI/HIBC 2.6, appendix B).
const HIBC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// The HIBC check character of what stands before it, the leading `+` included: the sum of all values modulo 43. `None` if
/// there is a character that HIBC does not have.
#[must_use]
pub fn hibc_character(text: &str) -> Option<char> {
    let mut sum = 0;
    for c in text.chars() {
        sum += HIBC.find(c)?;
    }
    HIBC.chars().nth(sum % 43)
}

/// Whether a check character stands there that a person or a printer wrote as `_` for a space.
#[must_use]
pub fn hibc_holds(text: &str, check: char) -> bool {
    let check = if check == '_' { ' ' } else { check };
    hibc_character(text) == Some(check)
}
