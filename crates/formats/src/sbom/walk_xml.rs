//! Follows the tables of a format through XML and gives a sink what it has checked. Elements of other namespaces and
//! attributes the table does not know are passed over, as the CycloneDX schemas allow almost everywhere; the order of
//! elements is not enforced. Surrounding white space of text is dropped.

use std::io::BufRead;

use super::check::Check;
use super::error::{Error, Fault, Problem, shorten};
use super::grammar::{Field, Items, Object, Seen, Sink, Ty, Version};
use super::walk::{Trail, expected, hand_over};
use crate::source::{XmlEvent, XmlPull};

/// A walker over XML.
pub(crate) struct WalkXml<'s, S> {
    pub(crate) sink: &'s mut S,
    pub(crate) version: Version,
    /// The namespace that belongs to the format; everything else is foreign.
    pub(crate) namespace: &'static str,
    /// SPDX: unknown elements are passed over, empty text is absent.
    pub(crate) lenient: bool,
    pub(crate) trail: Trail,
}

impl<S: Sink> WalkXml<'_, S> {
    /// Reads a whole document whose root element has just been opened.
    pub(crate) fn document<R: BufRead>(
        &mut self,
        pull: &mut XmlPull<R>,
        object: &'static Object,
    ) -> Result<(), Error> {
        let done = self.element(pull, object, "").and_then(|()| match pull.next()? {
            XmlEvent::Finish => Ok(()),
            _ => Err(Problem::Rule("something follows the root element").into()),
        });
        done.map_err(|fault| fault.at(self.trail.place(pull.position())))
    }

    fn element<R: BufRead>(
        &mut self,
        pull: &mut XmlPull<R>,
        object: &'static Object,
        field: &'static str,
    ) -> Result<(), Fault> {
        self.sink.open(object.kind, field)?;
        let mut seen = Seen { object, mask: 0, version: self.version };
        for attribute in pull.attributes().iter().filter(|a| !a.prefixed) {
            if let Some((index, field)) = object.attribute(&attribute.name, self.version) {
                self.trail.name(field.name);
                let value = attribute.value.trim();
                hand_over(self.sink, self.version, object, field, &field.ty, value)?;
                seen.mask |= 1 << index;
                self.trail.back();
            }
        }
        let text_field = object.text();
        let mut text = String::new();
        loop {
            match pull.next()? {
                XmlEvent::Start if pull.namespace() != self.namespace => pull.skip_element()?,
                XmlEvent::Start => {
                    let Some((index, field)) = object.child(pull.name(), self.version) else {
                        if self.lenient || self.version < object.open_below {
                            pull.skip_element()?;
                            continue;
                        }
                        let field = shorten(pull.name());
                        return Err(Problem::UnknownField { field, object: object.name }.into());
                    };
                    let repeats = match &field.ty {
                        Ty::List(list) => matches!(list.xml, Items::Repeated),
                        Ty::Any => true,
                        _ => false,
                    };
                    if seen.mask & (1 << index) != 0 && !repeats {
                        let field = field.name.to_owned();
                        return Err(Problem::RepeatedField { field, object: object.name }.into());
                    }
                    self.trail.name(field.name);
                    if self.child(pull, object, field, &field.ty)? {
                        seen.mask |= 1 << index;
                    }
                    self.trail.back();
                }
                XmlEvent::Text if text_field.is_some() => text.push_str(pull.text()),
                XmlEvent::Text if pull.text().trim().is_empty() || self.lenient => {}
                XmlEvent::Text => {
                    return Err(Problem::WrongType { expected: "elements", found: "a text" }.into());
                }
                XmlEvent::End => break,
                XmlEvent::Finish => return Err(Problem::Rule("the document ends too early").into()),
            }
        }
        if let Some((index, field)) = text_field {
            hand_over(self.sink, self.version, object, field, &field.ty, text.trim())?;
            seen.mask |= 1 << index;
        }
        seen.complete()?;
        self.sink.close(object.kind)?;
        Ok(())
    }

    /// An element that stands for a field; false when it is empty and empty reads as absent.
    fn child<R: BufRead>(
        &mut self,
        pull: &mut XmlPull<R>,
        object: &'static Object,
        field: &'static Field,
        ty: &Ty,
    ) -> Result<bool, Fault> {
        match ty {
            Ty::Text(_) | Ty::Bool | Ty::Int(_) => {
                let text = self.text(pull, ty)?;
                let text = text.trim();
                if text.is_empty() && self.lenient {
                    return Ok(false);
                }
                hand_over(self.sink, self.version, object, field, ty, text)?;
            }
            Ty::Obj(inner) | Ty::Either(_, inner) => self.element(pull, inner, field.name)?,
            Ty::Any => self.any(pull)?,
            Ty::List(list) => match list.xml {
                Items::Repeated => return self.child(pull, object, field, &list.item),
                Items::Wrapped(names) => self.wrapped(pull, object, field, names)?,
            },
        }
        Ok(true)
    }

    fn wrapped<R: BufRead>(
        &mut self,
        pull: &mut XmlPull<R>,
        object: &'static Object,
        field: &'static Field,
        names: &'static [(&'static str, Ty)],
    ) -> Result<(), Fault> {
        let mut index = 0;
        loop {
            match pull.next()? {
                XmlEvent::Start if pull.namespace() != self.namespace => pull.skip_element()?,
                XmlEvent::Start => {
                    let Some((_, item)) = names.iter().find(|(name, _)| *name == pull.name()) else {
                        return Err(Problem::UnknownField {
                            field: shorten(pull.name()),
                            object: field.name,
                        }
                        .into());
                    };
                    self.trail.index(index);
                    self.child(pull, object, field, item)?;
                    self.trail.back();
                    index += 1;
                }
                XmlEvent::Text if pull.text().trim().is_empty() => {}
                XmlEvent::Text => {
                    return Err(Problem::WrongType { expected: "a list", found: "a text" }.into());
                }
                XmlEvent::End => return Ok(()),
                XmlEvent::Finish => return Err(Problem::Rule("the document ends too early").into()),
            }
        }
    }

    fn text<R: BufRead>(&mut self, pull: &mut XmlPull<R>, ty: &Ty) -> Result<String, Fault> {
        let mut text = String::new();
        loop {
            match pull.next()? {
                XmlEvent::Start if pull.namespace() != self.namespace => pull.skip_element()?,
                XmlEvent::Start => {
                    return Err(Problem::WrongType { expected: expected(ty), found: "an element" }.into());
                }
                XmlEvent::Text => text.push_str(pull.text()),
                XmlEvent::End => return Ok(text),
                XmlEvent::Finish => return Err(Problem::Rule("the document ends too early").into()),
            }
        }
    }

    /// Passes over the element just opened, noting the identifiers in it.
    fn any<R: BufRead>(&mut self, pull: &mut XmlPull<R>) -> Result<(), Fault> {
        let mut open = 1usize;
        self.identifier(pull)?;
        while open > 0 {
            match pull.next()? {
                XmlEvent::Start => {
                    open += 1;
                    self.identifier(pull)?;
                }
                XmlEvent::End => open -= 1,
                XmlEvent::Text | XmlEvent::Finish => {}
            }
        }
        Ok(())
    }

    fn identifier<R: BufRead>(&mut self, pull: &XmlPull<R>) -> Result<(), Fault> {
        if pull.namespace() == self.namespace
            && let Some(reference) = pull.attribute("bom-ref")
        {
            Check::Define.test(reference, self.version)?;
            self.sink.define(reference)?;
        }
        Ok(())
    }
}
