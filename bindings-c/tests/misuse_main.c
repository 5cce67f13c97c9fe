/*
 * Misuse of every function (misuse.c), and what cannot be generated: objects closed twice, answers released twice,
 * structures of other ages, pixels that do not fit their buffer. Nothing may crash.
 */
#include "misuse.h"

#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static char unknown_place;
void *const forged = &unknown_place;
fb_client *open_client;
fb_embedding_job *open_job;
fb_client *closed_client;
fb_embedding_job *closed_job;

static atomic_int failures;
static atomic_int checks;

void check(bool condition, const char *what, int line) {
    ++checks;
    if (!condition) {
        ++failures;
        fprintf(stderr, "line %d: not so: %s\n", line, what);
    }
}

static void expect(fb_status status, fb_status expected, fb_error **error, const char *place, const char *function) {
    const char *message = error != NULL ? fb_error_message(*error) : "";
    ++checks;
    if (status != expected || (error != NULL && (fb_error_kind(*error) != expected || strstr(message, place) == NULL))) {
        ++failures;
        fprintf(stderr, "%s, %s: %s: %s\n", function, place, fb_status_name(status), message);
    }
    if (error != NULL) {
        CHECK(fb_error_free(*error) == FB_OK);
        *error = NULL;
    }
}

void refused(fb_status status, fb_error **error, const char *place, const char *function) {
    expect(status, FB_ERROR_INVALID_ARGUMENT, error, place, function);
}

void closed(fb_status status, fb_error **error, const char *function) {
    expect(status, FB_ERROR_CLOSED, error, "closed", function);
}

static void set_up(void) {
    fb_error *error = NULL;
    const char *nowhere = "/nowhere/photo.jpg";
    fb_status status = fb_client_local(NULL, &open_client, &error);
    if (status != FB_OK) {
        fprintf(stderr, "no client: %s: %s\n", fb_status_name(status), fb_error_message(error));
        exit(1);
    }
    CHECK(error == NULL);
    CHECK(fb_client_embed_many(open_client, &nowhere, 1, &open_job, &error) == FB_OK);
    CHECK(fb_client_embed_many(open_client, NULL, 0, &closed_job, &error) == FB_OK);
    CHECK(fb_embedding_job_close(closed_job) == FB_OK);
    CHECK(fb_client_local(NULL, &closed_client, &error) == FB_OK);
    CHECK(fb_client_close(closed_client) == FB_OK);
}

/* Closing and releasing twice is an error and nothing worse. */
void twice(void) {
    fb_error *error = NULL;
    fb_capabilities *capabilities = NULL, *newer = NULL;
    CHECK(fb_client_close(closed_client) == FB_ERROR_CLOSED);
    CHECK(fb_embedding_job_close(closed_job) == FB_ERROR_CLOSED);

    CHECK(fb_client_capabilities(open_client, &capabilities, &error) == FB_OK);
    CHECK(strcmp(capabilities->backend, "local") == 0);
    /* Of another type, within it, and once too often. */
    CHECK(fb_detection_free((fb_detection *)capabilities) == FB_ERROR_CLOSED);
    CHECK(fb_capabilities_free((fb_capabilities *)((char *)capabilities + 8)) == FB_ERROR_CLOSED);
    CHECK(fb_capabilities_free(capabilities) == FB_OK);
    CHECK(fb_capabilities_free(capabilities) == FB_ERROR_CLOSED);
    /* Not even where a new answer has come meanwhile. */
    CHECK(fb_client_capabilities(open_client, &newer, &error) == FB_OK);
    CHECK(fb_capabilities_free(capabilities) == FB_ERROR_CLOSED);
    CHECK(strcmp(newer->backend, "local") == 0);
    CHECK(fb_capabilities_free(newer) == FB_OK);

    closed(fb_client_capabilities(closed_client, &capabilities, &error), &error, "fb_client_capabilities");
    CHECK(capabilities == NULL);
}

static void errors(void) {
    fb_error *error = NULL;
    uint32_t check_code = 7;
    CHECK(fb_error_kind(NULL) == FB_OK);
    CHECK(strcmp(fb_error_message(NULL), "") == 0);
    CHECK(fb_error_vendor_code(NULL) == NULL);
    CHECK(fb_error_trace_id(NULL) == NULL);
    CHECK(!fb_error_check_code(NULL, &check_code) && check_code == 0);
    CHECK(!fb_error_check_code(NULL, NULL));
    CHECK(!fb_error_retryable(NULL));
    CHECK(fb_error_free(NULL) == FB_OK);
    CHECK(fb_error_free((fb_error *)forged) == FB_ERROR_CLOSED);
    CHECK(fb_error_kind((fb_error *)forged) == FB_ERROR_CLOSED);
    CHECK(strcmp(fb_error_message((fb_error *)forged), "") == 0);

    CHECK(fb_optimize_model(NULL, 0, NULL, &error) == FB_ERROR_INVALID_ARGUMENT);
    CHECK(fb_error_free(error) == FB_OK);
    CHECK(fb_error_free(error) == FB_ERROR_CLOSED);
    CHECK(fb_error_kind(error) == FB_ERROR_CLOSED);
}

