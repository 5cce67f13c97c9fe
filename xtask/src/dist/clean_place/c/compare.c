/* Compares the first photo with each of the others, through nothing but the installed library. */
#include <facebridge/facebridge.h>
#include <stdio.h>

static int report(fb_error *error) {
    fprintf(stderr, "%s\n", error == NULL ? "failed" : fb_error_message(error));
    fb_error_free(error);
    return 1;
}

int main(int count, char **photos) {
    fb_client *client;
    fb_error *error;
    if (fb_client_local(NULL, &client, &error) != FB_OK) {
        return report(error);
    }
    for (int other = 2; other < count; other++) {
        fb_image a = fb_image_file(photos[1]);
        fb_image b = fb_image_file(photos[other]);
        fb_comparison *found;
        if (fb_client_compare(client, &a, &b, NULL, &found, &error) != FB_OK) {
            return report(error);
        }
        printf("%s %.6f\n", fb_decision_name(found->decision), found->score);
        fb_comparison_free(found);
    }
    return fb_client_close(client) == FB_OK ? 0 : 1;
}
