//! Records out of bytes: fields between a delimiter, quoted where they hold it, a line break or a quotation mark (RFC 4180).
//!
//! Vendors forget to close quotation marks. By the letter all up to the next mark would be one field, rows and rows of it; here the line where
//! it began is told as broken, and reading goes on behind it. What gives it away: the record is too large, or its columns do not fit, or text
//! follows the mark that ends a field of several lines, or such a field holds lines that look like rows.

use super::MAX_ROW_BYTES;

/// What stands next in the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Record(Vec<Vec<u8>>),
    /// An empty line.
    Blank,
    Broken(Fault),
}

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quotation mark is not closed within a record's limits, or only where the columns do not fit.
    Unclosed,
    TooLong,
}

/// One record as it was scanned.
struct Scanned {
    fields: Vec<Vec<u8>>,
    /// With its line break.
    bytes: usize,
    /// Where its first line ends, with the line break, if it has several.
    first_line: Option<usize>,
    unclosed: bool,
}

/// With so many columns a line of text that has as many is a row.
const TELLING_COLUMNS: usize = 6;

/// Cuts bytes, as they come, into records.
#[derive(Debug)]
pub(super) struct Records {
    delimiter: u8,
    /// What was not answered yet.
    buffer: Vec<u8>,
    start: usize,
    /// The rest of a line that is too long is left out.
    skipping: bool,
    ended: bool,
}

impl Records {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, buffer: Vec::new(), start: 0, skipping: false, ended: false }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// No more bytes will come.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// The next record; `None` until more bytes come, and at the end. `columns` is how many fields a record should have.
    pub(super) fn next(&mut self, columns: Option<usize>) -> Option<Found> {
        if self.skipping && !self.skip() {
            return None;
        }
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        if rest.is_empty() {
            return None;
        }
        let scanned = scan(rest, self.delimiter, columns, self.ended);
        if scanned.as_ref().map_or(rest.len(), |scanned| scanned.bytes) > MAX_ROW_BYTES {
            return Some(self.give_up());
        }
        let scanned = scanned?;
        let misfit = columns.is_some_and(|columns| columns != scanned.fields.len());
        if let Some(line) = scanned.first_line.filter(|_| scanned.unclosed || misfit) {
            self.start += line;
            return Some(Found::Broken(Fault::Unclosed));
        }
        self.start += scanned.bytes;
        if scanned.unclosed {
            return Some(Found::Broken(Fault::Unclosed));
        }
        let blank = matches!(scanned.fields.as_slice(), [only] if only.iter().all(u8::is_ascii_whitespace));
        Some(if blank { Found::Blank } else { Found::Record(scanned.fields) })
    }

    /// The record is too large: its first line is told as broken.
    fn give_up(&mut self) -> Found {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        match rest.iter().take(MAX_ROW_BYTES).position(|byte| *byte == b'\n') {
            Some(at) => {
                self.start += at + 1;
                Found::Broken(Fault::Unclosed)
            }
            None => {
                self.skipping = true;
                Found::Broken(Fault::TooLong)
            }
        }
    }

    /// Goes behind the next line break; answers whether it came.
    fn skip(&mut self) -> bool {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                self.start += at + 1;
                self.skipping = false;
                true
            }
            None => {
                self.start = self.buffer.len();
                false
            }
        }
    }
}

/// Where a field stands.
enum Place {
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark inside a quoted field: its end, or the first of a doubled one.
    Mark,
}

