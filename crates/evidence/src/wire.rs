//! How Rust types become CBOR: the [`Field`] trait and the macros that write it for structures, codes and facts.
//!
//! One declaration gives the type, its strict codec, its JSON rendering, its CDDL and its examples, so that the five
//! cannot differ. The values that fields hold are in `wire/values.rs`.

mod values;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::cbor::{Malformed, Reader, Writer};
#[cfg(feature = "json")]
use crate::json::{JsonError, Value};
#[cfg(feature = "sample")]
use crate::sample::Sampler;
use crate::types::BlobRef;

/// A value with one deterministic encoding.
pub trait Field: Sized {
    /// Its CDDL type (RFC 8610): a rule name or an expression.
    fn cddl() -> Cow<'static, str>;
    /// The CDDL rules it needs besides, as (name, text) pairs.
    fn rules(_out: &mut Vec<(Cow<'static, str>, String)>) {}
    /// Whether the key of this value is left out of its map.
    fn absent(&self) -> bool {
        false
    }
    /// The value that a left-out key stands for.
    fn missing() -> Option<Self> {
        None
    }
    /// Shows every blob that the value names.
    fn blobs(&self, _seen: &mut dyn FnMut(&BlobRef)) {}
    /// Writes the value.
    fn write(&self, w: &mut Writer);
    /// Reads the value.
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed>;
    /// The value as people read it.
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value;
    /// The value from what people read.
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError>;
    /// An example of the value. The same sampler gives the same examples, always.
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self;
}

/// Declares structures encoded as maps with integer keys, which must be listed in ascending order.
macro_rules! structures {
    ($($(#[$meta:meta])* $name:ident = $rule:literal {
        $($(#[$fmeta:meta])* $key:literal $field:ident : $ty:ty),* $(,)?
    })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty,)* }

        impl $name {
            /// Name in the catalogue, in JSON and in CDDL.
            pub const RULE: &'static str = $rule;
            const KEYS_ASCEND: () = {
                let keys: &[i64] = &[$($key),*];
                let mut i = 1;
                while i < keys.len() {
                    assert!(keys[i - 1] < keys[i], "keys must ascend");
                    i += 1;
                }
            };
        }

        impl $crate::wire::Field for $name {
            fn cddl() -> alloc::borrow::Cow<'static, str> { $rule.into() }
            fn rules(out: &mut alloc::vec::Vec<(alloc::borrow::Cow<'static, str>, alloc::string::String)>) {
                #[allow(unused_mut, clippy::allow_attributes, reason = "a structure may have no field")]
                let mut text = alloc::string::String::from("{\n");
                $(
                    let optional = <$ty as $crate::wire::Field>::missing().is_some();
                    text.push_str(&alloc::format!("  {}{} => {}, ; {}\n", if optional { "? " } else { "" }, $key,
                        <$ty as $crate::wire::Field>::cddl(), stringify!($field)));
                    <$ty as $crate::wire::Field>::rules(out);
                )*
                text.push('}');
                out.push(($rule.into(), text));
            }
            #[allow(unused_variables, clippy::allow_attributes, reason = "a structure may have no field")]
            fn blobs(&self, seen: &mut dyn FnMut(&$crate::types::BlobRef)) {
                // One structure is the reference itself; for all others this is known to be false when compiled.
                if let Some(blob) = (self as &dyn core::any::Any).downcast_ref() { seen(blob); }
                $($crate::wire::Field::blobs(&self.$field, seen);)*
            }
            #[allow(unused_variables, clippy::allow_attributes, reason = "a structure may have no field")]
            fn write(&self, w: &mut $crate::cbor::Writer) {
                let () = Self::KEYS_ASCEND;
                w.map(0 $(+ usize::from(!$crate::wire::Field::absent(&self.$field)))*);
                $(if !$crate::wire::Field::absent(&self.$field) {
                    w.int($key);
                    $crate::wire::Field::write(&self.$field, w);
                })*
            }
            fn read(r: &mut $crate::cbor::Reader<'_>) -> Result<Self, $crate::cbor::Malformed> {
                use $crate::cbor::{Malformed, Reason};
                let start = r.position();
                let mut map = r.map()?;
                $(let mut $field: Option<$ty> = None;)*
                loop {
                    let here = r.position();
                    let Some(key) = map.next(r)? else { break };
                    match key {
                        $($key => $field = Some(<$ty as $crate::wire::Field>::read(r)?),)*
                        other => return Err(Malformed { at: here, reason: Reason::UnknownKey(other) }),
                    }
                }
                Ok(Self { $($field: match $field.or_else(<$ty as $crate::wire::Field>::missing) {
                    Some(v) => v,
                    None => return Err(Malformed { at: start, reason: Reason::Missing(stringify!($field)) }),
                },)* })
            }
            #[cfg(feature = "json")]
            fn to_json(&self) -> $crate::json::Value {
                #[allow(unused_mut, clippy::allow_attributes, reason = "a structure may have no field")]
                let mut map = $crate::json::Map::new();
                $(if !$crate::wire::Field::absent(&self.$field) {
                    map.insert(stringify!($field).into(), $crate::wire::Field::to_json(&self.$field));
                })*
                $crate::json::Value::Object(map)
            }
            #[cfg(feature = "json")]
            fn from_json(v: &$crate::json::Value) -> Result<Self, $crate::json::JsonError> {
                use $crate::json::JsonError;
                let map = v.as_object().ok_or(JsonError::expected("an object"))?;
                let known: &[&str] = &[$(stringify!($field)),*];
                if let Some(other) = map.keys().find(|k| !known.contains(&k.as_str())) {
                    return Err(JsonError::unknown(other));
                }
                Ok(Self { $($field: match map.get(stringify!($field)) {
                    Some(v) => <$ty as $crate::wire::Field>::from_json(v).map_err(|e| e.in_field(stringify!($field)))?,
                    None => <$ty as $crate::wire::Field>::missing()
                        .ok_or(JsonError::expected("a value").in_field(stringify!($field)))?,
                },)* })
            }
            #[cfg(feature = "sample")]
            #[allow(unused_variables, clippy::allow_attributes, reason = "a structure may have no field")]
            fn sample(s: &mut $crate::sample::Sampler) -> Self {
                Self { $($field: <$ty as $crate::wire::Field>::sample(s),)* }
            }
        }
    )*};
}

/// Declares enumerations encoded as small integers, each with its word.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $rule:literal {
        $($(#[$vmeta:meta])* $code:literal $variant:ident = $word:literal),* $(,)?
    })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)* }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The word for people.
            #[must_use]
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)* } }
            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> u64 { match self { $(Self::$variant => $code,)* } }
            /// The value with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
            /// The value with this number.
            #[must_use]
            pub const fn from_code(code: u64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(self.word()) }
        }

        impl $crate::wire::Field for $name {
            fn cddl() -> alloc::borrow::Cow<'static, str> { $rule.into() }
            fn rules(out: &mut alloc::vec::Vec<(alloc::borrow::Cow<'static, str>, alloc::string::String)>) {
                let codes: alloc::vec::Vec<_> = Self::ALL.iter().map(|v| alloc::format!("{}", v.code())).collect();
                let words: alloc::vec::Vec<_> = Self::ALL.iter().map(|v| alloc::format!("{} {}", v.code(), v.word())).collect();
                out.push(($rule.into(), alloc::format!("{} ; {}", codes.join(" / "), words.join(", "))));
            }
            fn write(&self, w: &mut $crate::cbor::Writer) { w.uint(self.code()); }
            fn read(r: &mut $crate::cbor::Reader<'_>) -> Result<Self, $crate::cbor::Malformed> {
                let at = r.position();
                let code = r.uint()?;
                Self::from_code(code).ok_or($crate::cbor::Malformed {
                    at, reason: $crate::cbor::Reason::UnknownCode($rule, code),
                })
            }
            #[cfg(feature = "json")]
            fn to_json(&self) -> $crate::json::Value { $crate::json::Value::from(self.word()) }
            #[cfg(feature = "json")]
            fn from_json(v: &$crate::json::Value) -> Result<Self, $crate::json::JsonError> {
                v.as_str().and_then(Self::from_word).ok_or($crate::json::JsonError::expected($rule))
            }
            #[cfg(feature = "sample")]
            fn sample(s: &mut $crate::sample::Sampler) -> Self { s.choose(Self::ALL) }
        }
    )*};
}

