//! Reads one YAML document into a value and the position of everything in it. Never panics, whatever the input.

use super::scalar::{self, Plain};
use crate::span::Spot;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;

/// Deeper than any snapshot; keeps hostile input from exhausting the stack.
const MAX_DEPTH: usize = 100;
/// Far beyond a thousand collections; keeps aliases of aliases from exhausting the memory.
const MAX_NODES: usize = 4_000_000;

/// Why a text is not a document that Directus could read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl ParseError {
    /// The parser puts the end of a text without a last line end into the line behind it.
    pub(crate) fn within(self, text: &str) -> ParseError {
        let lines = text.replace("\r\n", "\n");
        let (count, last) = lines.split(['\n', '\r']).fold((0, ""), |(count, _), line| (count + 1, line));
        match self.line > count {
            true => ParseError { line: count, column: last.chars().count() + 1, ..self },
            false => self,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A scalar that js-yaml turns into something that a snapshot cannot mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What js-yaml turns it into.
    pub kind: DoubtKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What Directus makes of it.
    pub message: String,
}

/// What js-yaml turns a doubtful scalar into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtKind {
    /// A date or a time; the value read is its text.
    Timestamp,
    /// A number that is another one than was written, or none.
    Number,
}

/// A document: its value, where everything stands, and what is doubtful in it.
#[derive(Clone, Debug)]
pub struct Read {
    /// The value as js-yaml makes it; a doubtful scalar is its text.
    pub value: Value,
    /// Positions of the same shape as the value.
    pub spot: Spot,
    /// In the order of the text.
    pub doubts: Vec<Doubt>,
}

/// Reads the one document of `text`.
///
/// # Errors
/// Git's conflict markers, what is not YAML, and what js-yaml refuses: a key that comes twice, more or less than one document, a
/// control character. Also tags and merge keys, which Directus never writes.
pub fn read(text: &str) -> Result<Read, ParseError> {
    read_keeping(text, Keep::Positions)
}

/// What is remembered of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Where everything stands, too: for rules, which point at what they find.
    Positions,
    /// The value alone: a third faster, and an error has its place all the same.
    Value,
}

/// As [`read`]; without positions, every spot is the beginning of the document.
///
/// # Errors
/// As [`read`].
pub fn read_keeping(text: &str, keep: Keep) -> Result<Read, ParseError> {
    read_with(text, keep, None)
}

/// Takes an item of a list at the top, by the list's name, and gives back what is kept of it.
pub(crate) type Sieve<'s> = &'s mut dyn FnMut(&str, Value) -> Value;

/// As [`read_keeping`] the value alone, of which `sieve` keeps what it likes, item by item: the whole is never there at once.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_through(text: &str, sieve: Sieve<'_>) -> Result<Read, ParseError> {
    read_with(text, Keep::Value, Some(sieve))
}

fn read_with(text: &str, keep: Keep, sieve: Option<Sieve<'_>>) -> Result<Read, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    read_bare(text, keep, sieve).map_err(|error| error.within(text))
}

fn read_bare(text: &str, keep: Keep, sieve: Option<Sieve<'_>>) -> Result<Read, ParseError> {
    refuse_conflict_markers(text)?;
    refuse_control_characters(text)?;
    refuse_tabs(text)?;
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        keep,
        sieve,
        list: String::new(),
        anchors: HashMap::new(),
        doubts: Vec::new(),
        nodes: 0,
    };
    let (event, span) = reader.next_past_start()?;
    if matches!(event, Event::StreamEnd) {
        return Err(at(span.start, "the file is empty"));
    }
    let node = reader.node(event, span, 0)?;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => break,
            (Event::DocumentEnd, _) => {}
            (_, span) => return Err(at(span.start, "a second document; a file holds exactly one")),
        }
    }
    Ok(Read { value: node.value, spot: node.spot, doubts: reader.doubts })
}

#[derive(Clone)]
struct Node {
    value: Value,
    spot: Spot,
    /// How many nodes it holds, itself included: what an alias to it costs.
    nodes: usize,
}

/// The entries of a mapping, and where they stand.
type Mapping = (Map<String, Value>, Vec<(String, Spot)>);