/// Scans the first record; `None` where its end has not come yet.
fn scan(bytes: &[u8], delimiter: u8, columns: Option<usize>, ended: bool) -> Option<Scanned> {
    let mut fields = Vec::new();
    let mut field = Vec::new();
    let mut place = Place::Start;
    let mut first_line = None;
    let mut unclosed = false;
    // The delimiters of a line inside a quoted field; none of the line where the field began.
    let mut inner: Option<usize> = None;
    let telling = columns.filter(|columns| *columns >= TELLING_COLUMNS);
    for (at, byte) in bytes.iter().copied().enumerate() {
        if at > MAX_ROW_BYTES {
            return None;
        }
        match (&place, byte) {
            (Place::Quoted, b'"') => place = Place::Mark,
            (Place::Quoted, _) => {
                if byte == b'\n' {
                    unclosed |= telling.is_some() && inner.map(|delimiters| delimiters + 1) == telling;
                    first_line = first_line.or(Some(at + 1));
                    inner = Some(0);
                } else if byte == delimiter {
                    inner = inner.map(|delimiters| delimiters + 1);
                }
                field.push(byte);
            }
            (Place::Start, b'"') => {
                place = Place::Quoted;
                inner = None;
            }
            (Place::Mark, b'"') => {
                field.push(b'"');
                place = Place::Quoted;
            }
            (_, b'\n') => {
                if field.last() == Some(&b'\r') {
                    field.pop();
                }
                fields.push(field);
                return Some(Scanned { fields, bytes: at + 1, first_line, unclosed });
            }
            (_, byte) if byte == delimiter => {
                fields.push(std::mem::take(&mut field));
                place = Place::Start;
            }
            // What follows a closing mark is taken as it stands: `"Best" pan`.
            (_, byte) => {
                unclosed |= matches!(place, Place::Mark) && inner.is_some() && byte != b'\r';
                field.push(byte);
                place = Place::Plain;
            }
        }
    }
    if !ended {
        return None;
    }
    unclosed |= matches!(place, Place::Quoted);
    fields.push(field);
    Some(Scanned { fields, bytes: bytes.len(), first_line, unclosed })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8], columns: usize, piece: usize) -> Vec<Found> {
        let mut records = Records::new(b',');
        let mut found = Vec::new();
        for bytes in text.chunks(piece) {
            records.push(bytes);
            found.extend(std::iter::from_fn(|| records.next(Some(columns))));
        }
        records.end();
        found.extend(std::iter::from_fn(|| records.next(Some(columns))));
        found
    }

    fn record(fields: &[&str]) -> Found {
        Found::Record(fields.iter().map(|field| field.as_bytes().to_vec()).collect())
    }

    #[test]
    fn quoted_fields_hold_delimiters_line_breaks_and_marks() {
        let text = b"a,\"b,\"\"c\"\"\r\nd\"\r\n\r\n12\" pan,\"Best\" pan\n,";
        let expected = [
            record(&["a", "b,\"c\"\r\nd"]),
            Found::Blank,
            record(&["12\" pan", "Best pan"]),
            record(&["", ""]),
        ];
        for piece in [1, 2, 7, 1000] {
            assert_eq!(all(text, 2, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_mark_that_is_never_closed_costs_its_own_line_alone() {
        let text = b"a,b\n\"c,d\ne,f\ng,h\n";
        let expected =
            [record(&["a", "b"]), Found::Broken(Fault::Unclosed), record(&["e", "f"]), record(&["g", "h"])];
        assert_eq!(all(text, 2, 1000), expected);
        // Closed by the next row's own mark, where the columns do not fit.
        let text = b"\"a,b\nc,\"d\"\ne,f\n";
        assert_eq!(
            all(text, 2, 3),
            [Found::Broken(Fault::Unclosed), record(&["c", "d"]), record(&["e", "f"])]
        );
        // Closed by the mark that opens another row's field, where they do fit.
        let text = b"a,\"b\nc,d\ne,\"f\"\n";
        assert_eq!(
            all(text, 2, 3),
            [Found::Broken(Fault::Unclosed), record(&["c", "d"]), record(&["e", "f"])]
        );
        // Closed at a field's end, and what is between looks like rows.
        let text = b"1,\"b,3,4,5,6\na,b,c,d,e,f\n1,pan 12\",3,4,5,6\n";
        assert_eq!(
            all(text, 6, 5)[..2],
            [Found::Broken(Fault::Unclosed), record(&["a", "b", "c", "d", "e", "f"])]
        );
        // A field of several lines that is what it seems.
        let text = b"1,\"b,3\nx,y\r\nz\"\r,3,4,5,6\n";
        assert_eq!(all(text, 6, 5), [record(&["1", "b,3\nx,y\r\nz\r", "3", "4", "5", "6"])]);
    }

    #[test]
    fn a_line_over_the_limit_is_told_and_left_out() {
        let long = format!("{},x\nb,c\n", "a".repeat(2 * MAX_ROW_BYTES));
        for piece in [100, 10_000, 1_000_000] {
            assert_eq!(all(long.as_bytes(), 2, piece), [Found::Broken(Fault::TooLong), record(&["b", "c"])]);
        }
        let quoted = format!("\"{}\n{}\nb,c\n", "a".repeat(10), "a".repeat(2 * MAX_ROW_BYTES));
        let expected = [Found::Broken(Fault::Unclosed), Found::Broken(Fault::TooLong), record(&["b", "c"])];
        for piece in [999, 10_000, 1_000_000] {
            assert_eq!(all(quoted.as_bytes(), 2, piece), expected);
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a,\"\n\r]{0,60}", piece in 1_usize..20) {
            prop_assert_eq!(all(text.as_bytes(), 2, piece), all(text.as_bytes(), 2, 1000));
        }

        #[test]
        fn what_was_quoted_comes_back(rows in prop::collection::vec(prop::collection::vec("[a-z,\"\n ]{0,12}", 3), 1..8)) {
            let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let text: String = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect();
            let expected: Vec<_> = rows.iter().map(|row| record(&row.iter().map(String::as_str).collect::<Vec<_>>())).collect();
            prop_assert_eq!(all(text.as_bytes(), 3, 5), expected);
        }
    }
}
