/* @MARKER@ */
/**
 * @file
 * facebridge: faces found, embedded and compared, on this machine.
 *
 * The same rules hold for every function:
 *
 * - It returns an `fb_status`: `FB_OK` (0), or what went wrong. Its last parameter `error`, if it is not NULL,
 *   then receives an `fb_error` that says more, and otherwise NULL. Release it with fb_error_free().
 * - Answers come out last before `error`. The place is set to NULL or zero first, and written only on success.
 * - An answer is one block: read it through its pointers, and release all of it at once with the function
 *   ending in `_free` that is named after it. Releasing it again is `FB_ERROR_CLOSED`: no other answer gets its
 *   address until 4096 more have been released.
 * - Clients and jobs are closed by the function ending in `_close`. Any thread may use them. The value of such a
 *   pointer is a number, not an address; a closed, old or foreign one, or one from before a fork, is
 *   `FB_ERROR_CLOSED` and nothing worse.
 * - Text is UTF-8, ended by NUL. A path is of whatever bytes, ended by NUL.
 * - A list is a pointer with a `_count` (bytes: `_length`). The pointer may be NULL where that is 0.
 * - What may be absent is a pointer that may be NULL; a number `x` that may be absent stands beside a `has_x`.
 * - A structure whose first member is `size` is filled with the defaults by the function ending in `_init`. A
 *   program compiled against an older header, where the structure was shorter, goes on working.
 * - NULL where something is needed, numbers outside their enum and impossible lengths are
 *   `FB_ERROR_INVALID_ARGUMENT`. More than 2 GiB, 65,536 numbers of a vector or 16,777,216 items of a list is
 *   impossible; of an image, more than the client's limits is `FB_ERROR_IMAGE_TOO_LARGE`. A pointer to memory that
 *   is gone, or shorter than its count says, cannot be noticed: it is the caller's mistake, as everywhere in C.
 */
#ifndef FACEBRIDGE_H
#define FACEBRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. fb_version() is the library's. */
#define FB_VERSION "@VERSION@"
#define FB_VERSION_MAJOR @MAJOR@
#define FB_VERSION_MINOR @MINOR@
#define FB_VERSION_PATCH @PATCH@

/** What the API of this header looks like. fb_api_hash() is the library's. */
#define FB_API_HASH "@HASH@"
