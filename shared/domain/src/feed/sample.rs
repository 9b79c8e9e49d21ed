//! A feed that looks like a real one: for tests, benchmarks and trying things out by hand.
//!
//! **Invariant:** the same arguments give the same bytes.

use std::fmt::Write;

/// How the feed is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Between tabs, prices as `12.90 EUR`, Google's names.
    Google,
    /// Between semicolons, prices as `12,90`, Letzshop's columns.
    Letzshop,
    /// Between commas, prices as `12.90`.
    Plain,
}

const KINDS: [(&str, &str, &str); 8] = [
    ("Teekanne", "Haus & Garten > Küche > Kannen", "Aus glasiertem Steingut, von Hand gedreht"),
    ("Wollschal", "Mode > Accessoires > Schals", "Feine Merinowolle, \"weich wie nie\""),
    ("Notizbuch", "Büro > Papier", "160 Seiten; liniert, mit Lesezeichen"),
    ("Crémant brut", "Lebensmittel > Getränke > Schaumwein", "Fruchtig, trocken, 12 % vol."),
    ("Gartenschere", "Haus & Garten > Garten", "Klinge 8\" aus Kohlenstoffstahl"),
    ("Kinderrucksack", "Mode > Taschen", "Leicht, wasserfest\nund mit Namensschild"),
    ("Kerze", "Wohnen > Deko", "<p>Bienenwachs, ca. 40 h</p>"),
    ("Tischleuchte", "Wohnen > Licht", "LED, dimmbar, 2.700 K"),
];
const BRANDS: [&str; 5] = ["Maison Moulin", "Kräizbierg", "Atelier Nord", "Olivier & Fils", "Bergwerk"];
const COLOURS: [&str; 6] = ["blau", "grün", "natur", "rot", "schwarz", "weiß"];

/// A feed of so many rows. Each edition after the first (0) changes the price of every tenth row.
pub fn feed(style: Style, rows: u32, edition: u32) -> String {
    let mut text = header(style).join(separator(style));
    text.push('\n');
    for row in 1..=rows {
        let fields = fields(style, row, edition);
        let line = fields
            .iter()
            .map(|field| quoted(field, separator(style)))
            .collect::<Vec<_>>()
            .join(separator(style));
        text.push_str(&line);
        text.push_str("\r\n");
    }
    text
}

/// The price of a row in cents.
pub fn price_of(row: u32, edition: u32) -> u32 {
    let raised = if row.is_multiple_of(10) { edition } else { 0 };
    300 + (row * 7919) % 19_700 + raised
}

fn separator(style: Style) -> &'static str {
    match style {
        Style::Google => "\t",
        Style::Letzshop => ";",
        Style::Plain => ",",
    }
}

fn header(style: Style) -> Vec<&'static str> {
    let quantity = if style == Style::Letzshop { "atalanda:quantity" } else { "quantity" };
    vec![
        "id",
        "title",
        "description",
        "price",
        "sale_price",
        "product_type",
        "availability",
        "image_link",
        "additional_image_link",
        "brand",
        "gtin",
        "item_group_id",
        "condition",
        quantity,
        "atalanda:tax_rate",
        "link",
    ]
}

fn fields(style: Style, row: u32, edition: u32) -> Vec<String> {
    let pick = |from: u32, of: usize| usize::try_from(from).unwrap_or(0) % of;
    let (kind, category, description) = KINDS.get(pick(row, KINDS.len())).copied().unwrap_or_default();
    let brand = BRANDS.get(pick(row / 3, BRANDS.len())).copied().unwrap_or_default();
    let colour = COLOURS.get(pick(row / 7, COLOURS.len())).copied().unwrap_or_default();
    let cents = price_of(row, edition);
    let sale = if row.is_multiple_of(13) { amount(style, cents * 8 / 10) } else { String::new() };
    let quantity = row * 31 % 40;
    let group = if row.is_multiple_of(4) { format!("G-{}", row / 12) } else { String::new() };
    let image = |n: u32| format!("https://img.example.com/{row:05}/{n}.jpg");
    vec![
        format!("SKU-{row:05}"),
        format!("{kind} {brand}, {colour}"),
        format!("{description} (Artikel {row})"),
        amount(style, cents),
        sale,
        category.to_owned(),
        if quantity > 0 { "in stock" } else { "out of stock" }.to_owned(),
        image(1),
        if row.is_multiple_of(5) { format!("{},{}", image(2), image(3)) } else { String::new() },
        brand.to_owned(),
        gtin(row),
        group,
        "new".to_owned(),
        quantity.to_string(),
        if category.starts_with("Lebensmittel") { "8.00" } else { "17.00" }.to_owned(),
        format!("https://shop.example.com/p/{row}"),
    ]
}

fn amount(style: Style, cents: u32) -> String {
    let (whole, fraction) = (cents / 100, cents % 100);
    match style {
        Style::Google => format!("{whole}.{fraction:02} EUR"),
        Style::Letzshop => format!("{whole},{fraction:02}"),
        Style::Plain => format!("{whole}.{fraction:02}"),
    }
}

fn quoted(field: &str, separator: &str) -> String {
    if field.contains(['"', '\n', '\r']) || field.contains(separator) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// Thirteen digits with their check digit.
fn gtin(row: u32) -> String {
    let mut digits = format!("400{row:09}");
    let sum: u32 = digits
        .chars()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight)
        .sum();
    let check = (10 - sum % 10) % 10;
    // Writing to a String can't fail.
    let _ = write!(digits, "{check}");
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency,
        feed::{FeedRow, Reader},
        product::Gtin,
    };

    #[test]
    fn every_row_of_each_style_reads_as_it_was_meant() {
        for style in [Style::Google, Style::Letzshop, Style::Plain] {
            let text = feed(style, 300, 0);
            let mut reader = Reader::new();
            let mut rows = Vec::new();
            for piece in text.as_bytes().chunks(777) {
                rows.extend(reader.push(piece).unwrap());
            }
            let (last, summary) = reader.finish().unwrap();
            rows.extend(last);
            assert_eq!((summary.rows, rows.len()), (300, 300), "{style:?}");
            for (n, raw) in (1..).zip(&rows) {
                assert_eq!((raw.row, &raw.error), (n + 1, &None));
                let read = FeedRow::read(raw.row, &raw.fields, Currency::EUR).unwrap();
                assert_eq!(read.feed_id.as_str(), format!("SKU-{n:05}"));
                assert_eq!(read.price.amount, i64::from(price_of(n, 0)));
                assert!(Gtin::try_from(read.gtin.unwrap().as_str().to_owned()).is_ok());
                assert_eq!(read.quantity, Some(n * 31 % 40));
            }
        }
    }

    #[test]
    fn an_edition_changes_every_tenth_price() {
        let (one, two) = (feed(Style::Google, 100, 0), feed(Style::Google, 100, 1));
        assert_eq!(one, feed(Style::Google, 100, 0));
        assert_eq!((1..=100).filter(|row| price_of(*row, 0) != price_of(*row, 1)).count(), 10);
        assert_ne!(one, two);
    }
}