struct Reader<'a, 's> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    keep: Keep,
    sieve: Option<Sieve<'s>>,
    /// The key at the top that is being read.
    list: String,
    anchors: HashMap<usize, Node>,
    doubts: Vec<Doubt>,
    nodes: usize,
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Span), ParseError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(scan_error(&error)),
            None => Err(ParseError { line: 1, column: 1, message: "the document ends too early".to_owned() }),
        }
    }

    fn next_past_start(&mut self) -> Result<(Event<'a>, Span), ParseError> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                other => return Ok(other),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, ParseError> {
        if depth > MAX_DEPTH {
            return Err(at(span.start, &format!("nested more than {MAX_DEPTH} deep")));
        }
        let before = self.count(1, span.start)?;
        let (value, spot, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tagged_as_text = self.tag_says_text(tag.as_deref(), span.start)?;
                let plain = style == ScalarStyle::Plain && !tagged_as_text;
                let value =
                    if plain { self.plain(text, span.start) } else { Value::String(text.into_owned()) };
                (value, spot_of(span.start), anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span.start)?;
                let (items, spots) = self.sequence(depth)?;
                (Value::Array(items), spot_of(span.start).with_items(spots), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span.start)?;
                let (map, spots) = self.mapping(depth)?;
                (Value::Object(map), spot_of(span.start).with_entries(spots), anchor)
            }
            Event::Alias(anchor) => {
                // An alias inside its own anchor has no finished node yet.
                let Some(nodes) = self.anchors.get(&anchor).map(|node| node.nodes) else {
                    return Err(at(span.start, "an alias to something that is not complete here"));
                };
                self.count(nodes, span.start)?;
                return Ok(self.anchors[&anchor].clone());
            }
            _ => return Err(at(span.start, "a value is missing here")),
        };
        let node = Node { value, spot, nodes: self.nodes - before };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Result<(Vec<Value>, Vec<Spot>), ParseError> {
        let (mut items, mut spots) = (Vec::new(), Vec::new());
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok((items, spots)),
                // js-yaml takes what follows `- -` for its item, on the next line too.
                (Event::Scalar(text, ScalarStyle::Plain, _, None), span) if text.is_empty() => {
                    return Err(at(span.start, "an empty item; write null"));
                }
                (event, span) => {
                    let node = self.node(event, span, depth + 1)?;
                    items.push(match &mut self.sieve {
                        Some(sieve) if depth == 1 => sieve(&self.list, node.value),
                        _ => node.value,
                    });
                    if self.keep == Keep::Positions {
                        spots.push(node.spot);
                    }
                }
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Mapping, ParseError> {
        let (mut map, mut spots) = (Map::new(), Vec::new());
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok((map, spots));
            }
            let key = self.key(event, span.start)?;
            if map.contains_key(&key) {
                return Err(at(span.start, &format!("the key `{key}` comes twice")));
            }
            if depth == 0 && self.sieve.is_some() {
                self.list.clone_from(&key);
            }
            let (event, value_span) = self.next()?;
            let node = self.node(event, value_span, depth + 1)?;
            if self.keep == Keep::Positions {
                // A finding about an entry points at its key.
                spots.push((key.clone(), node.spot.moved_to(span.start.line(), span.start.col() + 1)));
            }
            map.insert(key, node.value);
        }
    }

    /// js-yaml turns every key into a string: `1:` is the key `1`, `0x1f:` the key `31`.
    fn key(&mut self, event: Event<'a>, start: Marker) -> Result<String, ParseError> {
        let Event::Scalar(text, style, _, tag) = event else {
            return Err(at(start, "a key that is not a plain word"));
        };
        self.count(1, start)?;
        self.refuse_tag(tag.as_deref(), start)?;
        if style != ScalarStyle::Plain {
            return Ok(text.into_owned());
        }
        if text.is_empty() {
            return Err(at(start, "a key is missing before the `:`"));
        }
        if text.starts_with("---") {
            return Err(at(start, "js-yaml takes `---` for a new document; put the key in quotes"));
        }
        if text == "<<" {
            return Err(at(start, "a merge key (`<<`); write the keys out"));
        }
        match scalar::plain(&text) {
            Plain::Text => Ok(text.into_owned()),
            Plain::Typed(value) if !value.is_f64() => Ok(value.to_string()),
            _ => Err(at(start, &format!("the key `{text}` is not a string; write '{text}'"))),
        }
    }

    fn plain(&mut self, text: std::borrow::Cow<'a, str>, start: Marker) -> Value {
        let (kind, message) = match scalar::plain(&text) {
            Plain::Typed(value) => return value,
            Plain::Text => return Value::String(text.into_owned()),
            Plain::Timestamp => {
                (DoubtKind::Timestamp, format!("`{text}` without quotes is a date to Directus, not a string"))
            }
            Plain::NotFinite => {
                (DoubtKind::Number, format!("`{text}` without quotes is not a finite number to Directus"))
            }
            Plain::Inexact(value) => {
                let message = format!("`{text}` has more digits than Directus keeps of a number");
                self.doubt(DoubtKind::Number, start, message);
                return value;
            }
        };
        self.doubt(kind, start, message);
        Value::String(text.into_owned())
    }

    fn doubt(&mut self, kind: DoubtKind, start: Marker, message: String) {
        self.doubts.push(Doubt { kind, line: start.line(), column: start.col() + 1, message });
    }

    /// `!!str` is the one tag that does no harm: js-yaml and this reader take the scalar's text.
    fn tag_says_text(&self, tag: Option<&Tag>, start: Marker) -> Result<bool, ParseError> {
        if tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str") {
            return Ok(true);
        }
        self.refuse_tag(tag, start).map(|()| false)
    }

    fn refuse_tag(&self, tag: Option<&Tag>, start: Marker) -> Result<(), ParseError> {
        match tag {
            None => Ok(()),
            Some(tag) => Err(at(start, &format!("a tag (`!{}`); none is understood", tag.suffix))),
        }
    }

    /// Adds to the number of nodes; returns what it was.
    fn count(&mut self, more: usize, start: Marker) -> Result<usize, ParseError> {
        let before = self.nodes;
        self.nodes = before.saturating_add(more);
        if self.nodes > MAX_NODES {
            return Err(at(start, &format!("more than {MAX_NODES} values, aliases expanded")));
        }
        Ok(before)
    }
}

