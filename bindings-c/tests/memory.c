/*
 * One answer of every kind that one photo gives, read to its ends and released: memory PHOTO
 *
 * It is for valgrind, under which each search for a face takes long.
 */
#include "check.h"

#include <facebridge/facebridge.h>
#include <stdlib.h>
#include <string.h>

static fb_client *client;
static fb_error *error;
static volatile double sum;

/* The call must succeed: what follows reads its answer. */
#define GOOD(call)                                              \
    do {                                                        \
        if ((call) != FB_OK) {                                  \
            fprintf(stderr, "%s\n", fb_error_message(error));   \
            exit(1);                                            \
        }                                                       \
    } while (0)

static void read_text(const char *text) {
    sum += text == NULL ? 0 : (double)strlen(text);
}

static void read_embedding(const fb_embedding *embedding) {
    for (size_t i = 0; i < embedding->values_count; ++i) {
        sum += (double)embedding->values[i];
    }
    read_text(embedding->model_id);
    read_text(embedding->pipeline);
}

static void capabilities(void) {
    fb_capabilities *found = NULL;
    GOOD(fb_client_capabilities(client, &found, &error));
    for (size_t i = 0; i < found->models_count; ++i) {
        read_text(found->models[i].sha256);
    }
    for (size_t i = 0; i < found->image_formats_count; ++i) {
        read_text(found->image_formats[i]);
    }
    read_text(found->runtime_library);
    CHECK(fb_capabilities_free(found) == FB_OK);
}

static void detection(const fb_image *image) {
    fb_detection *found = NULL;
    GOOD(fb_client_detect(client, image, NULL, &found, &error));
    CHECK(found->faces_count == 1);
    for (size_t i = 0; i < found->faces_count; ++i) {
        sum += (double)found->faces[i].probability;
    }
    CHECK(fb_detection_free(found) == FB_OK);
}

static void job(const char *photo) {
    const char *const paths[2] = {photo, "/nowhere/photo.jpg"};
    fb_embedding_job *job = NULL;
    fb_progress *progress = NULL;
    fb_embedding_outcome_list *outcomes = NULL;
    fb_comparison *comparison = NULL;
    bool ended = false;
    GOOD(fb_client_embed_many(client, paths, 2, &job, &error));
    GOOD(fb_embedding_job_wait(job, NULL, &ended, &error));
    GOOD(fb_embedding_job_progress(job, &progress, &error));
    GOOD(fb_embedding_job_take_outcomes(job, 2, &outcomes, &error));
    CHECK(fb_embedding_job_close(job) == FB_OK);
    CHECK(ended && progress->done == 2 && outcomes->count == 2);
    for (size_t i = 0; i < outcomes->count; ++i) {
        const fb_embedding_outcome *outcome = &outcomes->items[i];
        if (outcome->failure != NULL) {
            read_text(outcome->failure->message);
            continue;
        }
        read_embedding(outcome->embedding);
        /* A part of an answer goes in again. */
        GOOD(fb_client_compare_embeddings(client, outcome->embedding, outcome->embedding, NULL, &comparison, &error));
        CHECK(comparison->decision == FB_DECISION_MATCH);
        read_text(comparison->answered_by);
        CHECK(fb_comparison_free(comparison) == FB_OK);
    }
    CHECK(fb_progress_free(progress) == FB_OK);
    CHECK(fb_embedding_outcome_list_free(outcomes) == FB_OK);
}

static void refusals(const char *photo) {
    const fb_image nowhere = fb_image_file("/nowhere/photo.jpg"), cut = fb_image_encoded(photo, strlen(photo));
    fb_detection *detection = NULL;
    fb_bytes *model = NULL;
    CHECK(fb_client_detect(client, &nowhere, NULL, &detection, &error) == FB_ERROR_IO);
    read_text(fb_error_message(error));
    CHECK(fb_error_free(error) == FB_OK);
    CHECK(fb_client_detect(client, &cut, NULL, &detection, &error) == FB_ERROR_UNSUPPORTED_IMAGE);
    CHECK(fb_error_free(error) == FB_OK);
    CHECK(fb_optimize_model((const uint8_t *)photo, strlen(photo), &model, &error) == FB_ERROR_INVALID_MODEL);
    CHECK(fb_error_free(error) == FB_OK);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        return 2;
    }
    const fb_image image = fb_image_file(argv[1]);
    GOOD(fb_client_local(NULL, &client, &error));
    capabilities();
    detection(&image);
    job(argv[1]);
    refusals(argv[1]);
    CHECK(fb_client_close(client) == FB_OK);
    return outcome();
}
