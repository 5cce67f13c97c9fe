//! Faces drawn on their photos.

use super::font;
use crate::exit::Failure;
use ab_glyph::PxScale;
use facebridge::api::{BoundingBox, Detection, Face, SelectedFace};
use facebridge::engine::image::{ImageLimits, Picture};
use facebridge::{Error, ErrorKind};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use imageproc::drawing::{
    draw_filled_circle_mut, draw_filled_rect_mut, draw_hollow_rect_mut, draw_text_mut, text_size,
};
use imageproc::rect::Rect;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const GOOD: Rgb<u8> = Rgb([0, 200, 90]);
const DOUBTFUL: Rgb<u8> = Rgb([255, 150, 0]);
const POINT: Rgb<u8> = Rgb([255, 230, 0]);
const BLACK: Rgb<u8> = Rgb([0, 0, 0]);
/// Height of the photos in a comparison, in pixels.
const ROW_HEIGHT: u32 = 480;

/// Where the drawing of each image goes: `target` itself for a single .png, otherwise files in that folder.
pub(crate) fn targets(target: &Path, images: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let is_png = target.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    if is_png {
        return match images {
            [_] => Ok(vec![target.to_owned()]),
            _ => Err(Failure::Usage("--draw needs a folder for several photos".to_owned())),
        };
    }
    std::fs::create_dir_all(target).map_err(|error| Failure::output(target.display())(error.to_string()))?;
    let mut taken = BTreeSet::new();
    Ok(images
        .iter()
        .map(|image| {
            let stem = image.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let free = (1u32..)
                .map(
                    |number| if number == 1 { format!("{stem}.png") } else { format!("{stem}-{number}.png") },
                )
                .find(|name| taken.insert(name.clone()))
                .expect("there are more numbers than files");
            target.join(free)
        })
        .collect())
}

/// Draws every face of a photo.
pub(crate) fn faces(
    photo: &Path,
    limits: &ImageLimits,
    detection: &Detection,
    target: &Path,
) -> Result<(), Failure> {
    let mut canvas = read(photo, limits)?;
    mark_faces(&mut canvas, &detection.faces);
    save(&canvas, target)
}

/// Draws faces on their upright picture: numbered boxes with probability and check code, and landmarks.
pub fn mark_faces(canvas: &mut RgbImage, faces: &[Face]) {
    for (index, face) in faces.iter().enumerate() {
        let label = format!("{}  {:.2}  {}", index + 1, face.probability, check(face));
        mark(canvas, face, &label);
    }
}

/// Draws photos beside each other, each with the face that was used.
pub(crate) fn side_by_side(
    photos: &[(&Path, &SelectedFace)],
    limits: &ImageLimits,
    target: &Path,
) -> Result<(), Failure> {
    let mut row: Vec<RgbImage> = Vec::new();
    for (photo, selected) in photos {
        let pixels = read(photo, limits)?;
        let scale = f64::from(ROW_HEIGHT) / f64::from(pixels.height());
        let width = ((f64::from(pixels.width()) * scale).round() as u32).max(1);
        let mut small = imageops::resize(&pixels, width, ROW_HEIGHT, FilterType::Triangle);
        let face = scaled(&selected.face, scale as f32);
        mark(&mut small, &face, &format!("{:.2}  {}", face.probability, check(&face)));
        row.push(small);
    }
    let mut canvas = RgbImage::from_pixel(
        row.iter().map(|photo| photo.width() + 8).sum::<u32>().max(8) - 8,
        ROW_HEIGHT,
        Rgb([255; 3]),
    );
    let mut left = 0;
    for photo in &row {
        imageops::replace(&mut canvas, photo, left, 0);
        left += i64::from(photo.width()) + 8;
    }
    save(&canvas, target)
}

fn check(face: &Face) -> String {
    let code = u32::from(face.quality.check_code);
    if code == 0 { "ok".to_owned() } else { format!("check {code}") }
}

fn scaled(face: &Face, scale: f32) -> Face {
    let mut face = *face;
    let area = &mut face.bounding_box;
    *area = BoundingBox {
        x: area.x * scale,
        y: area.y * scale,
        width: area.width * scale,
        height: area.height * scale,
    };
    let points = &mut face.landmarks;
    for point in [
        &mut points.right_eye,
        &mut points.left_eye,
        &mut points.nose_tip,
        &mut points.right_mouth_corner,
        &mut points.left_mouth_corner,
    ] {
        point.x *= scale;
        point.y *= scale;
    }
    face
}

fn mark(canvas: &mut RgbImage, face: &Face, label: &str) {
    let colour = if u32::from(face.quality.check_code) == 0 { GOOD } else { DOUBTFUL };
    // Lines and letters that can be seen on a small photo and on a large one.
    let thickness = (canvas.width().max(canvas.height()) / 400).max(2);
    let area = &face.bounding_box;
    for inset in 0..thickness.cast_signed() {
        let (width, height) = (area.width as i32 - 2 * inset, area.height as i32 - 2 * inset);
        if width > 0 && height > 0 {
            let rect = Rect::at(area.x as i32 + inset, area.y as i32 + inset)
                .of_size(width.cast_unsigned(), height.cast_unsigned());
            draw_hollow_rect_mut(canvas, rect, colour);
        }
    }
    let points = &face.landmarks;
    for point in [
        points.right_eye,
        points.left_eye,
        points.nose_tip,
        points.right_mouth_corner,
        points.left_mouth_corner,
    ] {
        draw_filled_circle_mut(canvas, (point.x as i32, point.y as i32), thickness.cast_signed() + 1, POINT);
    }
    let font = font::for_drawings();
    let scale = PxScale::from((thickness * 9) as f32);
    let (width, height) = text_size(scale, &font, label);
    let (left, top) = (area.x as i32, (area.y as i32 - height.cast_signed() - 6).max(0));
    draw_filled_rect_mut(canvas, Rect::at(left, top).of_size(width + 8, height + 6), colour);
    draw_text_mut(canvas, BLACK, left + 4, top, scale, &font, label);
}

/// The upright photo, decoded as the engine decodes it.
fn read(photo: &Path, limits: &ImageLimits) -> Result<RgbImage, Failure> {
    let bytes = std::fs::read(photo).map_err(|error| {
        Error::new(ErrorKind::Io, format!("{} cannot be read: {error}.", photo.display()))
    })?;
    Ok(Picture::open(&bytes, limits)?.decode(1)?.pixels)
}

fn save(canvas: &RgbImage, target: &Path) -> Result<(), Failure> {
    canvas.save(target).map_err(|error| Failure::output(target.display())(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_one_name_get_drawings_of_their_own() {
        let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        let images = [PathBuf::from("a/x.jpg"), PathBuf::from("b/x.png"), PathBuf::from("y.jpg")];
        let names: Vec<_> = targets(&folder, &images)
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["x.png", "x-2.png", "y.png"]);
        assert!(targets(Path::new("one.png"), &images).is_err());
    }
}
