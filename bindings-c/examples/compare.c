/* Do two photos show the same person? compare FIRST SECOND */
#include <facebridge/facebridge.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "compare FIRST SECOND\n");
        return 2;
    }
    fb_client *client = NULL;
    fb_comparison *comparison = NULL;
    fb_error *error = NULL;
    fb_image first = fb_image_file(argv[1]);
    fb_image second = fb_image_file(argv[2]);

    fb_status status = fb_client_local(NULL, &client, &error);
    if (status == FB_OK) {
        status = fb_client_compare(client, &first, &second, NULL, &comparison, &error);
    }
    if (status == FB_OK) {
        printf("%s", fb_decision_name(comparison->decision));
        if (comparison->has_score) {
            printf(", score %.1f of %.0f", comparison->score, comparison->scale);
        }
        printf("\n");
    } else {
        fprintf(stderr, "%s: %s\n", fb_status_name(status), fb_error_message(error));
    }

    fb_error_free(error);
    fb_comparison_free(comparison);
    if (client != NULL) {
        fb_client_close(client);
    }
    return status == FB_OK ? 0 : 1;
}
