package io.facebridge;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The files of the jar that the native library works with: itself, ONNX Runtime, models, licences. */
final class PackageFiles {
    private static final String FOLDER = "package/";

    private final String platform;
    private final String index;
    private final List<Entry> entries;

    /**
     * A file of the jar.
     *
     * @param sha256 what its bytes must hash to, in lower-case hexadecimal
     * @param resource its place in the jar, below {@link #FOLDER}
     * @param path its place when unpacked, such as {@code lib/libfacebridge_jni.so}
     */
    record Entry(String sha256, String resource, String path) {
        InputStream open() throws IOException {
            InputStream stream = PackageFiles.class.getResourceAsStream(FOLDER + resource);
            if (stream == null) {
                throw new FileNotFoundException(resource + " is not in the jar");
            }
            return stream;
        }
    }

    private PackageFiles(String platform, String index) {
        this.platform = platform;
        this.index = index;
        this.entries = index.lines().map(this::entry).toList();
    }

    /** A line is as `sha256sum` prints it. */
    private Entry entry(String line) {
        String[] parts = line.split("  ", 2);
        String own = platform + "/";
        String path = parts[1].startsWith(own) ? parts[1].substring(own.length()) : parts[1];
        return new Entry(parts[0], parts[1], path);
    }

    /** Those for this machine. */
    static PackageFiles ofThisMachine() {
        String platform = Platform.name();
        try (InputStream stream = PackageFiles.class.getResourceAsStream(FOLDER + platform + ".sha256")) {
            if (stream == null) {
                throw new FaceException(
                        ErrorKind.ASSET_MISSING,
                        "This jar has no native library for " + platform + ". Build one for it, and name the folder "
                                + "that holds its lib/ and share/ by -D" + NativeLibrary.HOME + ".");
            }
            return new PackageFiles(platform, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException error) {
            throw new FaceException(ErrorKind.ASSET_MISSING, "The facebridge jar cannot be read. Install it again.");
        }
    }

    List<Entry> entries() {
        return entries;
    }

    /** The file that is unpacked to a path. */
    Entry at(String path) {
        return entries.stream()
                .filter(entry -> entry.path().equals(path))
                .findFirst()
                .orElseThrow(() -> new FaceException(ErrorKind.ASSET_MISSING, path + " is not in the facebridge jar."));
    }

    /** Differs wherever any file does. */
    String identifier() {
        return Sha256.of(index.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }
}
