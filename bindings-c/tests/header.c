/* The header compiles by itself in every standard of C. */
#include <facebridge/facebridge.h>

/* Enumerations are 32 bits wide, and an image states its size. */
typedef char status_is_32_bits[sizeof(fb_status) == 4 ? 1 : -1];
typedef char decision_is_32_bits[sizeof(fb_decision) == 4 ? 1 : -1];

int main(void) {
    const fb_image image = fb_image_file("x");
    return image.size == sizeof(fb_image) && image.kind == FB_IMAGE_FILE ? 0 : 1;
}
