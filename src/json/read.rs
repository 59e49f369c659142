//! From the tree to a type.

use std::collections::BTreeMap;

use super::{Fault, Json, whole};

/// What can be made of a value. It takes the texts out of the tree instead of copying them.
pub(crate) trait Read: Sized {
    fn read(json: &mut Json) -> Result<Self, Fault>;

    /// Where the member is not there.
    fn absent() -> Result<Self, Fault> {
        Err(Fault::missing())
    }
}

/// A field that is set in place.
pub(crate) trait Slot {
    fn fill(&mut self, json: &mut Json) -> Result<(), Fault>;
}

impl<T: Read> Slot for T {
    fn fill(&mut self, json: &mut Json) -> Result<(), Fault> {
        *self = T::read(json)?;
        Ok(())
    }
}

/// Sets the fields of a value that has them all by default. The first fault is kept, and told at the end.
pub(crate) struct Filling<'a> {
    json: &'a mut Json,
    fault: Option<Fault>,
}

impl Filling<'_> {
    pub(crate) fn set(&mut self, name: &str, slot: &mut dyn Slot) {
        if let Some(value) = self.json.member(name)
            && let Err(fault) = slot.fill(value)
            && self.fault.is_none()
        {
            self.fault = Some(fault.within(name));
        }
    }

    pub(crate) fn end(self) -> Result<(), Fault> {
        self.fault.map_or(Ok(()), Err)
    }
}

impl Json {
    fn member(&mut self, name: &str) -> Option<&mut Json> {
        let Json::Object(members) = self else {
            return None;
        };
        let mut found = members.iter_mut().rev();
        found.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn object(&self) -> Result<(), Fault> {
        match self {
            Json::Object(_) => Ok(()),
            _ => Err(Fault::must("must be an object")),
        }
    }

    pub(crate) fn filling(&mut self) -> Result<Filling<'_>, Fault> {
        self.object()?;
        let (json, fault) = (self, None);
        Ok(Filling { json, fault })
    }

    pub(crate) fn field<T: Read>(&mut self, name: &str) -> Result<T, Fault> {
        let read = match self.member(name) {
            Some(value) => T::read(value),
            None => T::absent(),
        };
        read.map_err(|fault| fault.within(name))
    }

    pub(crate) fn field_or_default<T: Read + Default>(&mut self, name: &str) -> Result<T, Fault> {
        match self.member(name) {
            Some(value) => T::read(value).map_err(|fault| fault.within(name)),
            None => Ok(T::default()),
        }
    }

    /// Which of these names it is.
    pub(crate) fn one_of(&self, names: &'static [&'static str]) -> Result<usize, Fault> {
        let Json::Text(text) = self else {
            return Err(Fault::must("must be a text"));
        };
        let found = names.iter().position(|name| name == text);
        found.ok_or_else(|| Fault::one_of(names))
    }

    /// Which of these variants the member of this name says it is.
    pub(crate) fn tag(&self, tag: &str, names: &'static [&'static str]) -> Result<usize, Fault> {
        self.object()?;
        let found = self.get(tag).ok_or_else(Fault::missing);
        let found = found.and_then(|value| value.one_of(names));
        found.map_err(|fault| fault.within(tag))
    }

    /// Which of these variants the name of its only member says it is, and that member.
    pub(crate) fn only(
        &mut self,
        names: &'static [&'static str],
    ) -> Result<(usize, &mut Json), Fault> {
        if let Json::Object(members) = self
            && let [(key, value)] = members.as_mut_slice()
            && let Some(at) = names.iter().position(|name| name == key)
        {
            return Ok((at, value));
        }
        Err(Fault::must(
            "must be an object with one member, of a name that is known",
        ))
    }
}

impl Read for String {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        match json {
            Json::Text(text) => Ok(std::mem::take(text)),
            _ => Err(Fault::must("must be a text")),
        }
    }
}

impl Read for bool {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        match json {
            Json::Bool(value) => Ok(*value),
            _ => Err(Fault::must("must be true or false")),
        }
    }
}

/// Up to `most`; beyond it nothing that is exact.
fn number(json: &Json, most: u64) -> Result<u64, Fault> {
    let read = match json {
        Json::Number(number) => whole(number),
        _ => None,
    };
    let read = read.filter(|number| *number <= most);
    read.ok_or_else(|| Fault::must("must be a whole number that is not negative"))
}

impl Read for u64 {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        number(json, u64::MAX)
    }
}

impl Read for u32 {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        number(json, u64::from(u32::MAX)).map(|number| number as u32)
    }
}

impl Read for u16 {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        number(json, u64::from(u16::MAX)).map(|number| number as u16)
    }
}

impl Read for i64 {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        let read = match json {
            Json::Number(number) => match number.strip_prefix('-') {
                Some(number) => whole(number).and_then(|number| 0_i64.checked_sub_unsigned(number)),
                None => whole(number).and_then(|number| i64::try_from(number).ok()),
            },
            _ => None,
        };
        read.ok_or_else(|| Fault::must("must be a whole number"))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        match json {
            Json::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn absent() -> Result<Self, Fault> {
        Ok(None)
    }
}

impl<T: Read> Read for Box<T> {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        T::read(json).map(Box::new)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        let Json::List(items) = json else {
            return Err(Fault::must("must be a list"));
        };
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter_mut().enumerate() {
            out.push(T::read(item).map_err(|fault| fault.within(&format!("[{at}]")))?);
        }
        Ok(out)
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        match json {
            Json::List(items) => match items.as_mut_slice() {
                [a, b] => Ok((A::read(a)?, B::read(b)?)),
                _ => Err(Fault::must("must be a pair")),
            },
            _ => Err(Fault::must("must be a pair")),
        }
    }
}

impl Read for BTreeMap<String, String> {
    fn read(json: &mut Json) -> Result<Self, Fault> {
        let Json::Object(members) = json else {
            return Err(Fault::must("must be an object"));
        };
        let mut out = BTreeMap::new();
        for (name, value) in members {
            let text = String::read(value).map_err(|fault| fault.within(name))?;
            out.insert(std::mem::take(name), text);
        }
        Ok(out)
    }
}
