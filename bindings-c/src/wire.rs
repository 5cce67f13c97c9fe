//! What C hands over where Rust would demand more: any number for an enum, any byte for a truth value.
//!
//! The aliases bear the names that the header shows, so that a field reads `wire::bool` here and `bool` there.

pub(crate) use crate::generated::wire::*;

/// A truth value; every byte but 0 counts as true.
pub(crate) type bool = u8;
/// One of `fb_image_kind`.
pub(crate) type fb_image_kind = i32;
