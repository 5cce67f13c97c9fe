//! JPEG decoding, by libjpeg-turbo or in pure Rust.

#[cfg(all(feature = "jpeg-portable", not(feature = "jpeg-turbo")))]
mod portable;
#[cfg(feature = "jpeg-turbo")]
mod turbo;

#[cfg(all(feature = "jpeg-portable", not(feature = "jpeg-turbo")))]
pub(super) use portable::{LARGEST_REDUCTION, decode};
#[cfg(feature = "jpeg-turbo")]
pub(super) use turbo::{LARGEST_REDUCTION, decode};

#[cfg(not(any(feature = "jpeg-turbo", feature = "jpeg-portable")))]
compile_error!("the `local` feature needs a JPEG decoder: enable `jpeg-turbo` or `jpeg-portable`");

use super::header::Inks;

/// Four-colour samples to RGB by the plain formula, without a colour profile.
fn inks_to_rgb(samples: &[u8], inks: Inks) -> Vec<u8> {
    let light = |sample: u8| match inks {
        Inks::Plain => u16::from(255 - sample),
        Inks::Inverted => u16::from(sample),
    };
    let mut rgb = Vec::with_capacity(samples.len() / 4 * 3);
    for pixel in samples.chunks_exact(4) {
        let black = light(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|&sample| (light(sample) * black / 255) as u8));
    }
    rgb
}
