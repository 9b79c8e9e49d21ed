//! What the JPEG decoder would read wrongly without saying so.

/// Whether a sequential JPEG has its colours in separate scans, some of them with fewer lines: rare, allowed (ITU-T T.81, A.2), and
/// decoded to the wrong colours by zune-jpeg up to 0.5.15 (<https://github.com/etemesi254/zune-image/issues/422>).
pub(super) fn has_separate_scans(file: &[u8]) -> bool {
    let mut frame: Option<&[u8]> = None;
    let mut rest = file.get(2..).unwrap_or_default();
    while let &[0xFF, marker, ..] = rest {
        if marker == 0xFF {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let Some(length) = rest.get(2..4).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes) else {
            break;
        };
        let end = 2 + usize::from(length);
        let body = rest.get(4..end).unwrap_or_default();
        match marker {
            0xC0 | 0xC1 => frame = Some(body),
            0xDA => return frame.is_some_and(|frame| is_part_of(body, frame)),
            _ => {}
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    false
}

/// Whether the first scan leaves colours of the frame out, and the frame has colours with fewer lines than others.
fn is_part_of(scan: &[u8], frame: &[u8]) -> bool {
    let in_scan = scan.first().copied().unwrap_or_default();
    let in_frame = frame.get(5).copied().unwrap_or_default();
    let components = frame.get(6..).unwrap_or_default().chunks_exact(3);
    let mut lines = components.filter_map(|component| component.get(1)).map(|sampling| sampling & 0x0F);
    let first = lines.next();
    in_scan < in_frame && lines.any(|other| Some(other) != first)
}
