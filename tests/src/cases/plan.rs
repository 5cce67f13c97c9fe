//! The cases as a file that a driver in any language reads without a library: one case on a line, fields
//! separated by tabs, every picture a file.

use super::table::{Case, PictureSource};
use crate::assets::{asset, photo, photo_path, photo_pixels};
use crate::pictures::pixels::{grey, side_by_side};
use image::{Rgb, RgbImage, imageops};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes the plan for `cases` and its pictures into `folder`; returns the plan's path. A case's number is its
/// position.
///
/// # Panics
/// Where a case is incomplete or a file cannot be written.
pub fn write(cases: &[Case], folder: &Path) -> PathBuf {
    let mut plan = String::new();
    for (number, case) in cases.iter().enumerate() {
        let mut maker = Maker { folder, number, count: 0 };
        let _ = write!(plan, "{number}\t{}", case.operation);
        for (key, picture) in [("image", &case.image), ("a", &case.a), ("b", &case.b)] {
            if let Some(source) = picture {
                let _ = write!(plan, "\t{key}={}", maker.picture(source));
            }
        }
        if let Some(max_faces) = case.max_faces {
            let _ = write!(plan, "\tmax_faces={max_faces}");
        }
        if let Some(max_fmr) = &case.max_fmr {
            let text = match max_fmr {
                Value::String(name) => name.clone(),
                number => format!("{:e}", number.as_f64().expect("max_fmr is a number or NaN")),
            };
            let _ = write!(plan, "\tmax_fmr={text}");
        }
        if let Some(paths) = &case.paths {
            let paths: Vec<String> = paths.iter().map(|source| maker.path(source)).collect();
            let _ = write!(plan, "\tpaths={}", paths.join("|"));
        }
        if let Some(people) = &case.people {
            let root = folder.join(format!("{number}-people"));
            for (name, photos) in people {
                std::fs::create_dir_all(root.join(name)).expect("the folder can be made");
                for (index, photo) in photos.iter().enumerate() {
                    let file = root.join(name).join(format!("{name}_{:04}.jpg", index + 1));
                    std::fs::copy(photo_path(photo), file).expect("the photo can be copied");
                }
            }
            let _ = write!(plan, "\tfolder={}", root.display());
        }
        if let Some(config) = &case.config {
            let _ = write!(plan, "\tconfig={}", maker.file("toml", config.as_bytes()));
        }
        if let Some(model) = &case.model {
            let _ = write!(plan, "\tmodel={}", asset(model).display());
        }
        if let Some(store) = &case.store {
            for (key, value) in with_defaults(case, store) {
                let file = matches!(key, "store" | "to" | "from" | "audit_log");
                let _ = if file {
                    write!(plan, "\t{key}={}", folder.join(value).display())
                } else {
                    write!(plan, "\t{key}={value}")
                };
            }
        }
        plan.push('\n');
    }
    let path = folder.join("plan.tsv");
    std::fs::write(&path, plan).expect("the plan can be written");
    path
}

/// The fields of a step; its own stand before those that every step has. A store named `none` is left out.
fn with_defaults<'a>(case: &'a Case, store: &'a str) -> BTreeMap<&'a str, &'a str> {
    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let mut fields = BTreeMap::from([("store", store), ("key", KEY), ("gallery", "people")]);
    fields.extend(case.with.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    fields.retain(|key, value| *key != "store" || *value != "none");
    fields
}

struct Maker<'a> {
    folder: &'a Path,
    number: usize,
    count: usize,
}

impl Maker<'_> {
    fn file(&mut self, ending: &str, bytes: &[u8]) -> String {
        self.count += 1;
        let path = self.folder.join(format!("{}-{}.{ending}", self.number, self.count));
        std::fs::write(&path, bytes).expect("the file can be written");
        path.display().to_string()
    }

    fn pixels(&mut self, pixels: &RgbImage) -> String {
        let (width, height) = pixels.dimensions();
        format!("rgb:{width}x{height}:{}:{}", width * 3, self.file("raw", pixels.as_raw()))
    }

    fn picture(&mut self, source: &PictureSource) -> String {
        match source {
            PictureSource::Photo { photo: name, first_bytes } => {
                let mut bytes = photo(name);
                if let Some(length) = *first_bytes {
                    assert!(length < bytes.len(), "{name} has only {} bytes", bytes.len());
                    bytes.truncate(length);
                }
                format!("encoded:{}", self.file("photo", &bytes))
            }
            PictureSource::Text { text } => format!("encoded:{}", self.file("photo", text.as_bytes())),
            PictureSource::Path { .. } | PictureSource::Missing { .. } => {
                format!("path:{}", self.path(source))
            }
            PictureSource::Plain { plain, size: [width, height] } => {
                self.pixels(&RgbImage::from_pixel(*width, *height, Rgb(*plain)))
            }
            PictureSource::SideBySide { side_by_side: [left, right], height } => {
                self.pixels(&side_by_side(&photo_pixels(left), &photo_pixels(right), *height))
            }
            PictureSource::Altered { altered, gain, offset, blur, width } => {
                let mut pixels = photo_pixels(altered);
                if let Some(width) = *width {
                    let height = pixels.height() * width / pixels.width();
                    pixels = imageops::resize(&pixels, width, height, imageops::FilterType::Triangle);
                }
                if let Some(blur) = *blur {
                    pixels = imageops::blur(&pixels, blur);
                }
                let (gain, offset) = (gain.unwrap_or(1.0), offset.unwrap_or(0.0));
                for value in pixels.iter_mut() {
                    *value = (f32::from(*value) * gain + offset).clamp(0.0, 255.0) as u8;
                }
                self.pixels(&pixels)
            }
            PictureSource::Pixels { pixels_of, format, row_padding } => {
                let pixels = photo_pixels(pixels_of);
                let (width, height) = pixels.dimensions();
                let (channels, data) = match format.as_str() {
                    "rgb" => (3, pixels.into_raw()),
                    "bgr" => (3, pixels.pixels().flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()),
                    "grey" => (1, grey(&pixels)),
                    other => panic!("there is no pixel format {other}"),
                };
                let row = width as usize * channels;
                let padded: Vec<u8> = data
                    .chunks(row)
                    .flat_map(|row| {
                        row.iter().copied().chain(std::iter::repeat_n(0xAA, *row_padding as usize))
                    })
                    .collect();
                let stride = row + *row_padding as usize;
                format!("{format}:{width}x{height}:{stride}:{}", self.file("raw", &padded))
            }
        }
    }

    fn path(&mut self, source: &PictureSource) -> String {
        match source {
            PictureSource::Path { path_of } => photo_path(path_of).display().to_string(),
            PictureSource::Missing { missing_path } => self.folder.join(missing_path).display().to_string(),
            PictureSource::Text { text } => self.file("photo", text.as_bytes()),
            _ => panic!("a path is a photo, a text or a file that does not exist"),
        }
    }
}
