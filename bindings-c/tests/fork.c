/* What a forked child may do with what its parent made, and with what it makes itself: fork PHOTO */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <facebridge/facebridge.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long the child may take before it is ended, in seconds. */
enum { PATIENCE = 60 };

static void in_child(fb_client *client, fb_capabilities *capabilities, const char *photo) {
    const fb_image image = fb_image_file(photo);
    fb_embedding *embedding = NULL;
    fb_error *error = NULL;
    fb_capabilities *found = NULL;
    CHECK(fb_client_capabilities(client, &found, &error) == FB_ERROR_CLOSED);
    CHECK(strstr(fb_error_message(error), "forked") != NULL);
    CHECK(fb_error_free(error) == FB_OK);
    /* An answer of the parent can be read; releasing it is refused and harmless. */
    CHECK(strcmp(capabilities->backend, "local") == 0);
    CHECK(fb_capabilities_free(capabilities) == FB_ERROR_CLOSED);
    CHECK(fb_client_close(client) == FB_ERROR_CLOSED);
    /* A client of its own works. */
    CHECK(fb_client_local(NULL, &client, &error) == FB_OK);
    CHECK(fb_client_embed(client, &image, &embedding, &error) == FB_OK);
    CHECK(error == NULL && embedding != NULL && embedding->values_count == 128);
    CHECK(fb_embedding_free(embedding) == FB_OK);
    CHECK(fb_client_close(client) == FB_OK);
}

int main(int argc, char **argv) {
    fb_client *client = NULL;
    fb_capabilities *capabilities = NULL;
    int status = 0;
    if (argc != 2) {
        return 2;
    }
    CHECK(fb_client_local(NULL, &client, NULL) == FB_OK);
    CHECK(fb_client_capabilities(client, &capabilities, NULL) == FB_OK);
    const pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        in_child(client, capabilities, argv[1]);
        _exit(outcome());
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(fb_capabilities_free(capabilities) == FB_OK);
    CHECK(fb_client_close(client) == FB_OK);
    return outcome();
}
