//! JPEG files: by libjpeg-turbo, and put together from segments (ITU-T T.81) for what it does not write.

use super::pixels;
use image::RgbImage;
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

/// How a JPEG is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// 1 to 100.
    pub quality: i32,
    /// Whether colour is kept at full resolution (4:4:4) instead of half of it (4:2:0).
    pub full_colour: bool,
    /// Whether the picture comes in several scans, coarse first.
    pub progressive: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { quality: 95, full_colour: true, progressive: false }
    }
}

/// A colour JPEG.
pub fn rgb(picture: &RgbImage, options: Options) -> Vec<u8> {
    let subsampling = if options.full_colour { Subsamp::None } else { Subsamp::Sub2x2 };
    compress(picture.as_raw(), picture.dimensions(), PixelFormat::RGB, None, subsampling, options)
}

/// A JPEG of one component.
pub fn grey(picture: &RgbImage, options: Options) -> Vec<u8> {
    grey_samples(&pixels::grey(picture), picture.dimensions(), options)
}

/// A JPEG of one component from its samples.
pub fn grey_samples(samples: &[u8], dimensions: (u32, u32), options: Options) -> Vec<u8> {
    compress(samples, dimensions, PixelFormat::GRAY, Some(Colorspace::Gray), Subsamp::Gray, options)
}

fn compress(
    samples: &[u8],
    (width, height): (u32, u32),
    format: PixelFormat,
    colours: Option<Colorspace>,
    subsampling: Subsamp,
    options: Options,
) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let run = || -> turbojpeg::Result<Vec<u8>> {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(options.quality)?;
        compressor.set_subsamp(subsampling)?;
        compressor.set_progressive(options.progressive)?;
        if let Some(colours) = colours {
            compressor.set_colorspace(colours)?;
        }
        compressor.compress_to_vec(Image {
            pixels: samples,
            width,
            pitch: width * format.size(),
            height,
            format,
        })
    };
    run().expect("libjpeg-turbo writes every picture of ours")
}

/// What the Adobe segment says about the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AdobeTransform {
    /// CMYK or RGB as they are.
    None = 0,
    /// YCbCr.
    YCbCr = 1,
    /// YCCK.
    Ycck = 2,
}

/// One segment: marker, length, data.
pub fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut segment = vec![0xFF, marker];
    segment.extend((data.len() as u16 + 2).to_be_bytes());
    segment.extend(data);
    segment
}

/// Adobe's segment.
pub fn adobe_segment(transform: AdobeTransform) -> Vec<u8> {
    segment(0xEE, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform as u8]].concat())
}

/// An EXIF segment around a TIFF block.
pub fn exif_segment(tiff: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"Exif\0\0", tiff].concat())
}

/// The file with a segment right after its start.
pub fn with_segment(file: &[u8], segment: &[u8]) -> Vec<u8> {
    [&file[..2], segment, &file[2..]].concat()
}

/// A frame header: 8-bit samples; each component is its number and its two sampling factors.
pub fn frame(marker: u8, (width, height): (u16, u16), components: &[(u8, u8, u8)]) -> Vec<u8> {
    let mut data = vec![8];
    data.extend(height.to_be_bytes());
    data.extend(width.to_be_bytes());
    data.push(components.len() as u8);
    for &(number, across, down) in components {
        data.extend([number, across << 4 | down, 0]);
    }
    segment(marker, &data)
}

/// A scan header for these components, all with Huffman tables 0.
pub fn scan(components: &[u8], first: u8, last: u8, bits: u8) -> Vec<u8> {
    let mut data = vec![components.len() as u8];
    for &component in components {
        data.extend([component, 0]);
    }
    data.extend([first, last, bits]);
    segment(0xDA, &data)
}

/// A baseline JPEG whose components come one scan after the other, each made from its own plane.
///
/// libjpeg-turbo writes CMYK only with its own conversion; joining the scans of grey pictures gives every
/// combination of components and Adobe segment.
pub fn planes(
    planes: &[Vec<u8>],
    dimensions: (u32, u32),
    adobe: Option<AdobeTransform>,
    options: Options,
) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    file.extend(adobe.map(adobe_segment).unwrap_or_default());
    let numbers: Vec<u8> = (1..=planes.len() as u8).collect();
    let components: Vec<(u8, u8, u8)> = numbers.iter().map(|&number| (number, 1, 1)).collect();
    for (plane, &number) in planes.iter().zip(&numbers) {
        let grey = grey_samples(plane, dimensions, options);
        let (tables, data) = tables_and_data(&grey);
        if number == 1 {
            file.extend(tables);
            file.extend(frame(0xC0, (dimensions.0 as u16, dimensions.1 as u16), &components));
        }
        file.extend(scan(&[number], 0, 63, 0));
        file.extend(data);
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// Quantisation and Huffman tables of a file of one scan, and the scan's data without its header.
fn tables_and_data(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut tables = Vec::new();
    let mut at = 2;
    loop {
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]])) + 2;
        match file[at + 1] {
            0xDB | 0xC4 => tables.extend(&file[at..at + length]),
            0xDA => return (tables, file[at + length..file.len() - 2].to_vec()),
            _ => {}
        }
        at += length;
    }
}

/// Planes of cyan, magenta, yellow and black, 255 being full ink.
pub fn inks(picture: &RgbImage) -> Vec<Vec<u8>> {
    let mut planes = vec![Vec::new(); 4];
    for pixel in picture.pixels() {
        let light = pixel.0.into_iter().max().unwrap_or(0);
        for (plane, &channel) in planes.iter_mut().zip(&pixel.0) {
            let share = if light == 0 { 255 } else { u32::from(channel) * 255 / u32::from(light) };
            plane.push(255 - share as u8);
        }
        planes[3].push(255 - light);
    }
    planes
}
