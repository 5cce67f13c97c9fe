package io.facebridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The folders that the jar may be unpacked below, the best first. */
final class Places {
    private Places() {}

    /**
     * One of them.
     *
     * @param folder its full path
     * @param own whether it belongs to this user alone, and is made where it is missing
     */
    record Place(Path folder, boolean own) {
        /** Makes the folder be there, when its turn has come. */
        void make() throws IOException {
            if (own && !Files.isDirectory(folder)) {
                Unpacking.makePrivate(folder);
            }
        }
    }

    static List<Place> all() {
        List<Place> places = new ArrayList<>();
        String chosen = System.getProperty(NativeLibrary.CACHE);
        if (chosen != null) {
            places.add(new Place(Path.of(chosen).toAbsolutePath(), true));
        }
        places.add(new Place(Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath(), false));
        Path cache = userCache();
        if (cache != null) {
            places.add(new Place(cache, true));
        }
        if (!Platform.name().startsWith("windows")) {
            places.add(new Place(Path.of("/var/tmp"), false));
            places.add(new Place(Path.of("/dev/shm"), false));
        }
        return places;
    }

    /** Null where this user has no home: Java then calls it {@code ?}. */
    private static Path userCache() {
        Path chosen = absolute(System.getenv("XDG_CACHE_HOME"));
        Path home = absolute(System.getProperty("user.home"));
        if (chosen == null && home != null) {
            chosen = home.resolve(".cache");
        }
        return chosen == null ? null : chosen.resolve("facebridge");
    }

    private static Path absolute(String text) {
        try {
            return text != null && Path.of(text).isAbsolute() ? Path.of(text) : null;
        } catch (InvalidPathException error) {
            // A name that has no form in this locale.
            return null;
        }
    }
}
