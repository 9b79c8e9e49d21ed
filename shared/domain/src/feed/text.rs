//! Bytes of a record as text: UTF-8, or Windows-1252, in which spreadsheets still save.

use encoding_rs::WINDOWS_1252;

/// The record mixes UTF-8 with something else: whatever it is read as, some of it would come out wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mixed;

/// The fields of a record as texts, and whether they were Windows-1252.
///
/// Each record decides for itself, which needs no look ahead: up to its first letter beyond ASCII a feed is the same in both, and from there
/// on every record with such a letter decides alike.
pub(super) fn decode(fields: Vec<Vec<u8>>) -> Result<(Vec<String>, bool), Mixed> {
    if fields.iter().all(|field| std::str::from_utf8(field).is_ok()) {
        let texts = fields.into_iter().map(|field| String::from_utf8(field).unwrap_or_default());
        return Ok((texts.collect(), false));
    }
    let is_mixed = fields.iter().flat_map(|field| field.utf8_chunks()).any(|chunk| !chunk.valid().is_ascii());
    if is_mixed {
        return Err(Mixed);
    }
    Ok((
        fields.iter().map(|field| WINDOWS_1252.decode_without_bom_handling(field).0.into_owned()).collect(),
        true,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_utf_8_or_windows_1252_and_never_both() {
        let read =
            |bytes: &[u8]| decode(vec![bytes.to_vec()]).map(|(texts, fallback)| (texts[0].clone(), fallback));
        assert_eq!(read("Größe €".as_bytes()), Ok(("Größe €".to_owned(), false)));
        assert_eq!(read(b"Gr\xf6\xdfe \x80"), Ok(("Größe €".to_owned(), true)));
        assert_eq!(read(b"plain"), Ok(("plain".to_owned(), false)));
        assert_eq!(read(b"Gr\xc3\xb6\xdfe"), Err(Mixed));
    }
}
