package io.facebridge;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * An image: encoded bytes, a file, or raw pixels.
 *
 * <p>Nothing is read when it is made. What it is made of must not be changed while a call uses it, and the memory of
 * a direct buffer must not be freed or unmapped until the call, or its future, has ended.
 */
public final class ImageInput {
    private static final int A_PATH = 0;
    private static final int ENCODED = 1;
    private static final int PIXELS = 2;

    private final int kind;
    private final Path path;

    /** The bytes lie in one of these two. */
    private final byte[] array;

    private final ByteBuffer direct;
    private final int offset;
    private final int length;

    /** Only raw pixels have these. */
    private final int width;

    private final int height;
    private final int stride;
    private final PixelFormat format;

    private ImageInput(Path path) {
        this.kind = A_PATH;
        this.path = path;
        this.array = null;
        this.direct = null;
        this.offset = 0;
        this.length = 0;
        this.width = 0;
        this.height = 0;
        this.stride = 0;
        this.format = null;
    }

    private ImageInput(
            int kind,
            byte[] array,
            ByteBuffer direct,
            int offset,
            int length,
            int width,
            int height,
            int stride,
            PixelFormat format) {
        this.kind = kind;
        this.path = null;
        this.array = array;
        this.direct = direct;
        this.offset = offset;
        this.length = length;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.format = format;
    }

    /**
     * The bytes of a JPEG, PNG, BMP or WebP file.
     *
     * @param bytes the whole file
     * @return the image
     */
    public static ImageInput of(byte[] bytes) {
        return of(bytes, 0, Checks.present("bytes", bytes).length);
    }

    /**
     * The bytes of a JPEG, PNG, BMP or WebP file, within a larger array.
     *
     * @param bytes the array
     * @param offset where the file begins in it
     * @param length how many bytes the file has
     * @return the image
     */
    public static ImageInput of(byte[] bytes, int offset, int length) {
        Checks.present("bytes", bytes);
        Checks.notNegative("offset", offset);
        Checks.notNegative("length", length);
        if (length > bytes.length - offset) {
            throw Checks.invalid("length", "reaches beyond the end of the array");
        }
        return new ImageInput(ENCODED, bytes, null, offset, length, 0, 0, 0, null);
    }

    /**
     * The bytes of a JPEG, PNG, BMP or WebP file in a buffer, from its position to its limit, both of which stay.
     *
     * @param bytes any buffer
     * @return the image
     */
    public static ImageInput of(ByteBuffer bytes) {
        return of(ENCODED, "bytes", bytes, 0, 0, 0, null);
    }

    /**
     * The path of a JPEG, PNG, BMP or WebP file.
     *
     * @param path a path of the default file system
     * @return the image
     */
    public static ImageInput of(Path path) {
        return new ImageInput(Checks.present("path", path));
    }

    /**
     * Decoded pixels as Java holds them; transparency is laid over black. An image of {@code TYPE_3BYTE_BGR} or
     * {@code TYPE_BYTE_GRAY} is passed on as it is, any other is converted first.
     *
     * @param image an upright image; {@code ImageIO} does not turn photos as their cameras say, so prefer the bytes
     *     of a file where you have them
     * @return the image
     */
    public static ImageInput of(BufferedImage image) {
        return BufferedImages.pixels(Checks.present("image", image));
    }

    /**
     * Raw 8-bit pixels in an array, upright, first row at the top.
     *
     * @param pixels at least {@code stride * (height - 1) + width * channels} bytes
     * @param width width in pixels
     * @param height height in pixels
     * @param stride bytes from the start of one row to the start of the next
     * @param format the layout of one pixel
     * @return the image
     */
    public static ImageInput pixels(byte[] pixels, int width, int height, int stride, PixelFormat format) {
        return pixels(Checks.present("pixels", pixels), 0, pixels.length, width, height, stride, format);
    }

    /**
     * Raw 8-bit pixels in a buffer, from its position to its limit, both of which stay. Those of a direct buffer are
     * read where they are, without a copy: memory that is freed, or a mapped file that becomes shorter, before the
     * call or its future has ended can end the virtual machine.
     *
     * @param pixels at least {@code stride * (height - 1) + width * channels} bytes
     * @param width width in pixels
     * @param height height in pixels
     * @param stride bytes from the start of one row to the start of the next
     * @param format the layout of one pixel
     * @return the image
     */
    public static ImageInput pixels(ByteBuffer pixels, int width, int height, int stride, PixelFormat format) {
        return of(PIXELS, "pixels", pixels, width, height, stride, format);
    }

    static ImageInput pixels(
            byte[] array, int offset, int length, int width, int height, int stride, PixelFormat format) {
        return new ImageInput(
                PIXELS,
                array,
                null,
                offset,
                length,
                Checks.notNegative("width", width),
                Checks.notNegative("height", height),
                Checks.notNegative("stride", stride),
                Checks.present("format", format));
    }

    private static ImageInput of(
            int kind, String name, ByteBuffer bytes, int width, int height, int stride, PixelFormat format) {
        Checks.present(name, bytes);
        if (kind == PIXELS) {
            Checks.notNegative("width", width);
            Checks.notNegative("height", height);
            Checks.notNegative("stride", stride);
            Checks.present("format", format);
        }
        byte[] array = null;
        ByteBuffer direct = null;
        int offset = 0;
        if (bytes.isDirect()) {
            direct = bytes.slice();
        } else if (bytes.hasArray()) {
            array = bytes.array();
            offset = bytes.arrayOffset() + bytes.position();
        } else {
            // A read-only buffer keeps its array to itself.
            array = new byte[bytes.remaining()];
            bytes.duplicate().get(array);
        }
        return new ImageInput(kind, array, direct, offset, bytes.remaining(), width, height, stride, format);
    }

    /** The array in which the bytes lie, or null. */
    byte[] array() {
        if (kind != ENCODED || direct == null) {
            return array;
        }
        return firstBytes(length);
    }

    /** The direct buffer in which the bytes lie, or null. */
    ByteBuffer direct() {
        if (kind == ENCODED || direct == null) {
            return null;
        }
        firstBytes(Math.min(length, 1));
        return direct;
    }

    /** Java looks whether the memory of a direct buffer is still there, which the native library cannot. */
    private byte[] firstBytes(int count) {
        byte[] copy = new byte[count];
        try {
            direct.duplicate().get(copy);
            return copy;
        } catch (InternalError error) {
            // An older Java may throw this later than here.
            throw new FaceException(
                    ErrorKind.IO, "The image's buffer cannot be read. If it maps a file, that was made shorter.");
        } catch (RuntimeException error) {
            throw new FaceException(
                    ErrorKind.INVALID_ARGUMENT,
                    "The image's buffer cannot be read: its memory was freed, or belongs to another thread.");
        }
    }

    /** Writes what the bytes mean. */
    void describe(Writer out) {
        out.u8(kind);
        if (kind == A_PATH) {
            out.path(path);
            return;
        }
        out.u32(offset);
        out.u32(length);
        if (kind == PIXELS) {
            out.u32(width);
            out.u32(height);
            out.u32(stride);
            PixelFormat.write(out, format);
        }
    }

    @Override
    public String toString() {
        return switch (kind) {
            case A_PATH -> "ImageInput(path)";
            case ENCODED -> "ImageInput(" + length + " bytes)";
            default -> "ImageInput(" + width + "x" + height + " " + format + ")";
        };
    }
}
