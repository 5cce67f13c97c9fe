package io.facebridge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Loads the native library, once, from where the user says or from a folder that the jar is unpacked to. */
final class NativeLibrary {
    /** Property: a folder that holds lib/ and share/, so that nothing is unpacked. */
    static final String HOME = "facebridge.home";

    /** Property: the full path of the native library itself. */
    static final String LIBRARY = "facebridge.native";

    /** Property: the folder to unpack to. */
    static final String CACHE = "facebridge.cache";

    private static final String FILE = System.mapLibraryName("facebridge_jni");

    /** Where the native library and ONNX Runtime lie. */
    private static final String PROGRAMS = "lib/";

    /** Set once native methods can be called. */
    private static volatile boolean ready;

    private static boolean loaded;

    /** Where the jar is unpacked, or null where it is not. */
    private static volatile Unpacked unpacked;

    private record Unpacked(Unpacking where, PackageFiles files) {}

    private NativeLibrary() {}

    /**
     * Makes sure that native methods can be called and that their files are there. A failure is not remembered: the
     * next call tries again.
     */
    static void load() {
        if (!ready) {
            try {
                loadOnce();
            } catch (IllegalCallerException error) {
                throw new FaceException(
                        ErrorKind.RUNTIME_UNAVAILABLE,
                        "This Java refuses native code. Start it with --enable-native-access=ALL-UNNAMED, or on the "
                                + "module path with --enable-native-access=io.facebridge.");
            }
        }
        Unpacked now = unpacked;
        if (now != null && now.where.lacksAnyOf(now.files)) {
            restore(now);
        }
    }

    private static synchronized void loadOnce() {
        if (ready) {
            return;
        }
        String library = System.getProperty(LIBRARY);
        if (library != null) {
            loadFile(Path.of(library), LIBRARY);
        }
        String home = System.getProperty(HOME);
        Path folder;
        if (home != null) {
            folder = Path.of(home).toAbsolutePath();
            if (!loaded) {
                loadFile(folder.resolve(PROGRAMS).resolve(FILE), HOME);
            }
        } else {
            unpacked = unpack(PackageFiles.ofThisMachine());
            folder = unpacked.where.folder();
        }
        refuseAnotherRelease();
        Writer out = new Writer();
        out.path(folder);
        Reader.answer(Native.initialize(out.document()), Reader::nothing);
        ready = true;
    }

    private static void loadFile(Path path, String property) {
        try {
            System.load(path.toAbsolutePath().toString());
            loaded = true;
        } catch (UnsatisfiedLinkError error) {
            throw new FaceException(
                    ErrorKind.RUNTIME_UNAVAILABLE,
                    "The native library that -D" + property + " names cannot be loaded: " + error.getMessage() + ".");
        }
    }

    private static synchronized void restore(Unpacked files) {
        try {
            files.where.restore(files.files);
        } catch (IOException error) {
            throw new FaceException(
                    ErrorKind.ASSET_MISSING,
                    "Files of facebridge were deleted from " + files.where.folder() + " and cannot be put back: "
                            + Unpacking.reason(error) + ". Name a folder that is not cleaned by -D" + CACHE + ".");
        }
    }

    /** Unpacks to the first folder where that can be done and programs may be loaded from. */
    private static Unpacked unpack(PackageFiles files) {
        Map<Path, String> reasons = new LinkedHashMap<>();
        for (Places.Place candidate : Places.all()) {
            Path place = candidate.folder();
            try {
                candidate.make();
                Unpacking unpacking = Unpacking.below(place, files);
                if (!loaded) {
                    loadUnpacked(unpacking, place, files);
                }
                unpacking.placeAll(files);
                return new Unpacked(unpacking, files);
            } catch (IOException error) {
                reasons.put(place, Unpacking.reason(error));
            } catch (UnsatisfiedLinkError error) {
                reasons.put(place, isNoexec(error) ? "it does not allow programs (noexec)" : error.getMessage());
            }
        }
        StringBuilder message = new StringBuilder("The native library of facebridge cannot be unpacked and loaded.");
        reasons.forEach((place, reason) -> message.append(' ').append(place).append(": ").append(reason).append('.'));
        message.append(" Name a folder of your own on a disk that allows programs by -D").append(CACHE);
        message.append(", or one that holds the unpacked lib/ and share/ by -D").append(HOME).append('.');
        throw new FaceException(ErrorKind.RUNTIME_UNAVAILABLE, message.toString());
    }

    /** The native library goes first: where it cannot be loaded, the larger files need not be written. */
    private static void loadUnpacked(Unpacking unpacking, Path place, PackageFiles files) throws IOException {
        PackageFiles.Entry entry = files.at(PROGRAMS + FILE);
        Path path = unpacking.place(entry);
        try {
            System.load(path.toString());
        } catch (UnsatisfiedLinkError error) {
            if (isNoexec(error)) {
                unpacking.remove();
            }
            if (!error.getMessage().contains("another classloader")) {
                throw error;
            }
            // A server may run several programs that each bring this jar: a file is loaded by one of them only.
            System.load(Unpacking.temporary(place).place(entry).toString());
        }
        loaded = true;
    }

    private static boolean isNoexec(UnsatisfiedLinkError error) {
        return error.getMessage().contains("failed to map segment");
    }

    /** Classes and library are generated from one definition and understand no other. */
    private static void refuseAnotherRelease() {
        long found;
        try {
            found = Native.apiHash();
        } catch (UnsatisfiedLinkError error) {
            found = 0;
        }
        if (found != Native.API_HASH) {
            throw new FaceException(
                    ErrorKind.RUNTIME_UNAVAILABLE,
                    "The native library and the classes of facebridge come from different releases. Install one jar, "
                            + "and let -D" + LIBRARY + " and -D" + HOME + " name files of the same release.");
        }
    }
}
