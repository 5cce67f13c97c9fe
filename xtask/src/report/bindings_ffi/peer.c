/* What the C library costs, for `cargo xtask report bindings-ffi`; as core/benches/bindings_ffi.rs. */
#include <facebridge/facebridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EMPTY_CALLS = 1000, MOST_PATHS = 64 };

static fb_client *client;
static fb_image photo_a, photo_b, frame;
static const char *paths[MOST_PATHS];
static size_t paths_count;
static volatile double sink;

static void need(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void *content(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    need(file != NULL, "a picture cannot be opened");
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*length);
    need(bytes != NULL && fread(bytes, 1, *length, file) == *length, "a picture cannot be read");
    fclose(file);
    return bytes;
}

static fb_embedding_job *finished_job(size_t count) {
    fb_embedding_job *job = NULL;
    bool ended = false;
    need(fb_client_embed_many(client, paths, count, &job, NULL) == FB_OK, "no job");
    need(fb_embedding_job_wait(job, NULL, &ended, NULL) == FB_OK && ended, "the job does not end");
    return job;
}

static long long timed(const char *operation) {
    long long begin, end;
    if (strcmp(operation, "empty") == 0) {
        fb_embedding_job *job = finished_job(0);
        begin = now();
        for (int call = 0; call < EMPTY_CALLS; call++) {
            fb_progress *progress = NULL;
            need(fb_embedding_job_progress(job, &progress, NULL) == FB_OK, "no progress");
            sink = (double)progress->done;
            fb_progress_free(progress);
        }
        end = now();
        fb_embedding_job_close(job);
        return (end - begin) / EMPTY_CALLS;
    }
    if (strcmp(operation, "compare") == 0) {
        fb_comparison *comparison = NULL;
        begin = now();
        need(fb_client_compare(client, &photo_a, &photo_b, NULL, &comparison, NULL) == FB_OK, "no comparison");
        fb_comparison_free(comparison);
        return now() - begin;
    }
    if (strcmp(operation, "compare_refused") == 0) {
        fb_compare_options options;
        fb_comparison *comparison = NULL;
        fb_error *error = NULL;
        fb_compare_options_init(&options, sizeof options);
        options.has_max_fmr = true;
        options.max_fmr = 2.0;
        begin = now();
        need(fb_client_compare(client, &photo_a, &photo_b, &options, &comparison, &error) ==
                 FB_ERROR_INVALID_ARGUMENT,
             "the call was to be refused");
        fb_error_free(error);
        return now() - begin;
    }
    if (strcmp(operation, "frame_refused") == 0) {
        fb_detect_options options;
        fb_detection *detection = NULL;
        fb_error *error = NULL;
        fb_detect_options_init(&options, sizeof options);
        options.max_faces = 0;
        begin = now();
        need(fb_client_detect(client, &frame, &options, &detection, &error) == FB_ERROR_INVALID_ARGUMENT,
             "the call was to be refused");
        fb_error_free(error);
        return now() - begin;
    }
    if (strcmp(operation, "outcomes") == 0) {
        fb_embedding_job *job = finished_job(paths_count);
        fb_embedding_outcome_list *outcomes = NULL;
        double sum = 0;
        begin = now();
        need(fb_embedding_job_take_outcomes(job, 100, &outcomes, NULL) == FB_OK, "no outcomes");
        for (size_t index = 0; index < outcomes->count; index++) {
            const fb_embedding *embedding = outcomes->items[index].embedding;
            sum += embedding->values[127] + embedding->source.face.bounding_box.x;
        }
        fb_embedding_outcome_list_free(outcomes);
        end = now();
        sink = sum;
        fb_embedding_job_close(job);
        return end - begin;
    }
    need(0, "there is no such operation");
    return 0;
}

int main(int count, char **words) {
    char line[128], operation[64];
    int times;
    size_t length;
    void *bytes;
    need(count == 5, "usage: peer A B FRAME PATHS");
    bytes = content(words[1], &length);
    photo_a = fb_image_encoded(bytes, length);
    bytes = content(words[2], &length);
    photo_b = fb_image_encoded(bytes, length);
    bytes = content(words[3], &length);
    frame = fb_image_pixels(bytes, length, 1920, 1080, 1920 * 3, FB_PIXEL_FORMAT_BGR);
    for (char *path = strtok(words[4], "|"); path != NULL; path = strtok(NULL, "|")) {
        need(paths_count < MOST_PATHS, "too many paths");
        paths[paths_count++] = path;
    }
    need(fb_client_local(NULL, &client, NULL) == FB_OK, "no client");
    while (fgets(line, sizeof line, stdin) != NULL) {
        need(sscanf(line, "\"%63s %d\"", operation, &times) == 2, "expected \"OPERATION TIMES\"");
        printf("[");
        for (int time = 0; time < times; time++) {
            printf(time == 0 ? "%lld" : ",%lld", timed(operation));
        }
        printf("]\n");
        fflush(stdout);
    }
    fb_client_close(client);
    return 0;
}
