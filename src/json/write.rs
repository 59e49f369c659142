//! From a type, or the tree, to text.

use std::collections::BTreeMap;

use super::Json;

/// What can be written.
pub(crate) trait Write {
    fn write(&self, out: &mut Out);

    /// The members of an object, without its braces.
    fn fields(&self, _out: &mut Out) {}

    /// There is nothing to write where such a field may be left out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// A value as text.
pub(crate) fn text_of(value: &dyn Write) -> String {
    let mut out = Out(String::new());
    value.write(&mut out);
    out.0
}

/// The text so far.
pub(crate) struct Out(String);

impl Out {
    /// A comma, unless this is the first inside its brackets: no value ends with an open one.
    fn next(&mut self) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
    }

    pub(crate) fn field(&mut self, name: &str, value: &dyn Write) {
        self.next();
        self.text(name);
        self.0.push(':');
        value.write(self);
    }

    /// A field that is left out where there is nothing.
    pub(crate) fn some(&mut self, name: &str, value: &dyn Write) {
        if !value.is_absent() {
            self.field(name, value);
        }
    }

    pub(crate) fn object(&mut self, value: &dyn Write) {
        self.0.push('{');
        value.fields(self);
        self.0.push('}');
    }

    fn list(&mut self, items: &mut dyn Iterator<Item = &dyn Write>) {
        self.0.push('[');
        for item in items {
            self.next();
            item.write(self);
        }
        self.0.push(']');
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.push('"');
        let mut rest = text;
        while let Some(at) = rest.find(|char| matches!(char, '"' | '\\' | '\0'..' ')) {
            let (before, from) = rest.split_at(at);
            self.0.push_str(before);
            let mut chars = from.chars();
            let char = chars.next().unwrap_or_default();
            rest = chars.as_str();
            match char {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\u{8}' => self.0.push_str("\\b"),
                '\u{c}' => self.0.push_str("\\f"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                other => self.0.push_str(&format!("\\u{:04x}", u32::from(other))),
            }
        }
        self.0.push_str(rest);
        self.0.push('"');
    }

    fn number(&mut self, number: u64) {
        self.0.push_str(&number.to_string());
    }
}

impl Write for String {
    fn write(&self, out: &mut Out) {
        out.text(self);
    }
}

impl Write for &str {
    fn write(&self, out: &mut Out) {
        out.text(self);
    }
}

impl Write for bool {
    fn write(&self, out: &mut Out) {
        out.0.push_str(if *self { "true" } else { "false" });
    }
}

impl Write for u64 {
    fn write(&self, out: &mut Out) {
        out.number(*self);
    }
}

impl Write for u32 {
    fn write(&self, out: &mut Out) {
        out.number(u64::from(*self));
    }
}

impl Write for u16 {
    fn write(&self, out: &mut Out) {
        out.number(u64::from(*self));
    }
}

impl Write for usize {
    fn write(&self, out: &mut Out) {
        out.number(*self as u64);
    }
}

impl Write for i64 {
    fn write(&self, out: &mut Out) {
        if *self < 0 {
            out.0.push('-');
        }
        out.number(self.unsigned_abs());
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut Out) {
        match self {
            Some(value) => value.write(out),
            None => out.0.push_str("null"),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Write> Write for Box<T> {
    fn write(&self, out: &mut Out) {
        T::write(self, out);
    }

    fn fields(&self, out: &mut Out) {
        T::fields(self, out);
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut Out) {
        out.list(&mut self.iter().map(|item| item as &dyn Write));
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, out: &mut Out) {
        out.list(&mut [&self.0 as &dyn Write, &self.1].into_iter());
    }
}

impl Write for BTreeMap<String, String> {
    fn write(&self, out: &mut Out) {
        out.object(self);
    }

    fn fields(&self, out: &mut Out) {
        for (name, value) in self {
            out.field(name, value);
        }
    }
}

impl Write for Json {
    fn write(&self, out: &mut Out) {
        match self {
            Json::Null => out.0.push_str("null"),
            Json::Bool(value) => value.write(out),
            Json::Number(number) => out.0.push_str(number),
            Json::Text(text) => out.text(text),
            Json::List(items) => items.write(out),
            Json::Object(_) => out.object(self),
        }
    }

    fn fields(&self, out: &mut Out) {
        if let Json::Object(members) = self {
            for (name, value) in members {
                out.field(name, value);
            }
        }
    }
}
