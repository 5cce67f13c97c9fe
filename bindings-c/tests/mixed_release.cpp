// A program that was compiled with the header of another release is refused with a message, before anything else.
#include "check.h"

#include <facebridge/facebridge.h>
#undef FB_API_HASH
#define FB_API_HASH "0123456789abcdef"
#include <facebridge/facebridge.hpp>

template <class Result>
static void refused(const Result &result) {
    CHECK(!result);
    if (result) return;
    CHECK(result.error().kind() == facebridge::ErrorKind::Unsupported);
    CHECK(result.error().message().find(fb_version()) != std::string::npos);
}

int main() {
    refused(facebridge::Client::try_local());
    refused(facebridge::Client::try_from_config("/nowhere"));
    refused(facebridge::try_optimize_model({}));
    return outcome();
}
