//! How records are written before they are sealed: one version byte, then fields in a fixed order, little endian.

use crate::gallery::model::{Attributes, Face, PersonType, Subject, TemplateKind};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The version of every layout here; a new one gets a new number and keeps the old reader.
const VERSION: u8 = 1;
/// Subject records are filled up to a multiple of this, so that their length tells little of a name.
const SUBJECT_STEP: usize = 64;

/// A record in the clear. Overwritten when dropped.
pub(super) type Plain = Zeroizing<Vec<u8>>;

/// How many faces there must be, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Templates.
    pub(super) count: u64,
    /// Sum of the mixed face ids: tells which, whatever their order.
    pub(super) sum: u64,
}

impl Tally {
    pub(super) fn add(&mut self, face: u64) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(mixed(face));
    }

    pub(super) fn take(&mut self, face: u64) {
        self.count = self.count.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(mixed(face));
    }
}

/// The finaliser of SplitMix64: every bit of the id changes about half of the sum's.
fn mixed(face: u64) -> u64 {
    let mut value = face.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// What a tenant must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tallies {
    pub(super) subjects: u64,
    pub(super) faces: u64,
    /// Templates by the number of their kind.
    pub(super) kinds: BTreeMap<u64, Tally>,
}

struct Writer(Plain);

impl Writer {
    fn new() -> Self {
        // Room for the longest record, so that no copy is left behind by growing.
        let mut bytes = Vec::with_capacity(2560);
        bytes.push(VERSION);
        Self(Zeroizing::new(bytes))
    }

    fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn time(&mut self, value: i64) {
        self.number(value.cast_unsigned());
    }

    fn optional_time(&mut self, value: Option<i64>) {
        self.byte(u8::from(value.is_some()));
        self.time(value.unwrap_or_default());
    }

