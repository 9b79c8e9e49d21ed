//! The size that the first lossy frame of a WebP file has of itself
//! (<https://developers.google.com/speed/webp/docs/riff_container>, RFC 6386 9.1).

/// Its width and height; nothing where there is no such frame.
pub(super) fn frame(file: &[u8]) -> Option<(u32, u32)> {
    frame_of_chunks(file.get(12..)?)
}

fn frame_of_chunks(mut rest: &[u8]) -> Option<(u32, u32)> {
    while let Some((name, length)) = rest.get(..8).and_then(|header| header.split_first_chunk::<4>()) {
        let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
        let body = rest.get(8..)?;
        let body = body.get(..length).unwrap_or(body);
        match name {
            b"VP8 " => return key_frame(body),
            // A frame of an animation: 16 bytes of its own, then chunks.
            b"ANMF" => return frame_of_chunks(body.get(16..)?),
            _ => rest = rest.get(8 + length + length % 2..)?,
        }
    }
    None
}

/// A key frame: three bytes of tag, the start code, then 14 bits each.
fn key_frame(body: &[u8]) -> Option<(u32, u32)> {
    let &[0x9D, 0x01, 0x2A, w0, w1, h0, h1] = body.get(3..10)? else { return None };
    let length = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    Some((length(w0, w1), length(h0, h1)))
}
