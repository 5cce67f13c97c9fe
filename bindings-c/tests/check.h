/* Checks that count their failures and go on, so that one run shows everything that is wrong. */
#ifndef FACEBRIDGE_TESTS_CHECK_H
#define FACEBRIDGE_TESTS_CHECK_H

#include <stdio.h>

static int failures = 0;

/* Says what is wrong and where. */
#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            ++failures;                                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
        }                                                                                     \
    } while (0)

/* The exit code of the test. */
static inline int outcome(void) {
    if (failures > 0) {
        fprintf(stderr, "%d checks failed\n", failures);
    }
    return failures > 0 ? 1 : 0;
}

#endif