    fn text(&mut self, text: &str) {
        // At most 128 characters of at most 4 bytes.
        self.0.extend_from_slice(&(text.len() as u16).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.byte(u8::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Self(bytes);
        (reader.byte()? == VERSION).then_some(reader)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn time(&mut self) -> Option<i64> {
        Some(self.number()?.cast_signed())
    }

    fn optional_time(&mut self) -> Option<Option<i64>> {
        let there = self.flag()?;
        let time = self.time()?;
        Some(there.then_some(time))
    }

    fn text(&mut self) -> Option<String> {
        let count = u16::from_le_bytes(self.take(2)?.try_into().ok()?);
        String::from_utf8(self.take(usize::from(count))?.to_vec()).ok()
    }

    fn optional_text(&mut self) -> Option<Option<String>> {
        let there = self.flag()?;
        let text = self.text()?;
        Some(there.then_some(text))
    }
}

pub(super) fn write_subject(subject: &Subject) -> Plain {
    let mut to = Writer::new();
    let attributes = &subject.attributes;
    to.text(&subject.id);
    to.time(subject.created_at);
    to.optional_time(attributes.expires_at);
    to.byte(attributes.person_type as u8);
    for text in [&attributes.name, &attributes.id_number, &attributes.customer_id] {
        to.optional_text(text.as_deref());
    }
    let length = to.0.len().next_multiple_of(SUBJECT_STEP);
    to.0.resize(length, 0);
    to.0
}

pub(super) fn read_subject(bytes: &[u8]) -> Option<Subject> {
    let mut from = Reader::new(bytes)?;
    let id = from.text()?;
    let created_at = from.time()?;
    let expires_at = from.optional_time()?;
    let person_type = match from.byte()? {
        0 => PersonType::Normal,
        1 => PersonType::Vip,
        2 => PersonType::Inner,
        _ => return None,
    };
    let (name, id_number, customer_id) =
        (from.optional_text()?, from.optional_text()?, from.optional_text()?);
    let attributes = Attributes { name, id_number, customer_id, person_type, expires_at };
    Some(Subject { id, attributes, created_at })
}

pub(super) fn write_face(face: &Face) -> Plain {
    let mut to = Writer::new();
    to.byte(face.direction.map_or(0, |direction| direction + 1));
    to.time(face.enrolled_at);
    to.optional_time(face.expires_at);
    to.0
}

pub(super) fn read_face(id: u64, bytes: &[u8]) -> Option<Face> {
    let mut from = Reader::new(bytes)?;
    let direction = from.byte()?.checked_sub(1);
    let (enrolled_at, expires_at) = (from.time()?, from.optional_time()?);
    Some(Face { id, direction, enrolled_at, expires_at })
}

pub(super) fn write_tallies(tallies: &Tallies) -> Plain {
    let mut to = Writer::new();
    to.number(tallies.subjects);
    to.number(tallies.faces);
    to.number(tallies.kinds.len() as u64);
    for (&kind, tally) in &tallies.kinds {
        for value in [kind, tally.count, tally.sum] {
            to.number(value);
        }
    }
    to.0
}

pub(super) fn read_tallies(bytes: &[u8]) -> Option<Tallies> {
    let mut from = Reader::new(bytes)?;
    let mut tallies = Tallies { subjects: from.number()?, faces: from.number()?, ..Tallies::default() };
    for _ in 0..from.number()? {
        tallies.kinds.insert(from.number()?, Tally { count: from.number()?, sum: from.number()? });
    }
    Some(tallies)
}

/// Templates have no version byte: their length is given by their kind, and the sealed form has a version.
pub(super) fn write_template(values: &[f32]) -> Plain {
    let mut bytes = Vec::with_capacity(4 * values.len());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    Zeroizing::new(bytes)
}

pub(super) fn read_template(bytes: &[u8], dimension: usize) -> Option<Zeroizing<Vec<f32>>> {
    if bytes.len() != 4 * dimension {
        return None;
    }
    let (values, _) = bytes.as_chunks::<4>();
    Some(Zeroizing::new(values.iter().map(|&value| f32::from_le_bytes(value)).collect()))
}

/// What binds a template to its kind: the first half of a SHA-256 digest.
pub(super) fn kind_digest(kind: &TemplateKind, dimension: usize) -> [u8; 16] {
    let mut bytes = Vec::new();
    for text in [&kind.model, &kind.pipeline] {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(&(dimension as u64).to_le_bytes());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    std::array::from_fn(|index| digest.as_ref()[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            id: "110101199003078515".to_owned(),
            attributes: Attributes {
                name: Some("张三".to_owned()),
                id_number: None,
                customer_id: Some("c-7".to_owned()),
                person_type: PersonType::Vip,
                expires_at: Some(-5),
            },
            created_at: 1_764_000_000_000,
        }
    }

    #[test]
    fn records_are_read_as_written() {
        assert_eq!(read_subject(&write_subject(&subject())).unwrap(), subject());
        let bare = Subject { attributes: Attributes::default(), ..subject() };
        assert_eq!(read_subject(&write_subject(&bare)).unwrap(), bare);
        for direction in [None, Some(0), Some(4)] {
            let face = Face { id: 9, direction, enrolled_at: 3, expires_at: None };
            assert_eq!(read_face(9, &write_face(&face)).unwrap(), face);
        }
        let mut tallies = Tallies { subjects: 1, faces: 2, ..Tallies::default() };
        tallies.kinds.insert(7, Tally { count: 3, sum: u64::MAX });
        assert_eq!(read_tallies(&write_tallies(&tallies)).unwrap(), tallies);
        let values = [0.5, -0.25, f32::MIN_POSITIVE];
        assert_eq!(read_template(&write_template(&values), 3).unwrap().as_slice(), values);
        assert!(read_template(&write_template(&values), 4).is_none());
    }

    #[test]
    fn cut_or_strange_records_are_refused() {
        let whole = write_subject(&subject());
        assert_eq!(whole.len() % SUBJECT_STEP, 0);
        for length in 0..57 {
            assert!(read_subject(&whole[..length]).is_none());
        }
        assert!(read_face(1, &[2; 30]).is_none());
        assert!(read_tallies(&[VERSION]).is_none());
        let mut endless = write_tallies(&Tallies::default());
        endless[17..25].fill(0xff);
        assert!(read_tallies(&endless).is_none());
    }

    #[test]
    fn a_tally_tells_which_faces() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        for face in [1, 2, 3] {
            one.add(face);
        }
        for face in [3, 4, 2, 1] {
            other.add(face);
        }
        other.take(4);
        assert_eq!(one, other);
        other.take(1);
        other.add(5);
        assert_ne!(one, other);
    }
}
