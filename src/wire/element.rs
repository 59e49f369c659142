//! A small XML document as a tree. Names are local names: the services answer with and without a namespace.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Deeper than any reply of OSS or VOD by far.
const MAX_DEPTH: usize = 16;

/// One element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Local name.
    pub(crate) name: String,
    /// All text directly inside, without surrounding white space.
    pub(crate) text: String,
    /// Elements directly inside, in order.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The root of a well-formed document; `None` for anything else, including documents with a DTD.
    pub(crate) fn parse(xml: &str) -> Option<Element> {
        let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}').trim());
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        loop {
            let closed = match reader.read_event().ok()? {
                Event::Eof => return if open.is_empty() { root } else { None },
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => None,
                Event::DocType(_) => return None,
                Event::Start(tag) if open.len() < MAX_DEPTH => {
                    open.push(Element::named(tag.local_name().as_ref()));
                    None
                }
                Event::Start(_) => return None,
                Event::Empty(tag) => Some(Element::named(tag.local_name().as_ref())),
                Event::Text(text) => {
                    append(&mut open, &text);
                    None
                }
                Event::CData(data) => {
                    append(&mut open, &data);
                    None
                }
                Event::GeneralRef(name) => {
                    match name.resolve_char_ref().ok()? {
                        Some(character) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                        None => append(&mut open, resolve_predefined_entity(&name)?),
                    }
                    None
                }
                Event::End(_) => Some(open.pop()?),
            };
            let Some(mut element) = closed else { continue };
            element.text.truncate(element.text.trim_end().len());
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None if root.is_none() => root = Some(element),
                None => return None,
            }
        }
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, if it is not empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(|child| child.text.as_str())
            .filter(|text| !text.is_empty())
    }

    fn named(name: &str) -> Element {
        Element {
            name: name.to_owned(),
            ..Element::default()
        }
    }
}

/// Text outside the root is dropped; white space before the first word too.
fn append(open: &mut [Element], text: &str) {
    let Some(element) = open.last_mut() else {
        return;
    };
    let text = if element.text.is_empty() {
        text.trim_start()
    } else {
        text
    };
    element.text.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_entities_and_namespaces() {
        let xml = "<?xml version=\"1.0\"?>\n<o:A xmlns:o='x'>\n <B> a&amp;&#98;<![CDATA[<c>]]> </B><C/><B>2</B>\n</o:A>\n";
        let root = Element::parse(xml).unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.text_of("B"), Some("a&b<c>"));
        assert_eq!(root.text_of("C"), None);
        assert_eq!(root.children.len(), 3);
    }

    #[test]
    fn refuses_what_is_not_one_whole_document() {
        let deep = "<a>".repeat(99);
        for xml in [
            "",
            "hello",
            "{\"a\":1}",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a>&x;</a>",
            "<a>& b</a>",
            "<a>&#0;</a>",
            "<a>&#xd800;</a>",
            "<a",
            &deep,
        ] {
            assert_eq!(Element::parse(xml), None, "{xml}");
        }
    }
}
