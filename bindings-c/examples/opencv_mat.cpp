// Finds faces in a picture that OpenCV holds: opencv_mat PHOTO
#include <facebridge/facebridge.hpp>

#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

/// The pixels of a matrix, borrowed: of type CV_8UC3 (blue, green, red) or CV_8UC1 (grey).
static facebridge::Image image_of(const cv::Mat &mat) {
    CV_Assert(mat.type() == CV_8UC3 || mat.type() == CV_8UC1);
    const auto format = mat.channels() == 3 ? facebridge::PixelFormat::Bgr : facebridge::PixelFormat::Grey;
    const std::size_t length = mat.empty() ? 0 : mat.step[0] * (mat.rows - 1) + mat.cols * mat.elemSize();
    return facebridge::Image::pixels(mat.data, length, static_cast<std::uint32_t>(mat.cols),
                                     static_cast<std::uint32_t>(mat.rows), mat.step[0], format);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "opencv_mat PHOTO\n";
        return 2;
    }
    const cv::Mat photo = cv::imread(argv[1], cv::IMREAD_COLOR);
    if (photo.empty()) {
        std::cerr << "OpenCV cannot read the photo\n";
        return 2;
    }
    try {
        facebridge::DetectOptions options;
        options.max_faces = 10;
        const auto detection = facebridge::Client::local().detect(image_of(photo), options);
        for (const auto &face : detection.faces) {
            const auto &box = face.bounding_box;
            std::cout << box.x << ' ' << box.y << ' ' << box.width << ' ' << box.height << ' ' << face.probability << '\n';
        }
        return 0;
    } catch (const facebridge::Error &error) {
        std::cerr << facebridge::to_string(error.kind()) << ": " << error.what() << '\n';
        return 1;
    }
}
