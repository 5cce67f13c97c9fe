package io.facebridge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** The folders that the jar may be unpacked below, the best first. */
final class Places {
    private Places() {}

    /** Those that belong to this user alone are made where they are missing. */
    static Set<Path> all() {
        Set<Path> places = new LinkedHashSet<>();
        String chosen = System.getProperty(NativeLibrary.CACHE);
        if (chosen != null) {
            places.add(made(Path.of(chosen)));
        }
        places.add(Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath());
        places.add(made(userCache()));
        if (!Platform.name().startsWith("windows")) {
            places.add(Path.of("/var/tmp"));
            places.add(Path.of("/dev/shm"));
        }
        return places;
    }

    private static Path userCache() {
        String chosen = System.getenv("XDG_CACHE_HOME");
        Path cache = chosen != null && Path.of(chosen).isAbsolute()
                ? Path.of(chosen)
                : Path.of(System.getProperty("user.home"), ".cache");
        return cache.resolve("facebridge");
    }

    private static Path made(Path folder) {
        Path absolute = folder.toAbsolutePath();
        try {
            Unpacking.makePrivate(absolute);
        } catch (IOException error) {
            // Using the folder will fail for the same reason, and that is reported.
        }
        return absolute;
    }
}
