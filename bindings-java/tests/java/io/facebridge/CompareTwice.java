package io.facebridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Compares, loses the unpacked files as to a cleaning of the temporary folder, and compares again. */
public final class CompareTwice {
    private CompareTwice() {}

    /**
     * Begins here.
     *
     * @param arguments none
     * @throws IOException where the files cannot be deleted
     */
    public static void main(String[] arguments) throws IOException {
        CompareOnce.main(arguments);
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                try (Stream<Path> inside = Files.walk(folder)) {
                    for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(path);
                    }
                }
            }
        }
        CompareOnce.main(arguments);
    }
}
