//! The protobuf wire format: fields read in place, fields written to a buffer.
//!
//! Only what ONNX needs. Every field keeps its own bytes, so that what is not understood is copied unchanged.
//! Encoding: <https://protobuf.dev/programming-guides/encoding/>.

use crate::{Error, ErrorKind, Result};

/// One field of a message.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The field's number in its message.
    pub(super) number: u32,
    /// The field's value.
    pub(super) value: Value<'a>,
    /// The whole field as it stands in the message, tag included.
    pub(super) raw: &'a [u8],
}

/// A field's value, by wire type.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// Integers, booleans and enumerations.
    Varint(u64),
    /// Doubles and fixed 64-bit integers: not needed here, so only their bytes.
    Fixed64,
    /// Strings, messages, packed lists.
    Bytes(&'a [u8]),
    /// Floats and fixed 32-bit integers.
    Fixed32([u8; 4]),
}

impl<'a> Field<'a> {
    /// The bytes of a string, message or packed list; an error for any other wire type.
    pub(super) fn bytes(&self) -> Result<&'a [u8]> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(malformed("a field has an unexpected wire type")),
        }
    }

    /// The text of a string field; an error for any other wire type or bytes that are not UTF-8.
    pub(super) fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| malformed("a name is not UTF-8"))
    }

    /// A signed integer, which protobuf stores in two's complement; an error for any other wire type.
    pub(super) fn integer(&self) -> Result<i64> {
        match self.value {
            Value::Varint(value) => Ok(value.cast_signed()),
            _ => Err(malformed("a field has an unexpected wire type")),
        }
    }

    /// Appends the integers of a repeated field, which writers store packed or one by one.
    pub(super) fn append_integers(&self, integers: &mut Vec<i64>) -> Result<()> {
        match self.value {
            Value::Varint(value) => integers.push(value.cast_signed()),
            Value::Bytes(mut rest) => {
                while !rest.is_empty() {
                    integers.push(take_varint(&mut rest)?.cast_signed());
                }
            }
            _ => return Err(malformed("a list of integers has an unexpected wire type")),
        }
        Ok(())
    }
}

/// Reads the fields of one message, in order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

/// The fields of `message`; stops after the first error.
pub(super) fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = take_field(&mut self.rest);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

fn take_field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>> {
    let start = *rest;
    let tag = take_varint(rest)?;
    let number = u32::try_from(tag >> 3).map_err(|_| malformed("a field number is too large"))?;
    if number == 0 {
        return Err(malformed("a field has the number 0"));
    }
    let value = match tag & 7 {
        0 => Value::Varint(take_varint(rest)?),
        1 => {
            take_bytes(rest, 8)?;
            Value::Fixed64
        }
        2 => {
            let length = take_varint(rest)?;
            Value::Bytes(take_bytes(rest, length)?)
        }
        5 => {
            let bytes = take_bytes(rest, 4)?;
            Value::Fixed32([bytes[0], bytes[1], bytes[2], bytes[3]])
        }
        _ => return Err(malformed("a field has an unknown wire type")),
    };
    let raw = &start[..start.len() - rest.len()];
    Ok(Field { number, value, raw })
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8]> {
    let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (bytes, after) = split.ok_or_else(|| malformed("a field is longer than the file"))?;
    *rest = after;
    Ok(bytes)
}

fn take_varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for (index, &byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err(malformed("an integer is cut off or too long"))
}

/// Appends an integer field; negative numbers are stored in two's complement.
pub(super) fn put_integer(out: &mut Vec<u8>, number: u32, value: i64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value.cast_unsigned());
}

/// Appends a string, message or packed list.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_header(out, number, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends the tag and length that precede `length` bytes.
pub(super) fn put_header(out: &mut Vec<u8>, number: u32, length: usize) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, length as u64);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The error for bytes that are not an ONNX model, or a damaged one.
pub(super) fn malformed(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidModel,
        format!("The ONNX model is malformed: {what}. Fetch or export the file again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut message = Vec::new();
        for value in [0, 1, 127, 128, i64::MAX, i64::MIN, -1] {
            put_integer(&mut message, 3, value);
        }
        put_bytes(&mut message, 4_000_000, b"text");
        let read: Vec<_> = fields(&message).map(|field| field.expect("well formed")).collect();
        let integers: Vec<_> = read[..7].iter().map(|field| field.integer().expect("an integer")).collect();
        assert_eq!(integers, [0, 1, 127, 128, i64::MAX, i64::MIN, -1]);
        assert_eq!(read[7].number, 4_000_000);
        assert_eq!(read[7].text().expect("text"), "text");
        assert_eq!(read.iter().flat_map(|field| field.raw).copied().collect::<Vec<_>>(), message);
    }

    #[test]
    fn damaged_fields_are_errors_and_end_the_reading() {
        for message in [
            &[0x08][..],                                       // an integer without a value
            &[0x12, 0x05, 1],                                  // five bytes promised, one there
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // a length beyond any memory
            &[0x0b],                                           // a group, which ONNX never uses
            &[0x00, 0x00],                                     // field number 0
            &[0xff; 11],                                       // an endless integer
            &[0x0d, 1, 2],                                     // four bytes promised
        ] {
            let mut read = fields(message);
            assert!(read.next().expect("one result").is_err(), "{message:?}");
            assert!(read.next().is_none());
        }
    }
}
