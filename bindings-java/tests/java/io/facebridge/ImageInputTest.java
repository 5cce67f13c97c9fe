package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageInputTest {
    private static final Client CLIENT = Clients.SHARED;

    private static byte[] between(byte[] bytes, int before, int after) {
        byte[] larger = new byte[before + bytes.length + after];
        System.arraycopy(bytes, 0, larger, before, bytes.length);
        return larger;
    }

    @Test
    void everyWayToHandOverAFileGivesTheSameBits(@TempDir Path folder) throws IOException {
        byte[] bytes = Photos.bytes(Photos.OBAMA);
        Embedding expected = CLIENT.embed(Photos.OBAMA);
        assertEquals(128, expected.values().length());

        assertEquals(expected, CLIENT.embed(bytes));
        assertEquals(expected, CLIENT.embed(ImageInput.of(between(bytes, 7, 9), 7, bytes.length)));
        assertEquals(expected, CLIENT.embed(ImageInput.of(ByteBuffer.wrap(bytes))));
        assertEquals(expected, CLIENT.embed(ImageInput.of(ByteBuffer.wrap(bytes).asReadOnlyBuffer())));

        ByteBuffer part = ByteBuffer.wrap(between(bytes, 7, 9), 7, bytes.length);
        assertEquals(expected, CLIENT.embed(ImageInput.of(part)));
        assertEquals(expected, CLIENT.embed(ImageInput.of(part.slice())));
        assertEquals(7, part.position());

        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 16).put(between(bytes, 7, 9));
        direct.position(7).limit(7 + bytes.length);
        assertEquals(expected, CLIENT.embed(ImageInput.of(direct)));
        assertEquals(expected, CLIENT.embed(ImageInput.of(direct.asReadOnlyBuffer())));
        assertEquals(7, direct.position());

        Path named = folder.resolve("a b%20\u7167\u7247 \ud83d\ude42.jpg");
        Files.write(named, bytes);
        assertEquals(expected, CLIENT.embed(named));
        assertEquals(expected, CLIENT.embed(Path.of("").toAbsolutePath().relativize(named)));
    }

    @Test
    void everyWayToHandOverPixelsGivesTheSameBits() throws IOException {
        BufferedImage photo = as(BufferedImage.TYPE_3BYTE_BGR, ImageIO.read(Photos.OBAMA_SMALL.toFile()));
        int width = photo.getWidth();
        int height = photo.getHeight();
        Embedding expected = CLIENT.embed(png(photo));

        assertEquals(expected, CLIENT.embed(ImageInput.of(photo)));
        assertEquals(expected, CLIENT.embed(ImageInput.of(as(BufferedImage.TYPE_INT_RGB, photo))));
        assertEquals(expected, CLIENT.embed(ImageInput.of(as(BufferedImage.TYPE_INT_ARGB, photo))));

        byte[] rgb = pixels(photo, 3 * width, 16, 8, 0);
        byte[] bgr = pixels(photo, 3 * width + 5, 0, 8, 16);
        assertEquals(expected, CLIENT.embed(ImageInput.pixels(rgb, width, height, 3 * width, PixelFormat.RGB)));
        assertEquals(expected, CLIENT.embed(ImageInput.pixels(bgr, width, height, 3 * width + 5, PixelFormat.BGR)));
        ByteBuffer heap = ByteBuffer.wrap(between(rgb, 3, 0), 3, rgb.length);
        assertEquals(expected, CLIENT.embed(ImageInput.pixels(heap, width, height, 3 * width, PixelFormat.RGB)));
        ByteBuffer direct = ByteBuffer.allocateDirect(bgr.length + 3).position(3).put(bgr).position(3);
        assertEquals(expected, CLIENT.embed(ImageInput.pixels(direct, width, height, 3 * width + 5, PixelFormat.BGR)));
    }

    @Test
    void aPartOfAnImageIsThatPartAlone() throws IOException {
        BufferedImage photo = as(BufferedImage.TYPE_3BYTE_BGR, ImageIO.read(Photos.OBAMA.toFile()));
        BufferedImage part = photo.getSubimage(31, 17, photo.getWidth() - 60, photo.getHeight() - 40);
        assertEquals(BufferedImage.TYPE_3BYTE_BGR, part.getType());
        assertEquals(CLIENT.embed(png(part)), CLIENT.embed(ImageInput.of(part)));
        BufferedImage partOfPart = part.getSubimage(1, 2, part.getWidth() - 3, part.getHeight() - 4);
        assertEquals(CLIENT.embed(png(partOfPart)), CLIENT.embed(ImageInput.of(partOfPart)));
    }

    @Test
    void greyImagesStayAsTheyAre() throws IOException {
        BufferedImage grey = as(BufferedImage.TYPE_BYTE_GRAY, ImageIO.read(Photos.OBAMA_SMALL.toFile()));
        int width = grey.getWidth();
        byte[] pixels = new byte[width * grey.getHeight()];
        grey.getRaster().getDataElements(0, 0, width, grey.getHeight(), pixels);
        Embedding expected = CLIENT.embed(ImageInput.pixels(pixels, width, grey.getHeight(), width, PixelFormat.GREY));
        assertEquals(expected, CLIENT.embed(ImageInput.of(grey)));
        assertEquals(expected, CLIENT.embed(png(grey)));
    }

    @Test
    void whatCannotBeAnImageIsRefused(@TempDir Path folder) throws IOException {
        byte[] bytes = new byte[12];
        for (int[] range : new int[][] {{-1, 1}, {0, -1}, {0, 13}, {13, 0}, {12, 1}, {Integer.MAX_VALUE, 12}}) {
            Failing.with(ErrorKind.INVALID_ARGUMENT, () -> ImageInput.of(bytes, range[0], range[1]));
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(12);
        for (int[] layout : new int[][] {{-1, 2, 6}, {2, -1, 6}, {2, 2, -1}}) {
            Failing.with(ErrorKind.INVALID_ARGUMENT, () ->
                    ImageInput.pixels(bytes, layout[0], layout[1], layout[2], PixelFormat.RGB));
            Failing.with(ErrorKind.INVALID_ARGUMENT, () ->
                    ImageInput.pixels(direct, layout[0], layout[1], layout[2], PixelFormat.RGB));
        }
        for (int[] layout : new int[][] {{2, 2, 5}, {2, 3, 6}, {2, 2, 7}, {Integer.MAX_VALUE, 2, Integer.MAX_VALUE}}) {
            for (ImageInput image : new ImageInput[] {
                ImageInput.pixels(bytes, layout[0], layout[1], layout[2], PixelFormat.RGB),
                ImageInput.pixels(direct, layout[0], layout[1], layout[2], PixelFormat.RGB)
            }) {
                FaceException error = Failing.with(
                        layout[0] == 2 ? ErrorKind.INVALID_ARGUMENT : ErrorKind.IMAGE_TOO_LARGE,
                        () -> CLIENT.embed(image));
                assertFalse(error.getMessage().isEmpty());
            }
        }
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> ImageInput.pixels(bytes, 1, 1, 3, null));
        Failing.with(ErrorKind.UNSUPPORTED_IMAGE, () -> CLIENT.embed(new byte[0]));
        Failing.with(ErrorKind.UNSUPPORTED_IMAGE, () -> CLIENT.embed(ImageInput.of(ByteBuffer.allocateDirect(0))));

        URI archive = URI.create("jar:" + folder.resolve("photos.zip").toUri());
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            FaceException error =
                    Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.embed(zip.getPath("/photo.jpg")));
            assertTrue(error.getMessage().contains("pass its bytes"), error.getMessage());
        }
    }

    @Test
    void aMappedFileThatBecameShorterIsAnError(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("photo");
        Files.write(file, new byte[12]);
        ByteBuffer mapped;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 12);
            channel.truncate(0);
        }
        // An older Java throws its own error, and does so late.
        Throwable error = assertThrows(Throwable.class, () -> CLIENT.embed(ImageInput.of(mapped)));
        assertTrue(
                error instanceof InternalError || error instanceof FaceException own && own.kind() == ErrorKind.IO,
                error::toString);
    }

    /** By reflection: this is compiled for a Java that cannot free memory by hand. */
    @Test
    void memoryThatWasFreedIsRefused() throws Exception {
        assumeTrue(Runtime.version().feature() >= 22, "this Java cannot free memory by hand");
        Class<?> arenas = Class.forName("java.lang.foreign.Arena");
        Class<?> segments = Class.forName("java.lang.foreign.MemorySegment");
        AutoCloseable arena = (AutoCloseable) arenas.getMethod("ofShared").invoke(null);
        Object segment = arenas.getMethod("allocate", long.class).invoke(arena, 12L);
        ByteBuffer buffer = (ByteBuffer) segments.getMethod("asByteBuffer").invoke(segment);
        ImageInput encoded = ImageInput.of(buffer);
        ImageInput pixels = ImageInput.pixels(buffer, 2, 2, 6, PixelFormat.RGB);
        Failing.with(ErrorKind.UNSUPPORTED_IMAGE, () -> CLIENT.embed(encoded));
        Failing.with(ErrorKind.NO_FACE, () -> CLIENT.embed(pixels));
        arena.close();
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.embed(encoded));
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.embed(pixels));
    }

    @Test
    void anImageShowsNeitherItsBytesNorItsPath() {
        assertEquals("ImageInput(3 bytes)", ImageInput.of(new byte[] {1, 2, 3}).toString());
        assertEquals("ImageInput(path)", ImageInput.of(Path.of("/customers/anna.jpg")).toString());
        assertEquals("ImageInput(1x2 GREY)", ImageInput.pixels(new byte[2], 1, 2, 1, PixelFormat.GREY).toString());
    }

    private static BufferedImage as(int type, BufferedImage image) {
        BufferedImage copy = new BufferedImage(image.getWidth(), image.getHeight(), type);
        Graphics2D graphics = copy.createGraphics();
        graphics.drawImage(image, 0, 0, null);
        graphics.dispose();
        return copy;
    }

    private static byte[] png(BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, "png", bytes));
        return bytes.toByteArray();
    }

    /** The pixels with their bytes in the order of these shifts. */
    private static byte[] pixels(BufferedImage image, int stride, int first, int second, int third) {
        byte[] pixels = new byte[stride * image.getHeight()];
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y);
                int at = y * stride + 3 * x;
                pixels[at] = (byte) (rgb >> first);
                pixels[at + 1] = (byte) (rgb >> second);
                pixels[at + 2] = (byte) (rgb >> third);
            }
        }
        return pixels;
    }
}
