//! Images as Java hands them over.

use crate::runtime::jni_failed;
use crate::wire::{Input, Read, malformed};
use facebridge::api::{ImageInput, PixelFormat, PixelView};
use facebridge::{Error, ErrorKind, Result};
use jni::Env;
use jni::objects::{JByteArray, JByteBuffer};
use std::borrow::Cow;
use std::path::PathBuf;

/// An image for the length of one call.
pub(crate) enum Image<'call> {
    Path(PathBuf),
    Encoded(Vec<u8>),
    Pixels { data: Cow<'call, [u8]>, width: u32, height: u32, stride: u32, format: PixelFormat },
}

impl<'call> Image<'call> {
    /// Reads the description of an image; its bytes lie in `array` or in the direct buffer.
    pub(crate) fn read(
        input: &mut Input<'_>,
        env: &Env<'_>,
        array: &JByteArray<'_>,
        buffer: &'call JByteBuffer<'_>,
    ) -> Result<Self> {
        match u8::read(input)? {
            0 => Ok(Self::Path(PathBuf::read(input)?)),
            // Encoded bytes are checked and then decoded: they are copied, so that what was checked is what is
            // decoded even where another thread writes to the buffer meanwhile.
            1 => Ok(Self::Encoded(data(input, env, array, buffer)?.into_owned())),
            2 => Ok(Self::Pixels {
                data: data(input, env, array, buffer)?,
                width: Read::read(input)?,
                height: Read::read(input)?,
                stride: Read::read(input)?,
                format: Read::read(input)?,
            }),
            _ => Err(malformed()),
        }
    }

    /// As the operations take it.
    pub(crate) fn input(&self) -> ImageInput<'_> {
        match self {
            Self::Path(path) => path.as_path().into(),
            Self::Encoded(bytes) => bytes.into(),
            Self::Pixels { data, width, height, stride, format } => {
                PixelView { data, width: *width, height: *height, stride: *stride as usize, format: *format }
                    .into()
            }
        }
    }
}

/// The bytes of which the document gives the offset and the length.
fn data<'call>(
    input: &mut Input<'_>,
    env: &Env<'_>,
    array: &JByteArray<'_>,
    buffer: &'call JByteBuffer<'_>,
) -> Result<Cow<'call, [u8]>> {
    let offset = u32::read(input)? as usize;
    let length = u32::read(input)? as usize;
    let within = |capacity: usize| {
        let end = offset.checked_add(length).filter(|end| *end <= capacity);
        end.ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, "The image reaches beyond the end of its array or buffer.")
        })
    };
    if !array.is_null() {
        within(array.len(env).map_err(|error| jni_failed(&error))?)?;
        let start = i32::try_from(offset).map_err(|_| malformed())?;
        let mut copy = vec![0_u8; length];
        // SAFETY: Java's bytes are signed, and both kinds have one layout.
        let signed = unsafe { std::slice::from_raw_parts_mut(copy.as_mut_ptr().cast::<i8>(), length) };
        array.get_region(env, start, signed).map_err(|error| jni_failed(&error))?;
        return Ok(Cow::Owned(copy));
    }
    if buffer.is_null() {
        return Err(malformed());
    }
    let not_direct = |_| Error::new(ErrorKind::InvalidArgument, "The image's buffer is not a direct one.");
    let end = within(env.get_direct_buffer_capacity(buffer).map_err(not_direct)?)?;
    if end == offset {
        return Ok(Cow::Borrowed(&[]));
    }
    let address = env.get_direct_buffer_address(buffer).map_err(not_direct)?;
    // SAFETY: the buffer has at least `end` bytes from its address on, and Java keeps it until this call returns,
    // because it is one of the call's arguments. Java has just looked that its memory is there; its users are
    // told to let it be until the call ends, and not to write to it. Whoever writes gets a wrong picture, as only
    // pixels are read in place and any bytes are valid pixels.
    let bytes = unsafe { std::slice::from_raw_parts(address, end) };
    Ok(Cow::Borrowed(&bytes[offset..]))
}
