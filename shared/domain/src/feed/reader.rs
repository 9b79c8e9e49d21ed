//! The first half of reading: bytes as they come become rows of known fields, each with its number.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    Column, MAX_BROKEN, MAX_BYTES, MAX_COLUMNS, MAX_ROW_BYTES, MAX_ROWS, Refusal, RowError,
    column::Header,
    records::{Fault, Found, Records},
    text::decode,
};

/// A row whose fields are texts still, or what was wrong with it as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRow {
    /// The header is row 1.
    pub row: u32,
    /// Those of known columns that are not empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Column, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RowError>,
}

/// What a feed was, once all of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub rows: u32,
    /// `tab`, `comma` or `semicolon`.
    pub delimiter: &'static str,
    /// `utf-8`, or `windows-1252` where rows were not UTF-8.
    pub encoding: &'static str,
}

/// Reads a feed. Of rows with the same id the first counts; the others are errors, so that the outcome does not depend on the order in
/// which rows are worked on.
#[derive(Debug, Default)]
pub struct Reader {
    /// Before the header's end has come.
    opening: Vec<u8>,
    body: Option<Body>,
    bytes: u64,
}

#[derive(Debug)]
struct Body {
    delimiter: Delimiter,
    header: Header,
    records: Records,
    /// The number of the last record, blank lines counted.
    number: u32,
    rows: u32,
    broken: u32,
    fallback: bool,
    /// Each id with the row that had it first.
    ids: BTreeMap<Box<str>, u32>,
}

#[derive(Clone, Copy, Debug)]
struct Delimiter {
    byte: u8,
    name: &'static str,
}

const DELIMITERS: [Delimiter; 3] = [
    Delimiter { byte: b'\t', name: "tab" },
    Delimiter { byte: b',', name: "comma" },
    Delimiter { byte: b';', name: "semicolon" },
];

impl Reader {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and answers the rows that they complete.
    ///
    /// # Errors
    /// [`Refusal`]: the feed can't be read at all.
    pub fn push(&mut self, bytes: &[u8]) -> Result<VecDeque<RawRow>, Refusal> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        match &mut self.body {
            Some(body) => {
                body.records.push(bytes);
                body.rows()
            }
            None => {
                self.opening.extend_from_slice(bytes);
                // The header may hold quoted line breaks: it is looked at once there is enough for the largest one.
                if self.opening.len() <= MAX_ROW_BYTES {
                    return Ok(VecDeque::new());
                }
                self.open(false)
            }
        }
    }

    /// The feed has ended: answers the last rows and what it was.
    ///
    /// # Errors
    /// [`Refusal`]: the feed can't be read at all.
    pub fn finish(mut self) -> Result<(VecDeque<RawRow>, Summary), Refusal> {
        let mut rows = VecDeque::new();
        if self.body.is_none() {
            rows = self.open(true)?;
        }
        let mut body = self.body.take().ok_or(Refusal::Empty)?;
        body.records.end();
        rows.extend(body.rows()?);
        let encoding = if body.fallback { "windows-1252" } else { "utf-8" };
        Ok((rows, Summary { rows: body.rows, delimiter: body.delimiter.name, encoding }))
    }

    /// Reads the header and what else is there.
    fn open(&mut self, ended: bool) -> Result<VecDeque<RawRow>, Refusal> {
        let opening = std::mem::take(&mut self.opening);
        let text = opening.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&opening);
        // UTF-16 has zero bytes, archives and pictures have them too.
        if text.contains(&0) || text.starts_with(b"<") || text.starts_with(b"{") {
            return Err(Refusal::NotATable);
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return Err(Refusal::Empty);
        }
        let mut found = DELIMITERS
            .into_iter()
            .filter_map(|delimiter| Body::open(delimiter, text, ended))
            .collect::<Vec<_>>();
        // The one under which most of the columns are known.
        found.sort_by_key(|body| std::cmp::Reverse((body.header.known(), body.header.len())));
        let mut body = found.into_iter().next().ok_or(Refusal::NotATable)?;
        if body.header.known() == 0 {
            return Err(Refusal::NotATable);
        }
        if body.header.len() > MAX_COLUMNS {
            return Err(Refusal::TooManyColumns);
        }
        let missing = body.header.missing();
        if !missing.is_empty() {
            return Err(Refusal::MissingColumns(missing));
        }
        let rows = body.rows()?;
        self.body = Some(body);
        Ok(rows)
    }
}

