package io.facebridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Compares, has something happen to the folder of the unpacked files, and compares again. */
public final class CompareTwice {
    private CompareTwice() {}

    /**
     * Begins here.
     *
     * @param arguments what happens: `deleted` as by a cleaning of temporary folders, `opened` to everybody, or
     *     `linked` to another folder
     * @throws IOException where it cannot happen
     */
    public static void main(String[] arguments) throws IOException {
        CompareOnce.main(arguments);
        for (Path folder : folders()) {
            switch (arguments[0]) {
                case "deleted" -> delete(folder);
                case "opened" -> Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
                default -> Files.createSymbolicLink(folder, Files.move(folder, Path.of(folder + ".moved")));
            }
        }
        CompareOnce.main(arguments);
    }

    private static List<Path> folders() throws IOException {
        try (Stream<Path> inside = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return inside.filter(Files::isDirectory).toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
