// A bank's kiosk: compares the person before the camera with the photo on a document, frame by frame.
//
//     kiosk DOCUMENT WIDTH HEIGHT [FRAMES]
//
// FRAMES is a file of raw frames, three bytes a pixel: blue, green, red. Without it they are read from the standard
// input, for example from a camera:
//
//     ffmpeg -loglevel error -i /dev/video0 -s 640x480 -f rawvideo -pix_fmt bgr24 - | kiosk passport.jpg 640 480
#include <facebridge/facebridge.hpp>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

/// Matching frames in a row after which the person is accepted: one lucky frame is not enough.
constexpr int enough_matches = 3;

/// Raw frames, one after the other, as a camera's driver hands them over.
class FrameSource {
public:
    FrameSource(std::istream &stream, std::uint32_t width, std::uint32_t height)
        : stream_(stream), width_(width), height_(height), pixels_(stride() * height) {}

    /// Reads the next frame; false after the last one.
    bool next() {
        stream_.read(reinterpret_cast<char *>(pixels_.data()), static_cast<std::streamsize>(pixels_.size()));
        return static_cast<std::size_t>(stream_.gcount()) == pixels_.size();
    }

    /// The frame that was read last. Its pixels are borrowed, not copied.
    facebridge::Image image() const {
        return facebridge::Image::pixels(pixels_.data(), pixels_.size(), width_, height_, stride(),
                                         facebridge::PixelFormat::Bgr);
    }

private:
    std::size_t stride() const { return std::size_t{3} * width_; }

    std::istream &stream_;
    std::uint32_t width_;
    std::uint32_t height_;
    std::vector<std::uint8_t> pixels_;
};

/// What the teller should tell the customer.
const char *advice(facebridge::CheckCode code) {
    switch (code) {
        case facebridge::CheckCode::Ok: return "good";
        case facebridge::CheckCode::NoFace: return "nobody there: please step before the camera";
        case facebridge::CheckCode::Blurred: return "blurred: please hold still";
        case facebridge::CheckCode::TooBright: return "too bright: please turn away from the light";
        case facebridge::CheckCode::TooDark: return "too dark: please turn towards the light";
        case facebridge::CheckCode::WrongDirection: return "please look into the camera";
        case facebridge::CheckCode::Other: return "please come nearer";
    }
    return "please try again";
}

bool run(const std::string &document_path, FrameSource &frames) {
    const auto client = facebridge::Client::local();
    const auto document = client.embed(facebridge::Image::file(document_path));
    int matches = 0;
    for (int number = 1; matches < enough_matches && frames.next(); ++number) {
        std::cout << "frame " << number << ": ";
        const auto image = frames.image();
        const auto detection = client.detect(image);
        if (detection.check_code != facebridge::CheckCode::Ok) {
            std::cout << advice(detection.check_code) << '\n';
            matches = 0;
            continue;
        }
        const auto comparison = client.compare_embeddings(document, client.embed(image));
        std::cout << facebridge::to_string(comparison.decision);
        if (comparison.score) std::cout << ", score " << *comparison.score;
        std::cout << '\n';
        matches = comparison.decision == facebridge::Decision::Match ? matches + 1 : 0;
    }
    return matches == enough_matches;
}

} // namespace

int main(int argc, char **argv) {
    const long width = argc > 3 ? std::atol(argv[2]) : 0;
    const long height = argc > 3 ? std::atol(argv[3]) : 0;
    if (argc < 4 || argc > 5 || width < 1 || width > 8192 || height < 1 || height > 8192) {
        std::cerr << "kiosk DOCUMENT WIDTH HEIGHT [FRAMES]\n";
        return 2;
    }
    std::ifstream file;
    if (argc == 5) file.open(argv[4], std::ios::binary);
    if (argc == 5 && !file) {
        std::cerr << "the frames cannot be read\n";
        return 2;
    }
    FrameSource frames(argc == 5 ? file : std::cin, static_cast<std::uint32_t>(width),
                       static_cast<std::uint32_t>(height));
    try {
        const bool accepted = run(argv[1], frames);
        std::cout << (accepted ? "ACCEPTED: the person on the document" : "NOT ACCEPTED") << '\n';
        return accepted ? 0 : 1;
    } catch (const facebridge::Error &error) {
        std::cerr << facebridge::to_string(error.kind()) << ": " << error.what() << '\n';
        return 2;
    }
}
