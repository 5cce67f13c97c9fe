/*
 * Misuse by eight threads at once: of every function (misuse.c), and of one object by all of them, of whom one closes
 * or releases it and the others are refused.
 */
#define _POSIX_C_SOURCE 200809L
#include "misuse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Few enough rounds that no address comes back while a thread is held up between two releases of it. */
enum { THREADS = 8, ROUNDS = 50 };

/* What all threads have; one of them ends each. */
static fb_client *client;
static fb_embedding_job *job;
static fb_capabilities *answer;
static fb_error *failure;
static atomic_int clients, jobs, answers, failures;
static pthread_barrier_t ready;

static void together(void *(*work)(void *)) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; ++i) {
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
            fprintf(stderr, "no thread can be made\n");
            exit(1);
        }
    }
    for (int i = 0; i < THREADS; ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void *every_function(void *nothing) {
    pthread_barrier_wait(&ready);
    misuse_everything();
    return nothing;
}

static void *all_twice(void *nothing) {
    for (int round = 0; round < ROUNDS; ++round) {
        twice();
    }
    return nothing;
}

static void count(fb_status status, atomic_int *successes) {
    CHECK(status == FB_OK || status == FB_ERROR_CLOSED);
    if (status == FB_OK) {
        ++*successes;
    }
}

static void *end_the_same(void *nothing) {
    fb_status status = FB_OK;
    pthread_barrier_wait(&ready);
    /* While others release it. */
    status = fb_error_kind(failure);
    CHECK(status == FB_ERROR_INVALID_ARGUMENT || status == FB_ERROR_CLOSED);
    CHECK(!fb_error_retryable(failure) && !fb_error_check_code(failure, NULL));
    count(fb_error_free(failure), &failures);
    count(fb_capabilities_free(answer), &answers);
    status = fb_embedding_job_cancel(job, NULL);
    CHECK(status == FB_OK || status == FB_ERROR_CLOSED);
    count(fb_embedding_job_close(job), &jobs);
    count(fb_client_close(client), &clients);
    return nothing;
}

void misuse_together(void) {
    const char *nowhere = "/nowhere/photo.jpg";
    CHECK(pthread_barrier_init(&ready, NULL, THREADS) == 0);
    together(every_function);
    together(all_twice);

    CHECK(fb_client_local(NULL, &client, NULL) == FB_OK);
    for (int round = 1; round <= ROUNDS; ++round) {
        CHECK(fb_client_embed_many(open_client, &nowhere, 1, &job, NULL) == FB_OK);
        CHECK(fb_client_capabilities(open_client, &answer, NULL) == FB_OK);
        CHECK(fb_optimize_model(NULL, 1, NULL, &failure) == FB_ERROR_INVALID_ARGUMENT);
        together(end_the_same);
        CHECK(jobs == round && answers == round && failures == round);
    }
    CHECK(clients == 1);
    CHECK(pthread_barrier_destroy(&ready) == 0);
}
