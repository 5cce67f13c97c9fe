package io.facebridge;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Puts the files of the jar into a folder where nobody else can exchange them.
 *
 * <p>The folder is kept, so that the next program that starts only has to check it. Whoever else may write beside it
 * could have prepared one of that name: only a folder that is this user's own and closed to others is used, and only
 * files with the right hash. Otherwise a new, private folder serves, which is deleted when the program ends.
 */
final class Unpacking {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final int KIND_AND_RIGHTS = 0170777;
    private static final int FOLDER_OF_OWNER_ONLY = 0040700;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int STICKY = 01000;

    private final Path folder;

    /** It goes when the program ends. */
    private final boolean temporary;

    /** This user's number, or null where files have no owners. */
    private final Object owner;

    /** The folder is this user's own. */
    private Unpacking(Path folder, boolean temporary) throws IOException {
        this.folder = folder;
        this.temporary = temporary;
        this.owner = hasOwners() ? Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS) : null;
    }

    /** A folder for these files below another. */
    static Unpacking below(Path place, PackageFiles files) throws IOException {
        if (!hasOwners()) {
            return temporary(place);
        }
        refuseUnprotected(place);
        String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9]", "_");
        Path folder = place.resolve("facebridge-" + user + "-" + files.identifier());
        try {
            Files.createDirectory(folder, ownerOnly());
        } catch (FileAlreadyExistsException error) {
            if (!isOurs(folder)) {
                return temporary(place);
            }
        }
        return new Unpacking(folder, false);
    }

    /** A private folder below another. */
    static Unpacking temporary(Path place) throws IOException {
        Unpacking unpacking = new Unpacking(Files.createTempDirectory(place, "facebridge-"), true);
        unpacking.folder.toFile().deleteOnExit();
        return unpacking;
    }

    /** Where anybody may rename anything, no folder is safe from being exchanged. */
    private static void refuseUnprotected(Path place) throws IOException {
        int mode = (Integer) Files.getAttribute(place, "unix:mode");
        if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
            throw new FileSystemException(place.toString(), null, "other users may exchange files there");
        }
    }

    private static boolean isOurs(Path folder) throws IOException {
        Object owner = onlyUserOf(folder);
        if (owner == null) {
            return false;
        }
        Path mine;
        try {
            mine = Files.createTempFile(folder, "owner", null);
        } catch (AccessDeniedException error) {
            return false;
        }
        try {
            return owner.equals(Files.getAttribute(mine, "unix:uid"));
        } finally {
            Files.delete(mine);
        }
    }

    /** The owner of a folder that nobody else may enter; null of any other, and of a link. */
    private static Object onlyUserOf(Path folder) throws IOException {
        Map<String, Object> found = Files.readAttributes(folder, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
        boolean closed = ((Integer) found.get("mode") & KIND_AND_RIGHTS) == FOLDER_OF_OWNER_ONLY;
        return closed ? found.get("uid") : null;
    }

    /** Makes a folder, and those above it, that only this user may enter. */
    static void makePrivate(Path folder) throws IOException {
        Files.createDirectories(folder, hasOwners() ? new FileAttribute<?>[] {ownerOnly()} : new FileAttribute<?>[0]);
    }

    private static boolean hasOwners() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    }

    private static FileAttribute<Set<PosixFilePermission>> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    }

    Path folder() {
        return folder;
    }

    /** Makes every file be there. */
    void placeAll(PackageFiles files) throws IOException {
        for (PackageFiles.Entry entry : files.entries()) {
            place(entry);
        }
    }

    /**
     * Whether something has been deleted, as systems do in folders of temporary files after some days, and somebody
     * else may then have put something in its place.
     */
    boolean lacksAnyOf(PackageFiles files) {
        return !isStillOurs()
                || files.entries().stream().anyMatch(entry -> Files.notExists(folder.resolve(entry.path())));
    }

    private boolean isStillOurs() {
        try {
            return owner == null || owner.equals(onlyUserOf(folder));
        } catch (IOException error) {
            return false;
        }
    }

    /** Puts back what has been deleted. */
    void restore(PackageFiles files) throws IOException {
        if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS)) {
            makePrivate(folder);
        }
        if (!isStillOurs()) {
            throw new FaceException(
                    ErrorKind.ASSET_TAMPERED,
                    folder + " was exchanged or opened to others while this program ran; nothing is loaded from it. "
                            + "Delete it and start again, or name a folder by -D" + NativeLibrary.CACHE + ".");
        }
        placeAll(files);
    }

    /** Makes a file of the jar be there, with the bytes that it has in the jar. */
    Path place(PackageFiles.Entry entry) throws IOException {
        Path path = folder.resolve(entry.path());
        if (holds(path, entry.sha256())) {
            return path;
        }
        makeFolders(path.getParent());
        // Another program that starts now may do the same: each writes its own, and the last one stays.
        Path part = Files.createTempFile(path.getParent(), "part", null);
        try {
            String found;
            try (InputStream from = entry.open();
                    OutputStream to = Files.newOutputStream(part)) {
                found = Sha256.copying(from, to);
            }
            if (!found.equals(entry.sha256())) {
                throw new FileSystemException(entry.path(), null, "the facebridge jar is damaged");
            }
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        if (temporary) {
            path.toFile().deleteOnExit();
        }
        return path;
    }

    private static boolean holds(Path path, String sha256) throws IOException {
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (InputStream bytes = Files.newInputStream(path)) {
            return Sha256.of(bytes).equals(sha256);
        }
    }

    private void makeFolders(Path wanted) throws IOException {
        if (wanted.equals(folder) || Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        makeFolders(wanted.getParent());
        try {
            Files.createDirectory(wanted);
        } catch (FileAlreadyExistsException error) {
            if (!Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)) {
                throw error;
            }
        }
        if (temporary) {
            wanted.toFile().deleteOnExit();
        }
    }

    /** Leaves nothing behind where the files are of no use. */
    void remove() throws IOException {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (UncheckedIOException error) {
            throw error.getCause();
        }
    }

    /** What is wrong with a folder, in a few words. */
    static String reason(IOException error) {
        if (error instanceof AccessDeniedException) {
            return "it may not be written to";
        }
        if (error instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (error instanceof NotDirectoryException || error instanceof FileAlreadyExistsException) {
            return "it is not a folder";
        }
        if (error instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return error.getMessage();
    }
}