impl Body {
    /// Reads the header under one delimiter.
    fn open(delimiter: Delimiter, text: &[u8], ended: bool) -> Option<Self> {
        let mut records = Records::new(delimiter.byte);
        records.push(text);
        if ended {
            records.end();
        }
        let mut number = 0;
        loop {
            number += 1;
            match records.next(None)? {
                Found::Blank => {}
                Found::Broken(_) => return None,
                Found::Record(fields) => {
                    let (names, fallback) = decode(fields).ok()?;
                    let header = Header::read(&names);
                    return Some(Self {
                        delimiter,
                        header,
                        records,
                        number,
                        rows: 0,
                        broken: 0,
                        fallback,
                        ids: BTreeMap::new(),
                    });
                }
            }
        }
    }

    fn rows(&mut self) -> Result<VecDeque<RawRow>, Refusal> {
        let mut rows = VecDeque::new();
        while let Some(found) = self.records.next(Some(self.header.len())) {
            self.number += 1;
            let (fields, error) = match found {
                Found::Blank => continue,
                Found::Broken(fault) => (BTreeMap::new(), Some(self.broken(fault)?)),
                Found::Record(record) => match self.fields(record) {
                    Ok(fields) => (fields, None),
                    Err(error) => (BTreeMap::new(), Some(error)),
                },
            };
            self.rows += 1;
            if self.rows > MAX_ROWS {
                return Err(Refusal::TooManyRows);
            }
            rows.push_back(RawRow { row: self.number, fields, error });
        }
        Ok(rows)
    }

    fn broken(&mut self, fault: Fault) -> Result<RowError, Refusal> {
        self.broken += 1;
        if self.broken > MAX_BROKEN {
            return Err(Refusal::Broken);
        }
        Ok(match fault {
            Fault::Unclosed => {
                RowError::of_row(self.number, "unclosed_quote", "A quotation mark is opened and not closed.")
            }
            Fault::TooLong => {
                let message = format!("A row holds at most {} KiB.", MAX_ROW_BYTES / 1024);
                RowError::of_row(self.number, "row_too_long", message)
            }
        })
    }

