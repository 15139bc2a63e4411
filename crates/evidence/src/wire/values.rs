//! The values that fields hold: integers, truth, text, what may be left out, lists. Not here: structures and codes, which
//! the macros of `wire` declare, and digests, times and identifiers, which stand beside their types.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::Field;
use crate::MAX_ENTRY;
use crate::cbor::{Malformed, Reader, Reason, Writer};
#[cfg(feature = "json")]
use crate::json::{JsonError, Value};
#[cfg(feature = "sample")]
use crate::sample::Sampler;
use crate::types::BlobRef;

impl Field for u64 {
    fn cddl() -> Cow<'static, str> {
        "uint".into()
    }
    fn write(&self, w: &mut Writer) {
        w.uint(*self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.uint()
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        v.as_u64().ok_or(JsonError::expected("an unsigned integer"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        s.uint()
    }
}

impl Field for i64 {
    fn cddl() -> Cow<'static, str> {
        "int".into()
    }
    fn write(&self, w: &mut Writer) {
        w.int(*self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.int()
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        v.as_i64().ok_or(JsonError::expected("an integer"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        s.int()
    }
}

impl Field for bool {
    fn cddl() -> Cow<'static, str> {
        "bool".into()
    }
    fn write(&self, w: &mut Writer) {
        w.bool(*self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.bool()
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        v.as_bool().ok_or(JsonError::expected("true or false"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        s.below(2) == 1
    }
}

impl Field for String {
    fn cddl() -> Cow<'static, str> {
        "tstr".into()
    }
    fn write(&self, w: &mut Writer) {
        w.text(self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.text(MAX_ENTRY).map(Into::into)
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        Value::from(self.as_str())
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        v.as_str().map(Into::into).ok_or(JsonError::expected("a string"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        s.text()
    }
}

impl<T: Field> Field for Option<T> {
    fn cddl() -> Cow<'static, str> {
        T::cddl()
    }
    fn rules(out: &mut Vec<(Cow<'static, str>, String)>) {
        T::rules(out);
    }
    fn absent(&self) -> bool {
        self.is_none()
    }
    fn missing() -> Option<Self> {
        Some(None)
    }
    fn blobs(&self, seen: &mut dyn FnMut(&BlobRef)) {
        if let Some(v) = self {
            v.blobs(seen);
        }
    }
    fn write(&self, w: &mut Writer) {
        if let Some(v) = self {
            v.write(w);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        T::read(r).map(Some)
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        T::from_json(v).map(Some)
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        s.present().then(|| T::sample(s))
    }
}

/// On the heap, so that a rare large value does not widen every fact; the same on the wire.
impl<T: Field> Field for Box<T> {
    fn cddl() -> Cow<'static, str> {
        T::cddl()
    }
    fn rules(out: &mut Vec<(Cow<'static, str>, String)>) {
        T::rules(out);
    }
    fn absent(&self) -> bool {
        T::absent(self)
    }
    fn missing() -> Option<Self> {
        T::missing().map(Self::new)
    }
    fn blobs(&self, seen: &mut dyn FnMut(&BlobRef)) {
        T::blobs(self, seen);
    }
    fn write(&self, w: &mut Writer) {
        T::write(self, w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        T::read(r).map(Self::new)
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        T::to_json(self)
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        T::from_json(v).map(Self::new)
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        Self::new(T::sample(s))
    }
}

/// Lists are left out of their map when empty, and refused when written as an empty list: one form for one meaning.
impl<T: Field> Field for Vec<T> {
    fn cddl() -> Cow<'static, str> {
        alloc::format!("[+ {}]", T::cddl()).into()
    }
    fn rules(out: &mut Vec<(Cow<'static, str>, String)>) {
        T::rules(out);
    }
    fn absent(&self) -> bool {
        self.is_empty()
    }
    fn missing() -> Option<Self> {
        Some(Self::new())
    }
    fn blobs(&self, seen: &mut dyn FnMut(&BlobRef)) {
        self.iter().for_each(|v| v.blobs(seen));
    }
    fn write(&self, w: &mut Writer) {
        w.array(self.len());
        for item in self {
            item.write(w);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let here = r.position();
        let n = r.array(MAX_ENTRY)?;
        if n == 0 {
            return Err(Malformed { at: here, reason: Reason::OutOfRange("an empty list is left out") });
        }
        // The list grows item by item: a claimed length alone reserves nothing. An item takes at least one byte on the
        // wire and at most 24 in memory while it is that short, so an entry cannot claim more than a few megabytes.
        let mut items = Self::new();
        for _ in 0..n {
            items.push(T::read(r)?);
        }
        r.leave();
        Ok(items)
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        let items = v.as_array().ok_or(JsonError::expected("an array"))?;
        items.iter().enumerate().map(|(i, v)| T::from_json(v).map_err(|e| e.at_index(i))).collect()
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut Sampler) -> Self {
        if s.present() { (0..=s.below(3)).map(|_| T::sample(s)).collect() } else { Self::new() }
    }
}
