//! The form of arguments and answers: little-endian, lengths first, one byte before what may be absent.

use facebridge::api::Sensitive;
use facebridge::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Writes itself into a document.
pub(crate) trait Write {
    /// # Errors
    /// `Internal` for what this release does not know how to write.
    fn write(&self, out: &mut Output) -> Result<()>;
}

/// Reads itself from a document.
pub(crate) trait Read: Sized {
    /// # Errors
    /// `InvalidArgument` where the document is malformed.
    fn read(input: &mut Input<'_>) -> Result<Self>;
}

/// A document being written.
#[derive(Default)]
pub(crate) struct Output(Vec<u8>);

impl Output {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A length; what does not fit into Java's arrays cannot be answered.
    fn length(&mut self, length: usize) -> Result<()> {
        let length = i32::try_from(length).map_err(|_| {
            Error::new(ErrorKind::Internal, "The answer is larger than Java can take. Please report it.")
        })?;
        self.put(&length.to_le_bytes());
        Ok(())
    }

    fn counted(&mut self, bytes: &[u8]) -> Result<()> {
        self.length(bytes.len())?;
        self.put(bytes);
        Ok(())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A document being read. Nothing in it is trusted.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(document: &'a [u8]) -> Self {
        Self(document)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn counted(&mut self) -> Result<&'a [u8]> {
        let length = u32::read(self)?;
        self.take(length as usize)
    }

    /// Everything must have been read.
    pub(crate) fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

/// What a document says wrongly.
pub(crate) fn malformed() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "The arguments are malformed. Only the classes of facebridge write them.",
    )
}

/// A variant that is newer than this wrapper.
pub(crate) fn unknown(name: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("This release of the Java package does not know a {name}. Please report it."),
    )
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Write for $number {
            fn write(&self, out: &mut Output) -> Result<()> {
                out.put(&self.to_le_bytes());
                Ok(())
            }
        }

        impl Read for $number {
            fn read(input: &mut Input<'_>) -> Result<Self> {
                Ok(Self::from_le_bytes(input.array()?))
            }
        }
    )*};
}

number!(u8, i32, u32, u64, f32, f64);

impl Write for bool {
    fn write(&self, out: &mut Output) -> Result<()> {
        u8::from(*self).write(out)
    }
}

impl Read for bool {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        match u8::read(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(malformed()),
        }
    }
}

impl Write for () {
    fn write(&self, _out: &mut Output) -> Result<()> {
        Ok(())
    }
}

impl Write for str {
    fn write(&self, out: &mut Output) -> Result<()> {
        out.counted(self.as_bytes())
    }
}

impl Write for String {
    fn write(&self, out: &mut Output) -> Result<()> {
        self.as_str().write(out)
    }
}

impl Read for String {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        std::str::from_utf8(input.counted()?).map(str::to_owned).map_err(|_| malformed())
    }
}

impl Write for Sensitive {
    fn write(&self, out: &mut Output) -> Result<()> {
        self.expose().write(out)
    }
}

impl Read for Sensitive {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        String::read(input).map(Self::from)
    }
}

impl Write for Path {
    fn write(&self, out: &mut Output) -> Result<()> {
        out.counted(self.as_os_str().as_encoded_bytes())
    }
}

impl Write for PathBuf {
    fn write(&self, out: &mut Output) -> Result<()> {
        self.as_path().write(out)
    }
}

impl Read for PathBuf {
    #[cfg(unix)]
    fn read(input: &mut Input<'_>) -> Result<Self> {
        use std::os::unix::ffi::OsStrExt;
        // The system's own bytes: a file's name need not be text.
        Ok(Self::from(std::ffi::OsStr::from_bytes(input.counted()?)))
    }

    #[cfg(not(unix))]
    fn read(input: &mut Input<'_>) -> Result<Self> {
        String::read(input).map(Self::from)
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut Output) -> Result<()> {
        self.is_some().write(out)?;
        self.as_ref().map_or(Ok(()), |value| value.write(out))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        if bool::read(input)? { T::read(input).map(Some) } else { Ok(None) }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut Output) -> Result<()> {
        out.length(self.len())?;
        self.iter().try_for_each(|item| item.write(out))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        // Grown as items come: a length that lies asks for no memory.
        let length = u32::read(input)?;
        (0..length).map(|_| T::read(input)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &impl Write) -> Vec<u8> {
        let mut out = Output::default();
        value.write(&mut out).unwrap();
        out.into_bytes()
    }

    #[track_caller]
    fn survives<T: Write + Read + PartialEq + std::fmt::Debug>(value: T) {
        let document = written(&value);
        let mut input = Input::new(&document);
        assert_eq!(T::read(&mut input).unwrap(), value);
        input.end().unwrap();
        for cut in 0..document.len() {
            let error = T::read(&mut Input::new(&document[..cut])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_what_is_cut_is_refused() {
        survives(true);
        survives(u32::MAX);
        survives(-7_i32);
        survives(u64::MAX);
        survives(1.5_f32);
        survives(f64::MIN_POSITIVE);
        survives("\u{7167}\u{7247} \u{1f642}".to_owned());
        survives(Some(Sensitive::from("Ada")));
        survives(PathBuf::from("/a/\u{7167}.jpg"));
        survives(Some(vec![1_u8, 2]));
        survives(Option::<f64>::None);
        survives(vec!["a".to_owned(), String::new()]);
    }

    #[test]
    fn forged_documents_are_refused() {
        let huge = u32::MAX.to_le_bytes();
        assert!(Vec::<u64>::read(&mut Input::new(&huge)).is_err());
        assert!(Vec::<u8>::read(&mut Input::new(&huge)).is_err());
        assert!(String::read(&mut Input::new(&huge)).is_err());
        assert!(String::read(&mut Input::new(&[1, 0, 0, 0, 0xff])).is_err());
        assert!(bool::read(&mut Input::new(&[2])).is_err());
        assert!(Input::new(&[0]).end().is_err());
    }
}
