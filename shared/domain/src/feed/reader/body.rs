//! What comes after the choice of a delimiter: a header, and records that become rows under it.

use std::collections::{BTreeMap, VecDeque};

use super::RawRow;
use crate::feed::{
    Column, MAX_BROKEN, MAX_ROW_BYTES, MAX_ROWS, Refusal, RowError,
    column::Header,
    records::{Fault, Found, Records},
    text::decode,
};

#[derive(Debug)]
pub(super) struct Body {
    pub(super) delimiter: Delimiter,
    pub(super) header: Header,
    pub(super) records: Records,
    /// The number of the last record, blank lines counted.
    number: u32,
    pub(super) rows: u32,
    broken: u32,
    pub(super) fallback: bool,
    /// Each id with the row that had it first.
    ids: BTreeMap<Box<str>, u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Delimiter {
    byte: u8,
    pub(super) name: &'static str,
}

pub(super) const DELIMITERS: [Delimiter; 3] = [
    Delimiter { byte: b'\t', name: "tab" },
    Delimiter { byte: b',', name: "comma" },
    Delimiter { byte: b';', name: "semicolon" },
];

impl Body {
    /// Reads the header under one delimiter.
    pub(super) fn open(delimiter: Delimiter, text: &[u8], ended: bool) -> Option<Self> {
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

    pub(super) fn rows(&mut self) -> Result<VecDeque<RawRow>, Refusal> {
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