fn spot_of(start: Marker) -> Spot {
    Spot::at(start.line(), start.col() + 1)
}

fn at(marker: Marker, message: &str) -> ParseError {
    ParseError { line: marker.line(), column: marker.col() + 1, message: message.to_owned() }
}

fn scan_error(error: &ScanError) -> ParseError {
    at(*error.marker(), error.info())
}

/// A merge left half done is the most likely reason for a file that is no YAML; say that instead of a syntax error.
fn refuse_conflict_markers(text: &str) -> Result<(), ParseError> {
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") || line.starts_with("|||||||") {
            let marker = &line[..7];
            let message = format!("a git conflict marker (`{marker}`): finish the merge, or take one side");
            return Err(ParseError { line: index + 1, column: 1, message });
        }
    }
    Ok(())
}

/// Readers disagree on a line that begins with a tab; YAML itself allows none as indentation.
fn refuse_tabs(text: &str) -> Result<(), ParseError> {
    match text.lines().position(|line| line.starts_with('\t')) {
        None => Ok(()),
        Some(index) => Err(ParseError {
            line: index + 1,
            column: 1,
            message: "a tab as indentation; use spaces".to_owned(),
        }),
    }
}

/// js-yaml: "the stream contains non-printable characters".
fn refuse_control_characters(text: &str) -> Result<(), ParseError> {
    let refused = |character: char| {
        matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}'
            | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
    };
    let Some((offset, character)) = text.char_indices().find(|(_, character)| refused(*character)) else {
        return Ok(());
    };
    let line = text[..offset].matches('\n').count() + 1;
    let column =
        text[text[..offset].rfind('\n').map_or(0, |newline| newline + 1)..offset].chars().count() + 1;
    let message = format!("the control character U+{:04X}, which no reader takes", u32::from(character));
    Err(ParseError { line, column, message })
}
