//! A small bounded XML tree: elements of one namespace, no attributes, no mixed content, no entities beyond
//! the five of XML, no document type.

use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::IsoError;

/// Most bytes of a document: ten fingers, a face and two irises without compression take about 12 MB.
pub(super) const MAX_BYTES: usize = 128 * 1024 * 1024;
const MAX_DEPTH: usize = 8;
const MAX_NODES: usize = 16_384;

/// An element.
#[derive(Default)]
pub(super) struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
    offset: u64,
}

impl Node {
    pub fn bad(&self, what: &'static str) -> IsoError {
        IsoError::Xml { what, offset: self.offset }
    }
    /// Text of an element without children, as it stands.
    pub fn text(&self) -> Result<&str, IsoError> {
        if self.children.is_empty() { Ok(&self.text) } else { Err(self.bad("element where text belongs")) }
    }
    /// Text without surrounding white space, through a parser.
    pub fn word<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, IsoError> {
        parse(self.text()?.trim_matches([' ', '\t', '\r', '\n'])).ok_or(self.bad("value out of the schema"))
    }
}

/// Takes the children of an element in order.
pub(super) struct Sequence<'a> {
    parent: &'a Node,
    at: usize,
}

impl<'a> Sequence<'a> {
    pub fn of(parent: &'a Node) -> Result<Self, IsoError> {
        if parent.text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            Ok(Self { parent, at: 0 })
        } else {
            Err(parent.bad("text between elements"))
        }
    }
    pub fn optional(&mut self, name: &str) -> Option<&'a Node> {
        let node = self.parent.children.get(self.at).filter(|n| n.name == name)?;
        self.at += 1;
        Some(node)
    }
    pub fn required(&mut self, name: &str) -> Result<&'a Node, IsoError> {
        let parent = self.parent;
        let found = parent.children.get(self.at).map_or(parent.offset, |n| n.offset);
        self.optional(name)
            .ok_or(IsoError::Xml { what: "a required element is missing or out of order", offset: found })
    }
    pub fn end(&self) -> Result<(), IsoError> {
        match self.parent.children.get(self.at) {
            None => Ok(()),
            Some(node) => Err(node.bad("element not taken here")),
        }
    }
}

/// Parses a document whose root is `root` in `namespace`.
pub(super) fn parse(data: &[u8], namespace: &str, root: &str) -> Result<Node, IsoError> {
    let bad = |what, offset| IsoError::Xml { what, offset };
    if data.len() > MAX_BYTES {
        return Err(bad("document too long", 0));
    }
    let text = std::str::from_utf8(data).map_err(|e| bad("not UTF-8", e.valid_up_to() as u64))?;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    // What is open, from the outside; the first is a holder for the root.
    let mut open = vec![Node::default()];
    let mut nodes = 0_usize;
    loop {
        let offset = reader.buffer_position();
        let (resolved, event) = reader.read_resolved_event().map_err(|_| bad("not well formed", offset))?;
        let bound = matches!(resolved, ResolveResult::Bound(ns) if ns.as_ref() == namespace);
        match event {
            Event::Start(start) => {
                nodes += 1;
                if open.len() > MAX_DEPTH || nodes > MAX_NODES {
                    return Err(bad("too deep or too many elements", offset));
                }
                open.push(start_node(&start, bound, offset)?);
            }
            Event::End(_) => {
                // The reader checks that names match, so there is an open element and its parent.
                let node = open.pop().ok_or(bad("not well formed", offset))?;
                open.last_mut().ok_or(bad("not well formed", offset))?.children.push(node);
            }
            Event::Text(t) => push_text(&mut open, &t.xml10_content(), offset)?,
            Event::GeneralRef(r) => push_text(&mut open, resolve(&r, offset)?.as_str(), offset)?,
            Event::Decl(_) if offset == 0 => {}
            Event::Comment(_) => {}
            Event::Eof => break,
            _ => return Err(bad("markup not taken here", offset)),
        }
    }
    let (Some(mut holder), true) = (open.pop(), open.is_empty()) else {
        return Err(bad("not well formed", data.len() as u64));
    };
    match (holder.children.pop(), holder.children.is_empty(), holder.text.trim().is_empty()) {
        (Some(node), true, true) if node.name == root => Ok(node),
        _ => Err(bad("wrong root element", 0)),
    }
}

fn start_node(start: &BytesStart<'_>, bound: bool, offset: u64) -> Result<Node, IsoError> {
    if !bound {
        return Err(IsoError::Xml { what: "element of another namespace", offset });
    }
    for attribute in start.attributes() {
        match attribute {
            Ok(a) if a.key.as_namespace_binding().is_some() => {}
            _ => return Err(IsoError::Xml { what: "attribute not taken here", offset }),
        }
    }
    Ok(Node { name: start.local_name().as_ref().to_owned(), offset, ..Node::default() })
}

fn push_text(open: &mut [Node], text: &str, offset: u64) -> Result<(), IsoError> {
    let node = open.last_mut().ok_or(IsoError::Xml { what: "not well formed", offset })?;
    node.text.push_str(text);
    Ok(())
}

fn resolve(reference: &BytesRef<'_>, offset: u64) -> Result<String, IsoError> {
    let known = match &*reference.xml10_content() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    known.map(String::from).ok_or(IsoError::Xml { what: "unknown entity", offset })
}
