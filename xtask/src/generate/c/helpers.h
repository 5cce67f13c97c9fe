
/**
 * An image from the `length` bytes of a JPEG, PNG, BMP or WebP file at `data`. It borrows them: nothing is copied.
 */
static inline fb_image fb_image_encoded(const void *data, size_t length) {
    fb_image image;
    image.size = sizeof image;
    image.kind = FB_IMAGE_ENCODED;
    image.format = FB_PIXEL_FORMAT_RGB;
    image.data = (const uint8_t *)data;
    image.length = length;
    image.path = NULL;
    image.width = 0;
    image.height = 0;
    image.stride = 0;
    return image;
}

/** An image from the JPEG, PNG, BMP or WebP file at `path`. */
static inline fb_image fb_image_file(const char *path) {
    fb_image image = fb_image_encoded(NULL, 0);
    image.kind = FB_IMAGE_FILE;
    image.path = path;
    return image;
}

/**
 * An image from raw, upright pixels of 8 bits, first row at the top. It borrows them: nothing is copied.
 *
 * @param length Bytes at `data`: at least `stride * (height - 1)` and one row.
 * @param stride Bytes from the start of one row to the start of the next: at least `width` times the bytes of a
 * pixel.
 */
static inline fb_image fb_image_pixels(const void *data, size_t length, uint32_t width, uint32_t height,
                                       size_t stride, fb_pixel_format format) {
    fb_image image = fb_image_encoded(data, length);
    image.kind = FB_IMAGE_PIXELS;
    image.format = format;
    image.width = width;
    image.height = height;
    image.stride = stride;
    return image;
}

#endif /* FACEBRIDGE_H */