/* Structures that an older or a newer header would have. */
static void ages(void) {
    struct { size_t size; } oldest = {sizeof oldest};
    struct { fb_detect_options known; uint64_t newer; } newest;
    fb_engine_options options;
    fb_error *error = NULL;
    fb_detection *detection = NULL;
    const fb_image nothing = fb_image_encoded("x", 1);

    /* The oldest has no member but its size: everything else is the default. */
    CHECK(fb_client_detect(open_client, &nothing, (fb_detect_options *)&oldest, &detection, &error)
          == FB_ERROR_UNSUPPORTED_IMAGE);
    CHECK(fb_error_free(error) == FB_OK);

    CHECK(fb_detect_options_init(&newest.known, sizeof newest) == FB_OK);
    CHECK(newest.known.size == sizeof newest && newest.known.max_faces == 1 && newest.newer == 0);
    CHECK(fb_client_detect(open_client, &nothing, &newest.known, &detection, &error) == FB_ERROR_UNSUPPORTED_IMAGE);
    CHECK(fb_error_free(error) == FB_OK);
    newest.newer = 1;
    refused(fb_client_detect(open_client, &nothing, &newest.known, &detection, &error), &error, "`options`",
            "fb_client_detect");

    /* Filling an older structure leaves what follows it alone. */
    memset(&options, 0x5a, sizeof options);
    CHECK(fb_engine_options_init(&options, offsetof(fb_engine_options, concurrency)) == FB_OK);
    CHECK(options.size == offsetof(fb_engine_options, concurrency) && options.model_dir == NULL);
    CHECK(options.concurrency == 0x5a5a5a5a);
}

static void pixels(void) {
    static const uint8_t some[64] = {0};
    const struct {
        size_t length;
        uint32_t width, height;
        size_t stride;
        fb_status status;
    } wrong[] = {
        {64, 8, 8, 24, FB_ERROR_INVALID_ARGUMENT},
        {64, 8, 8, 7, FB_ERROR_INVALID_ARGUMENT},
        {64, 8, 8, 0, FB_ERROR_INVALID_ARGUMENT},
        {0, 8, 8, 24, FB_ERROR_INVALID_ARGUMENT},
        {64, 8, 8, SIZE_MAX, FB_ERROR_INVALID_ARGUMENT},
        {64, 8, 8, SIZE_MAX / 7, FB_ERROR_INVALID_ARGUMENT},
        {64, 8, 2, SIZE_MAX - 23, FB_ERROR_INVALID_ARGUMENT},
        {64, 0, 8, 8, FB_ERROR_INVALID_IMAGE},
        {64, 8, 0, 24, FB_ERROR_INVALID_IMAGE},
        {64, UINT32_MAX, UINT32_MAX, SIZE_MAX, FB_ERROR_IMAGE_TOO_LARGE},
    };
    fb_error *error = NULL;
    fb_detection *detection = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        const fb_image image = fb_image_pixels(some, wrong[i].length, wrong[i].width, wrong[i].height,
                                               wrong[i].stride, FB_PIXEL_FORMAT_RGB);
        const fb_status status = fb_client_detect(open_client, &image, NULL, &detection, &error);
        if (status != wrong[i].status) {
            fprintf(stderr, "pixels %u: %s: %s\n", (unsigned)i, fb_status_name(status), fb_error_message(error));
        }
        CHECK(status == wrong[i].status);
        CHECK(detection == NULL);
        CHECK(fb_error_free(error) == FB_OK);
    }
    {
        /* More than there is, and more than any client takes: nothing of it is read. */
        const fb_image huge = fb_image_encoded(some, (size_t)1 << 40);
        CHECK(fb_client_detect(open_client, &huge, NULL, &detection, &error) == FB_ERROR_IMAGE_TOO_LARGE);
        CHECK(fb_error_free(error) == FB_OK);
    }
}

static void numbers(void) {
    static const double wrong_times[] = {-1.0, (double)-INFINITY, (double)NAN};
    fb_error *error = NULL;
    bool ended = true;
    fb_detect_options options;
    fb_detection *detection = NULL;
    const fb_image nothing = fb_image_encoded("x", 1);
    for (size_t i = 0; i < 3; ++i) {
        refused(fb_embedding_job_wait(open_job, &wrong_times[i], &ended, &error), &error, "`timeout_seconds`",
                "fb_embedding_job_wait");
        CHECK(!ended);
        ended = true;
    }
    CHECK(fb_detect_options_init(&options, sizeof options) == FB_OK);
    for (int i = 0; i < 2; ++i) {
        options.max_faces = i == 0 ? 0 : UINT32_MAX;
        refused(fb_client_detect(open_client, &nothing, &options, &detection, &error), &error, "`max_faces`",
                "fb_client_detect");
    }
}

int main(void) {
    set_up();
    /* First, so that what is made once is made by several at a time. */
    misuse_together();
    misuse_everything();
    twice();
    errors();
    ages();
    pixels();
    numbers();
    CHECK(fb_embedding_job_close(open_job) == FB_OK);
    CHECK(fb_client_close(open_client) == FB_OK);
    fprintf(stderr, "%d checks, %d failed\n", (int)checks, (int)failures);
    return failures > 0 ? 1 : 0;
}
