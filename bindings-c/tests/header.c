/* The header compiles by itself in every standard of C. */
#include <facebridge/facebridge.h>

/* What the library takes for granted: enumerations have 32 bits, truth values 8. */
typedef char bool_is_8_bits[sizeof(bool) == 1 ? 1 : -1];
typedef char status_is_32_bits[sizeof(fb_status) == 4 ? 1 : -1];
typedef char decision_is_32_bits[sizeof(fb_decision) == 4 ? 1 : -1];

int main(void) {
    const fb_image image = fb_image_file("x");
    return image.size == sizeof(fb_image) && image.kind == FB_IMAGE_FILE ? 0 : 1;
}