    fn fields(&mut self, record: Vec<Vec<u8>>) -> Result<BTreeMap<Column, String>, RowError> {
        let row = self.number;
        let (record, fallback) = decode(record).map_err(|_| {
            RowError::of_row(row, "invalid_encoding", "The row is neither UTF-8 nor Windows-1252 throughout.")
        })?;
        self.fallback |= fallback;
        // Fewer fields are empty ones at the end, as many programs leave them out.
        if record.iter().skip(self.header.len()).any(|extra| !extra.trim().is_empty()) {
            let message = format!("The row has {} fields, the header {}.", record.len(), self.header.len());
            return Err(RowError::of_row(row, "wrong_column_count", message));
        }
        let fields = self.header.assign(record);
        if let Some(id) = fields.get(&Column::Id) {
            if let Some(first) = self.ids.get(id.as_str()) {
                let message = format!("Row {first} has the same id.");
                return Err(RowError::of_field(row, Column::Id, id, "duplicate_id", message));
            }
            self.ids.insert(id.as_str().into(), row);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Result<(Vec<RawRow>, Summary), Refusal> {
        let mut reader = Reader::new();
        let mut rows = Vec::new();
        for bytes in bytes.chunks(piece.max(1)) {
            rows.extend(reader.push(bytes)?);
        }
        let (last, summary) = reader.finish()?;
        rows.extend(last);
        Ok((rows, summary))
    }

    fn codes(rows: &[RawRow]) -> Vec<(u32, &str)> {
        rows.iter().map(|row| (row.row, row.error.as_ref().map_or("", |error| error.code.as_str()))).collect()
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        for (delimiter, name) in [("\t", "tab"), (",", "comma"), (";", "semicolon")] {
            let line = |fields: [&str; 4]| fields.join(delimiter) + "\r\n";
            let text = format!(
                "\u{feff}{}{}{}",
                line(["g:id", "Title", "price", "description"]),
                line(["A-1", "Größe M", "\"12,90 EUR\"", "\"zwei\nZeilen; und, mehr\""]),
                line(["A-2", "Tee", "3.50", ""])
            );
            let (rows, summary) = read(text.as_bytes(), 1000).unwrap();
            assert_eq!(summary, Summary { rows: 2, delimiter: name, encoding: "utf-8" });
            assert_eq!(rows[0].fields[&Column::Price], "12,90 EUR");
            assert_eq!(rows[0].fields[&Column::Description], "zwei\nZeilen; und, mehr");
            assert_eq!((rows[1].row, rows[1].fields.len()), (3, 3));
        }
    }

    #[test]
    fn a_feed_of_windows_1252_is_read_and_told() {
        let (rows, summary) = read(b"id;title;price\n1;Gr\xf6\xdfe;5\n2;plain;5\n", 4).unwrap();
        assert_eq!(summary.encoding, "windows-1252");
        assert_eq!(rows[0].fields[&Column::Title], "Größe");
    }

    #[test]
    fn every_bad_row_has_its_error_and_the_others_stay() {
        let text = b"id,title,price\nA,One,5\nA,Two,6\nB,\"Three,7\n\nC,Four,8,9\nD,Five,9,\n\"\",Six,1\nE,Gr\xc3\xb6\xdf,1\nF,Short\n";
        let (rows, summary) = read(text, 1000).unwrap();
        assert_eq!(summary.rows, 8);
        let expected = [
            (2, ""),
            (3, "duplicate_id"),
            (4, "unclosed_quote"),
            (6, "wrong_column_count"),
            (7, ""),
            (8, ""),
            (9, "invalid_encoding"),
            (10, ""),
        ];
        assert_eq!(codes(&rows), expected);
    }

    #[test]
    fn what_is_no_feed_is_refused_with_a_reason() {
        for (bytes, code) in [
            (&b""[..], "empty_feed"),
            (b" \r\n \n", "empty_feed"),
            (b"\xef\xbb\xbf", "empty_feed"),
            (b"<html><body>id,title,price</body></html>", "not_a_table"),
            (b"{\"id\": 1}", "not_a_table"),
            (b"\xff\xfei\0d\0", "not_a_table"),
            (b"PK\x03\x04\0\0", "not_a_table"),
            (b"nothing that anybody knows", "not_a_table"),
            (b"id,title\n1,Tea\n", "missing_columns"),
        ] {
            assert_eq!(read(bytes, 1000).unwrap_err().code(), code, "{bytes:?}");
        }
        let wide = format!("id,title,price{}\n", ",x".repeat(MAX_COLUMNS));
        assert_eq!(read(wide.as_bytes(), 1000), Err(Refusal::TooManyColumns));
        let broken = format!("id,title,price\n{}", "a\",\"x\n".repeat(2_500));
        assert_eq!(read(broken.as_bytes(), 1 << 20).map(|(rows, _)| rows.len()), Err(Refusal::Broken));
        assert_eq!(read(b"id,title,price", 5).unwrap().1.rows, 0);
    }

    #[test]
    fn a_feed_over_the_limit_is_refused_while_it_comes() {
        let mut reader = Reader::new();
        reader.push(b"id,title,price\n").unwrap();
        let line = format!("x,{},1\n", "t".repeat(60_000)).repeat(20);
        let refused = (0..200).find_map(|_| reader.push(line.as_bytes()).err());
        assert_eq!(refused, Some(Refusal::TooLarge));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a-c,\"\n;]{0,200}", piece in 1_usize..50) {
            let text = format!("id,title,price\n{text}");
            prop_assert_eq!(read(text.as_bytes(), piece), read(text.as_bytes(), 100_000));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut feed = b"id\ttitle\tprice\n".to_vec();
            feed.extend(bytes);
            let (rows, summary) = read(&feed, 37).unwrap_or_else(|_| (Vec::new(), Summary { rows: 0, delimiter: "", encoding: "" }));
            prop_assert_eq!(rows.len(), usize::try_from(summary.rows).unwrap());
        }
    }
}
