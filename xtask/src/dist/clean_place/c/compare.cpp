// Compares the first photo with each of the others, through nothing but the installed library.
#include <cstdio>
#include <facebridge/facebridge.hpp>

int main(int count, char **photos) {
    try {
        const facebridge::Client client = facebridge::Client::local();
        for (int other = 2; other < count; other++) {
            const auto a = facebridge::Image::file(photos[1]);
            const auto b = facebridge::Image::file(photos[other]);
            const facebridge::Comparison found = client.compare(a, b);
            std::printf("%s %.6f\n", facebridge::to_string(found.decision), found.score.value());
        }
    } catch (const std::exception &problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 1;
    }
}
