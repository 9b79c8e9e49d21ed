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