/// Declares the catalogue: the number, name and structure of each fact.
macro_rules! catalogue {
    ($($tag:literal $name:ident),* $(,)?) => {
        /// What an entry says. The number of each variant is fixed for ever; see `docs/spec/entry.md`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Fact {
            /// A device's evidence; its claims stand in the body beside the stream's (103).
            Attested($crate::body::Evidence),
            $(
                #[doc = concat!("Fact ", stringify!($tag), ".")]
                $name($name),
            )*
        }

        impl Fact {
            /// Number and name of every fact but `Attested`, which has no content of its own.
            pub const CATALOGUE: &'static [(u64, &'static str)] = &[$(($tag, stringify!($name))),*];

            /// The stable number of this fact.
            #[must_use]
            pub const fn tag(&self) -> u64 {
                match self { Self::Attested(_) => $crate::body::ATTESTED, $(Self::$name(_) => $tag,)* }
            }

            /// Shows every blob that this fact names.
            pub fn blobs(&self, seen: &mut dyn FnMut(&$crate::types::BlobRef)) {
                match self {
                    Self::Attested(_) => {}
                    $(Self::$name(content) => $crate::wire::Field::blobs(content, seen),)*
                }
            }

            /// The name of this fact.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { Self::Attested(_) => "Attested", $(Self::$name(_) => stringify!($name),)* }
            }

            /// Writes the content of a fact that has one.
            pub(crate) fn write_content(&self, w: &mut $crate::cbor::Writer) {
                match self {
                    Self::Attested(_) => {}
                    $(Self::$name(content) => $crate::wire::Field::write(content, w),)*
                }
            }

            /// Reads the content of fact `tag`, or `None` when this version does not know the number.
            pub(crate) fn read_content(tag: u64, r: &mut $crate::cbor::Reader<'_>) -> Result<Option<Self>, $crate::cbor::Malformed> {
                Ok(match tag {
                    $($tag => Some(Self::$name(<$name as $crate::wire::Field>::read(r)?)),)*
                    _ => None,
                })
            }

            /// The content as people read it.
            #[cfg(feature = "json")]
            pub(crate) fn content_json(&self) -> Option<$crate::json::Value> {
                match self {
                    Self::Attested(_) => None,
                    $(Self::$name(content) => Some($crate::wire::Field::to_json(content)),)*
                }
            }

            /// The content from what people read.
            #[cfg(feature = "json")]
            pub(crate) fn from_content_json(name: &str, v: &$crate::json::Value) -> Result<Self, $crate::json::JsonError> {
                match name {
                    $(stringify!($name) => Ok(Self::$name(<$name as $crate::wire::Field>::from_json(v)?)),)*
                    _ => Err($crate::json::JsonError::unknown(name)),
                }
            }

            /// One example of every fact, `Attested` first, then in the order of the catalogue. Each fact has its own
            /// branch of the sampler, so that a change to one leaves the examples of the others as they were.
            #[cfg(feature = "sample")]
            pub fn samples(s: &mut $crate::sample::Sampler) -> alloc::vec::Vec<Self> {
                let root = s.fork();
                alloc::vec![
                    Self::Attested($crate::sample::Sample::sample(&mut root.branch($crate::body::ATTESTED))),
                    $(Self::$name(<$name as $crate::wire::Field>::sample(&mut root.branch($tag)))),*
                ]
            }

            /// CDDL of the catalogue: (number, name, rule), and every rule they need.
            pub(crate) fn cddl_rules(out: &mut alloc::vec::Vec<(alloc::borrow::Cow<'static, str>, alloc::string::String)>) -> alloc::vec::Vec<(u64, &'static str, alloc::borrow::Cow<'static, str>)> {
                alloc::vec![$({
                    <$name as $crate::wire::Field>::rules(out);
                    ($tag, stringify!($name), <$name as $crate::wire::Field>::cddl())
                }),*]
            }
        }

        $(impl From<$name> for Fact { fn from(content: $name) -> Self { Self::$name(content) } })*
    };
}
