//! The bytes of a file. What was never written takes no room, so a file may be larger than memory.

use std::collections::BTreeMap;
use std::sync::Arc;

const PAGE: u64 = 4096;

/// The bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    size: u64,
    /// Pages that were written to, by their number. The bytes after the end of the file are zero.
    pages: BTreeMap<u64, Arc<[u8; PAGE as usize]>>,
}

impl Content {
    pub fn new(bytes: &[u8]) -> Content {
        let mut content = Content::default();
        content.write(0, bytes);
        content
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// As many of the bytes from an offset on as there are.
    pub fn read(&self, offset: u64, length: u64) -> Vec<u8> {
        let end = offset.saturating_add(length).min(self.size);
        let mut bytes = vec![0; end.saturating_sub(offset) as usize];
        for (first, place) in pieces(offset, &mut bytes) {
            if let Some(page) = self.pages.get(&(first / PAGE)) {
                let start = (first % PAGE) as usize;
                place.copy_from_slice(&page[start..start + place.len()]);
            }
        }
        bytes
    }

    /// The parts that were written to, with their offsets: what is between them is zero.
    pub fn written(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.pages.iter().map(|(number, page)| {
            let offset = number * PAGE;
            (offset, &page[..(self.size - offset).min(PAGE) as usize])
        })
    }

    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut bytes = bytes.to_vec();
        self.size = self.size.max(offset + bytes.len() as u64);
        for (first, piece) in pieces(offset, &mut bytes) {
            let page = self.pages.entry(first / PAGE).or_insert_with(|| [0; PAGE as usize].into());
            let start = (first % PAGE) as usize;
            Arc::make_mut(page)[start..start + piece.len()].copy_from_slice(piece);
        }
    }

    /// Cuts the file off, or fills it with zeros up to the size.
    pub fn resize(&mut self, size: u64) {
        if size < self.size {
            self.pages.retain(|number, _| number * PAGE < size);
            if let Some(page) = self.pages.get_mut(&(size / PAGE)) {
                Arc::make_mut(page)[(size % PAGE) as usize..].fill(0);
            }
        }
        self.size = size;
    }
}

/// Cuts bytes that begin at an offset at the limits of pages.
fn pieces(offset: u64, mut bytes: &mut [u8]) -> Vec<(u64, &mut [u8])> {
    let mut pieces = Vec::new();
    let mut first = offset;
    while !bytes.is_empty() {
        let length = ((PAGE - first % PAGE) as usize).min(bytes.len());
        let (piece, rest) = bytes.split_at_mut(length);
        pieces.push((first, piece));
        first += length as u64;
        bytes = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwritten_bytes_are_zero_and_take_no_room() {
        let mut content = Content::new(b"hello");
        content.write(1 << 40, b"x");
        assert_eq!(content.size(), (1 << 40) + 1);
        assert_eq!(content.read(3, 4), b"lo\0\0");
        assert_eq!(content.read((1 << 40) - 1, 10), b"\0x");
        assert_eq!(content.pages.len(), 2);
    }

    #[test]
    fn bytes_cut_off_do_not_come_back() {
        let mut content = Content::new(b"hello");
        content.resize(2);
        content.resize(5);
        assert_eq!(content.read(0, 16), b"he\0\0\0");
    }

    #[test]
    fn writes_cross_pages() {
        let mut content = Content::default();
        content.write(4090, &[7; 5000]);
        assert_eq!(content.read(4089, 3), [0, 7, 7]);
        assert_eq!(content.read(9088, 100), [7, 7]);
    }
}
