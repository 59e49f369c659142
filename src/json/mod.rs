//! JSON, which is how everything with a structure crosses the door and how VOD answers: one tree, one reader, one writer.
//!
//! Why not serde: its code is made anew for each type, and an enum with a tag is first gathered in a tree of serde's own; that
//! was a third of the wasm. Small crates beside it know no enums with data, no `flatten` or no exact numbers. Here types say
//! by the same attributes how they look (`#[derive(Read, Write)]`, in `derive/`), and each field is one call of a function that
//! exists once. With the feature `serde`, for callers in Rust, the types have serde's traits, too; the two must agree
//! (`tests/json.rs`).

mod exact;
mod fault;
mod number;
mod parse;
mod read;
#[cfg(all(test, feature = "serde"))]
mod tests;
mod write;

pub(crate) use exact::exact;
pub(crate) use fault::Fault;
pub(crate) use number::whole;
pub(crate) use read::Read;
pub(crate) use vodlift_derive::{Read, Write};
pub(crate) use write::{Out, Write, text_of};

/// A value. It may hold secrets, so it cannot be printed for debugging outside tests.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(any(test, debug_assertions), derive(Debug))]
pub(crate) enum Json {
    #[default]
    Null,
    Bool(bool),
    /// As it was written: no digit is lost.
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// In the order written. Of two members of one name the last one counts.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text; `None` where it is not one value of JSON, or is nested more than 127 deep.
    pub(crate) fn parse(text: &str) -> Option<Json> {
        parse::whole(text)
    }

    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else {
            return None;
        };
        let mut found = members.iter().rev();
        found.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }
}
