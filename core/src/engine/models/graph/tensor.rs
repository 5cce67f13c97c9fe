//! Constant tensors: read from any of ONNX's storages, written as raw little-endian bytes.

use std::borrow::Cow;

use super::onnx::{last, shown};
use super::wire::{self, Field, Value, malformed};
use crate::{Error, ErrorKind, Result};

/// Element types, numbered as in ONNX.
pub(super) mod kind {
    pub(in super::super) const FLOAT: i64 = 1;
    pub(in super::super) const UINT8: i64 = 2;
    pub(in super::super) const INT8: i64 = 3;
    pub(in super::super) const INT32: i64 = 6;
    pub(in super::super) const BOOL: i64 = 9;
    pub(in super::super) const INT64: i64 = 7;
    pub(in super::super) const UINT4: i64 = 21;
    pub(in super::super) const INT4: i64 = 22;
}

/// A constant tensor, with what describes it read out.
pub(super) struct Tensor<'a> {
    content: Content<'a>,
    /// The tensor's name.
    pub(super) name: String,
    /// The element type, one of [`kind`] where it is understood.
    pub(super) kind: i64,
    /// The sizes; empty for a scalar.
    pub(super) dims: Vec<usize>,
    len: usize,
}

/// What a tensor is made of. Weights are large, so those that are made here are encoded only once, into the file.
enum Content<'a> {
    /// The encoded tensor, as it came.
    Encoded(&'a [u8]),
    /// The values of a tensor of floats that was made here.
    Floats(Cow<'a, [f32]>),
}

impl<'a> Tensor<'a> {
    /// Reads name, type and sizes. `InvalidModel` for sizes that overflow and for data in another file.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self> {
        let (mut name, mut kind, mut sizes, mut external) = ("", 0, Vec::new(), false);
        for field in wire::fields(payload) {
            let field = field?;
            match field.number {
                1 => field.append_integers(&mut sizes)?,
                2 => kind = field.integer()?,
                8 => name = field.text()?,
                13 => external = true,
                14 => external |= field.integer()? == 1,
                _ => {}
            }
        }
        if external {
            return Err(Error::new(
                ErrorKind::InvalidModel,
                format!(
                    "The ONNX model keeps the tensor {} in another file. Save it as one file, for instance in \
                     Python: onnx.save(onnx.load(path), new_path).",
                    shown(name)
                ),
            ));
        }
        let dims = sizes.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<Vec<_>>>();
        let len = dims.as_ref().and_then(|dims| element_count(dims));
        let (Some(dims), Some(len)) = (dims, len) else {
            return Err(malformed(&format!("the tensor {} has impossible sizes", shown(name))));
        };
        Ok(Self { content: Content::Encoded(payload), name: name.to_owned(), kind, dims, len })
    }

    /// A float tensor with `values` in row-major order.
    pub(super) fn new(name: &str, dims: &[usize], values: impl Into<Vec<f32>>) -> Tensor<'static> {
        let values = values.into();
        debug_assert_eq!(element_count(dims), Some(values.len()));
        let (name, dims, len) = (name.to_owned(), dims.to_vec(), values.len());
        Tensor { content: Content::Floats(Cow::Owned(values)), name, kind: kind::FLOAT, dims, len }
    }

    /// The same tensor, borrowed.
    pub(super) fn view(&self) -> Tensor<'_> {
        let content = match &self.content {
            Content::Encoded(payload) => Content::Encoded(payload),
            Content::Floats(values) => Content::Floats(Cow::Borrowed(values)),
        };
        Tensor { content, name: self.name.clone(), kind: self.kind, dims: self.dims.clone(), len: self.len }
    }

    /// The length of what [`Self::encode`] writes.
    pub(super) fn encoded_len(&self) -> usize {
        match &self.content {
            Content::Encoded(payload) => payload.len(),
            Content::Floats(values) => self.float_header().len() + 4 * values.len(),
        }
    }

    /// Appends the encoded tensor.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::Encoded(payload) => out.extend_from_slice(payload),
            Content::Floats(values) => {
                out.extend_from_slice(&self.float_header());
                let start = out.len();
                out.resize(start + 4 * values.len(), 0);
                for (bytes, value) in out[start..].as_chunks_mut().0.iter_mut().zip(values.iter()) {
                    *bytes = value.to_le_bytes();
                }
            }
        }
    }

    /// Everything that stands before the values of a float tensor.
    fn float_header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(self.name.len() + 10 * self.dims.len() + 24);
        for &size in &self.dims {
            wire::put_integer(&mut header, 1, size as i64);
        }
        wire::put_integer(&mut header, 2, kind::FLOAT);
        wire::put_bytes(&mut header, 8, self.name.as_bytes());
        wire::put_header(&mut header, 9, 4 * self.len);
        header
    }

    /// Whether the elements are 32-bit floats.
    pub(super) fn is_float(&self) -> bool {
        self.kind == kind::FLOAT
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The elements of a float tensor, `None` for any other type; `InvalidModel` where their number is wrong.
    pub(super) fn floats(&self) -> Result<Option<Cow<'_, [f32]>>> {
        let payload = match &self.content {
            Content::Floats(values) => return Ok(Some(Cow::Borrowed(values))),
            Content::Encoded(payload) => payload,
        };
        if self.kind != kind::FLOAT {
            return Ok(None);
        }
        let mut values = Vec::new();
        for field in wire::fields(payload) {
            let field = field?;
            match (field.number, field.value) {
                (4 | 9, Value::Bytes(bytes)) => {
                    let (chunks, rest) = bytes.as_chunks::<4>();
                    if !rest.is_empty() {
                        return Err(self.wrong_length());
                    }
                    values.extend(chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)));
                }
                (4, Value::Fixed32(bytes)) => values.push(f32::from_le_bytes(bytes)),
                _ => {}
            }
        }
        self.checked(values).map(|values| Some(Cow::Owned(values)))
    }

    /// As [`Self::floats`], without a copy of values that were made here.
    pub(super) fn into_floats(self) -> Result<Option<Vec<f32>>> {
        match self.content {
            Content::Floats(values) => Ok(Some(values.into_owned())),
            Content::Encoded(_) => Ok(self.floats()?.map(Cow::into_owned)),
        }
    }

    /// The encoded tensor; empty for one made here, which holds nothing but floats.
    fn payload(&self) -> &[u8] {
        match self.content {
            Content::Encoded(payload) => payload,
            Content::Floats(_) => &[],
        }
    }

    /// The elements of an integer tensor of at most 32 bits, `None` for any other type; `InvalidModel` where
    /// their number is wrong or one is out of range.
    pub(super) fn integers(&self) -> Result<Option<Vec<i32>>> {
        let range = match self.kind {
            kind::UINT8 | kind::BOOL => 0..=255,
            kind::INT8 => -128..=127,
            kind::INT32 => i32::MIN..=i32::MAX,
            kind::UINT4 | kind::INT4 => return self.nibbles().map(Some),
            _ => return Ok(None),
        };
        let mut values = Vec::new();
        for field in wire::fields(self.payload()) {
            let field = field?;
            match (field.number, self.kind) {
                (9, kind::INT8) => {
                    values.extend(field.bytes()?.iter().map(|&byte| i32::from(byte.cast_signed())))
                }
                (9, kind::INT32) => {
                    values
                        .extend(field.bytes()?.as_chunks().0.iter().map(|&chunk| i32::from_le_bytes(chunk)));
                }
                (9, _) => values.extend(field.bytes()?.iter().map(|&byte| i32::from(byte))),
                (5, _) => {
                    for value in self.listed(field)? {
                        let value = i32::try_from(value).ok().filter(|value| range.contains(value));
                        values.push(value.ok_or_else(|| self.wrong_length())?);
                    }
                }
                _ => {}
            }
        }
        self.checked(values).map(Some)
    }

    /// The elements of an 8-bit integer tensor stored as raw bytes, where they lie; `None` for any other type or
    /// storage, or where their number is wrong.
    pub(super) fn raw_bytes(&self) -> Result<Option<&[u8]>> {
        if self.kind != kind::UINT8 && self.kind != kind::INT8 {
            return Ok(None);
        }
        let raw = last(self.payload(), 9)?.map(|field| field.bytes()).transpose()?;
        Ok(raw.filter(|raw| raw.len() == self.len))
    }

    /// The elements of a 64-bit integer tensor, `None` for any other type; `InvalidModel` where their number is
    /// wrong.
    pub(super) fn long_integers(&self) -> Result<Option<Vec<i64>>> {
        if self.kind != kind::INT64 {
            return Ok(None);
        }
        let mut values = Vec::new();
        for field in wire::fields(self.payload()) {
            let field = field?;
            match field.number {
                9 => {
                    values.extend(field.bytes()?.as_chunks().0.iter().map(|&chunk| i64::from_le_bytes(chunk)))
                }
                7 => values.extend(self.listed(field)?),
                _ => {}
            }
        }
        self.checked(values).map(Some)
    }

    /// Two 4-bit integers a byte, the first in the low half.
    fn nibbles(&self) -> Result<Vec<i32>> {
        let mut bytes = Vec::new();
        for field in wire::fields(self.payload()) {
            let field = field?;
            match field.number {
                9 => bytes.extend_from_slice(field.bytes()?),
                5 => bytes.extend(self.listed(field)?.iter().map(|&value| (value & 0xff) as u8)),
                _ => {}
            }
        }
        if bytes.len() != self.len.div_ceil(2) {
            return Err(self.wrong_length());
        }
        let signed = self.kind == kind::INT4;
        let halves = bytes.iter().flat_map(|&byte| [byte & 0xf, byte >> 4]);
        let values = halves.map(|half| i32::from(half) - if signed && half > 7 { 16 } else { 0 });
        Ok(values.take(self.len).collect())
    }

    fn listed(&self, field: Field<'_>) -> Result<Vec<i64>> {
        let mut values = Vec::new();
        field.append_integers(&mut values)?;
        Ok(values)
    }

    fn checked<T>(&self, values: Vec<T>) -> Result<Vec<T>> {
        if values.len() == self.len { Ok(values) } else { Err(self.wrong_length()) }
    }

    fn wrong_length(&self) -> Error {
        malformed(&format!("the tensor {} does not hold what its sizes and type say", shown(&self.name)))
    }
}

/// The number of elements, `None` where it, or the product of some of the sizes, does not fit in memory.
pub(super) fn element_count(dims: &[usize]) -> Option<usize> {
    let bound = dims.iter().try_fold(1_usize, |count, &size| count.checked_mul(size.max(1)))?;
    (bound <= isize::MAX as usize / 8).then(|| dims.iter().product())
}
