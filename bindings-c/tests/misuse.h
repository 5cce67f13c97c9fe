/* What the generated misuse program and its hand-written part share. */
#ifndef FACEBRIDGE_TESTS_MISUSE_H
#define FACEBRIDGE_TESTS_MISUSE_H

#include <facebridge/facebridge.h>
#include <stdint.h>
#include <string.h>

/* An address that nobody was ever given. */
extern void *const forged;
/* Open objects, and one of each that was closed. */
extern fb_client *open_client;
extern fb_embedding_job *open_job;
extern fb_client *closed_client;
extern fb_embedding_job *closed_job;

/* Counts a check; any thread may. */
void check(bool condition, const char *what, int line);
#define CHECK(condition) check(condition, #condition, __LINE__)

/* The call must have been refused with FB_ERROR_INVALID_ARGUMENT and a message that names `place`. Releases the error. */
void refused(fb_status status, fb_error **error, const char *place, const char *function);

/* The call must have been refused with FB_ERROR_CLOSED. Releases the error. */
void closed(fb_status status, fb_error **error, const char *function);

/* The generated part. */
void misuse_everything(void);

/* Closing and releasing twice. */
void twice(void);

/* All of that by several threads at once. */
void misuse_together(void);

#endif
