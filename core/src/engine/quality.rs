//! Whether a face is sharp and well lit, measured on its aligned crop.

use image::RgbImage;

/// What is measured on one aligned face.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Measures {
    /// Variance of the Laplacian of the grey crop: low where nothing is sharp
    /// (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000).
    pub(crate) sharpness: f32,
    /// Mean grey value, 0 to 255.
    pub(crate) brightness: f32,
    /// Share of pixels with a channel at its very top, 0 to 1.
    pub(crate) burnt: f32,
}

pub(crate) fn measure(aligned: &RgbImage) -> Measures {
    let (width, height) = (aligned.width() as usize, aligned.height() as usize);
    let mut grey = Vec::with_capacity(width * height);
    let mut burnt = 0usize;
    for pixel in aligned.as_raw().chunks_exact(3) {
        // ITU-R BT.601 luma.
        grey.push(0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2]));
        burnt += usize::from(pixel.iter().any(|&channel| channel >= 254));
    }
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for row in 1..height - 1 {
        for column in 1..width - 1 {
            let at = row * width + column;
            let laplacian =
                f64::from(grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width] - 4.0 * grey[at]);
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    let inner = ((width - 2) * (height - 2)) as f64;
    let mean = sum / inner;
    Measures {
        sharpness: (squares / inner - mean * mean) as f32,
        brightness: (grey.iter().map(|&value| f64::from(value)).sum::<f64>() / grey.len() as f64) as f32,
        burnt: burnt as f32 / grey.len() as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn a_flat_crop_is_neither_sharp_nor_burnt() {
        let measures = measure(&RgbImage::from_pixel(112, 112, Rgb([100; 3])));
        assert!(measures.sharpness < 1e-3 && measures.burnt == 0.0);
        assert!((measures.brightness - 100.0).abs() < 0.1);
    }

    #[test]
    fn a_checkerboard_is_sharp() {
        let board = RgbImage::from_fn(112, 112, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
        let measures = measure(&board);
        assert!(measures.sharpness > 100_000.0);
        assert!((measures.burnt - 0.5).abs() < 0.01);
    }
}
