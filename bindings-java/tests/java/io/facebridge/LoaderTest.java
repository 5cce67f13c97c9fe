package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoaderTest {
    /** Where nobody can make a folder, root included. */
    private static final String NOWHERE = "/proc/nowhere";

    /** What newer Javas say of that. */
    private static final String NO_TEMPORARY_FOLDER = "WARNING: java.io.tmpdir directory does not exist\n";

    @TempDir
    Path folder;

    private String compare(Jvm jvm) throws IOException, InterruptedException {
        return run(jvm, CompareOnce.class);
    }

    private static String run(Jvm jvm, Class<?> program, String... arguments) throws IOException, InterruptedException {
        Jvm.Ended ended = jvm.run(program, arguments);
        assertEquals(0, ended.code(), ended.errors());
        assertEquals("", ended.errors().replace(NO_TEMPORARY_FOLDER, ""));
        return ended.out().strip();
    }

    private Path onlyFolder() throws IOException {
        try (Stream<Path> inside = Files.list(folder)) {
            List<Path> all = inside.toList();
            assertEquals(1, all.size(), all::toString);
            return all.get(0);
        }
    }

    private static List<FileTime> times(Path folder) throws IOException {
        try (Stream<Path> inside = Files.walk(folder)) {
            return inside.filter(Files::isRegularFile).sorted().map(LoaderTest::time).toList();
        }
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    @Test
    void theJarIsUnpackedOnceAndCheckedEachTime() throws IOException, InterruptedException {
        String answer = compare(Jvm.unpackingTo(folder));
        Path unpacked = onlyFolder();
        assertEquals("MATCH " + unpacked, answer);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(unpacked)));
        List<FileTime> before = times(unpacked);
        assertEquals(answer, compare(Jvm.unpackingTo(folder)));
        assertEquals(before, times(onlyFolder()));

        // An exchanged or damaged file is not used.
        Path model = unpacked.resolve("share/facebridge/models/face_recognition_sface_2021dec_int8bq.onnx");
        byte[] right = Files.readAllBytes(model);
        Files.write(model, new byte[] {1}, StandardOpenOption.APPEND);
        Path library = unpacked.resolve("lib").resolve(System.mapLibraryName("facebridge_jni"));
        Files.writeString(library, "no library");
        assertEquals(answer, compare(Jvm.unpackingTo(folder)));
        assertEquals(right.length, Files.size(model));
    }

    @Test
    void aFolderThatSomebodyElsePreparedIsNotUsed() throws IOException, InterruptedException {
        compare(Jvm.unpackingTo(folder));
        Path unpacked = onlyFolder();

        Files.setPosixFilePermissions(unpacked, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertPrivate(compare(Jvm.unpackingTo(folder)), unpacked);

        Path elsewhere = Files.move(unpacked, folder.resolve("elsewhere"));
        Files.createSymbolicLink(unpacked, elsewhere);
        assertPrivate(compare(Jvm.unpackingTo(folder)), unpacked);
        Files.delete(unpacked);

        Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
        Files.move(elsewhere, unpacked);
        if (Files.getAttribute(unpacked, "unix:uid").equals(0)) {
            Files.setAttribute(unpacked, "unix:uid", 12345);
            assertPrivate(compare(Jvm.unpackingTo(folder)), unpacked);
        }
    }

    /** Another folder was used, and it is gone. */
    private void assertPrivate(String answer, Path unpacked) throws IOException {
        assertTrue(answer.startsWith("MATCH " + folder), answer);
        assertNotEquals("MATCH " + unpacked, answer);
        try (Stream<Path> inside = Files.list(folder)) {
            List<Path> left = inside.filter(path -> !path.getFileName().toString().equals("elsewhere")).toList();
            assertEquals(List.of(unpacked), left);
        }
    }

    @Test
    void aFolderWhereAnybodyMayExchangeFilesIsNotUsed() throws IOException, InterruptedException {
        Path open = Files.createDirectory(folder.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path home = Files.createDirectory(folder.resolve("home"));
        String answer = compare(Jvm.unpackingTo(open).with("user.home", home.toString()));
        assertTrue(answer.startsWith("MATCH " + home.resolve(".cache/facebridge")), answer);
        try (Stream<Path> inside = Files.list(open)) {
            assertEquals(0, inside.count());
        }
    }

    @Test
    void whereTheTemporaryFolderCannotBeWrittenToTheUsersCacheServes() throws IOException, InterruptedException {
        Path file = Files.createFile(folder.resolve("file"));
        for (String temporary : List.of(NOWHERE, "/proc", file.toString())) {
            Path home = folder.resolve("home");
            Jvm jvm = new Jvm().with("java.io.tmpdir", temporary).with("user.home", home.toString());
            String answer = compare(jvm);
            assertTrue(answer.startsWith("MATCH " + home.resolve(".cache/facebridge")), answer);
        }
        Path cache = folder.resolve("cache");
        Jvm jvm = new Jvm().with("java.io.tmpdir", NOWHERE).with("user.home", NOWHERE);
        String answer = compare(jvm.environment("XDG_CACHE_HOME", cache.toString()));
        assertTrue(answer.startsWith("MATCH " + cache.resolve("facebridge")), answer);
    }

    @Test
    void theUserMayNameTheFolder() throws IOException, InterruptedException {
        Path cache = folder.resolve("deep/er");
        String answer = compare(new Jvm().with("facebridge.cache", cache.toString()));
        assertTrue(answer.startsWith("MATCH " + cache), answer);
    }

    /** Needs the right to mount, within a space of this program's own. */
    @Test
    void whereNoFolderServesTheMessageNamesEachWithItsReason() throws IOException, InterruptedException {
        assumeTrue(canMount(), "this user may not mount");
        Path noexec = Files.createDirectory(folder.resolve("noexec"));
        Path readOnly = Files.createDirectory(folder.resolve("read-only"));
        Path full = Files.createDirectory(folder.resolve("full"));
        String mounts = "mount -t tmpfs -o noexec,mode=0700 none " + noexec + " && mount -t tmpfs -o ro none " + readOnly
                + " && mount -t tmpfs -o size=1m,mode=0700 none " + full
                + " && mount -t tmpfs -o noexec,mode=1777 none /dev/shm && mount -t tmpfs -o ro none /var/tmp"
                + " && exec \"$@\"";
        Jvm jvm = new Jvm().within("unshare", "--mount", "sh", "-c", mounts, "sh");
        jvm.with("facebridge.cache", noexec.toString()).with("java.io.tmpdir", readOnly.toString());
        String answer = compare(jvm.environment("XDG_CACHE_HOME", full.toString()));
        assertTrue(answer.startsWith("RUNTIME_UNAVAILABLE "), answer);
        for (String reason : List.of(
                noexec + ": it does not allow programs (noexec).",
                readOnly + ": Read-only file system.",
                full.resolve("facebridge") + ": No space left on device.",
                "/var/tmp: Read-only file system.",
                "/dev/shm: it does not allow programs (noexec).",
                "-Dfacebridge.cache",
                "-Dfacebridge.home")) {
            assertTrue(answer.contains(reason), () -> reason + " is not in: " + answer);
        }
    }

    @Test
    void aFolderWithoutProgramsIsPassedOver() throws IOException, InterruptedException {
        assumeTrue(canMount(), "this user may not mount");
        Path noexec = Files.createDirectory(folder.resolve("noexec"));
        Path home = folder.resolve("home");
        String mounts = "mount -t tmpfs -o noexec,mode=1777 none " + noexec + " && \"$@\" && ls -A " + noexec;
        Jvm jvm = Jvm.unpackingTo(noexec).within("unshare", "--mount", "sh", "-c", mounts, "sh");
        String answer = compare(jvm.with("user.home", home.toString()));
        // The last line would be what was left behind.
        assertTrue(answer.startsWith("MATCH " + home) && answer.lines().count() == 1, answer);
    }

    private static boolean canMount() throws IOException, InterruptedException {
        ProcessBuilder mount = new ProcessBuilder("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt");
        try {
            return mount.redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException error) {
            return false;
        }
    }

    @Test
    void unpackedByHandNothingIsUnpacked() throws IOException, InterruptedException {
        Path home = unpackByHand();
        Jvm jvm = new Jvm().with("java.io.tmpdir", NOWHERE).with("facebridge.home", home.toString());
        assertEquals("MATCH " + home, compare(jvm));

        Path library = home.resolve("lib").resolve(System.mapLibraryName("facebridge_jni"));
        Path elsewhere = Files.move(library, folder.resolve(library.getFileName()));
        Jvm named = new Jvm().with("facebridge.home", home.toString()).with("facebridge.native", elsewhere.toString());
        assertEquals("MATCH " + home, compare(named));
        // The other files then come from the jar.
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        String answer = compare(Jvm.unpackingTo(temporary).with("facebridge.native", elsewhere.toString()));
        assertTrue(answer.startsWith("MATCH " + temporary), answer);
    }

    @Test
    void aWrongLibraryIsRefused() throws IOException, InterruptedException {
        String missing = compare(new Jvm().with("facebridge.native", folder.resolve("none.so").toString()));
        assertTrue(missing.startsWith("RUNTIME_UNAVAILABLE ") && missing.contains("-Dfacebridge.native"), missing);
        String empty = compare(new Jvm().with("facebridge.home", folder.toString()));
        assertTrue(empty.startsWith("RUNTIME_UNAVAILABLE ") && empty.contains("-Dfacebridge.home"), empty);
        Path other = unpackByHand().resolve("lib/libonnxruntime.so.1.28.0");
        String foreign = compare(new Jvm().with("facebridge.native", other.toString()));
        assertTrue(foreign.contains("come from different releases"), foreign);
    }

    /** The files of the jar as its own list names them. */
    private Path unpackByHand() throws IOException {
        Path home = folder.resolve("home");
        String platform = Platform.name();
        try (FileSystem jar = FileSystems.newFileSystem(Jvm.jar())) {
            Path all = jar.getPath("/io/facebridge/package");
            for (String line : Files.readAllLines(all.resolve(platform + ".sha256"))) {
                String resource = line.split("  ", 2)[1];
                Path file = home.resolve(resource.replace(platform + "/", ""));
                Files.createDirectories(file.getParent());
                Files.copy(all.resolve(resource), file);
            }
        }
        return home;
    }

    @Test
    void filesThatWereCleanedAwayArePutBack() throws IOException, InterruptedException {
        String answer = run(Jvm.unpackingTo(folder), CompareTwice.class, "deleted");
        String line = "MATCH " + onlyFolder();
        assertEquals(List.of(line, line), answer.lines().toList());
    }

    @Test
    void aFolderThatIsExchangedLaterIsNotUsed() throws IOException, InterruptedException {
        for (String happening : List.of("opened", "linked")) {
            Path own = Files.createDirectory(folder.resolve(happening));
            List<String> lines = run(Jvm.unpackingTo(own), CompareTwice.class, happening).lines().toList();
            assertEquals(2, lines.size(), lines::toString);
            assertTrue(lines.get(0).startsWith("MATCH " + own), lines::toString);
            assertTrue(lines.get(1).startsWith("ASSET_TAMPERED " + own), lines::toString);
        }
    }

    @Test
    void theUsersCacheIsMadeOnlyWhereItIsNeeded() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path home = Files.createDirectory(folder.resolve("home"));
        String answer = compare(Jvm.unpackingTo(temporary).with("user.home", home.toString()));
        assertTrue(answer.startsWith("MATCH " + temporary), answer);
        try (Stream<Path> inside = Files.list(home)) {
            assertEquals(0, inside.count());
        }
    }

    /** As Java calls the home of a user that the system does not know. */
    @Test
    void aHomeThatIsNoPathIsPassedOver() {
        String home = System.getProperty("user.home");
        System.setProperty("user.home", "?");
        try {
            List<Places.Place> places = Places.all();
            assertTrue(places.stream().noneMatch(place -> place.folder().toString().contains("?")), places::toString);
        } finally {
            System.setProperty("user.home", home);
        }
    }

    @Test
    void twoProgramsInOneServerBothWork() throws IOException, InterruptedException {
        String answer = run(Jvm.unpackingTo(folder), CompareInTwoLoaders.class);
        String line = "MATCH " + onlyFolder();
        assertEquals(List.of(line, line), answer.lines().toList());
    }

    @Test
    void theModuleOfImagesIsNotNeeded() throws IOException, InterruptedException {
        Jvm jvm = Jvm.unpackingTo(folder).option("--limit-modules", "java.base");
        assertEquals("MATCH " + folder, compare(jvm).replaceAll("/facebridge-[^/]*$", ""));
    }

    /** As in a container without a locale, where Java cannot show such a name. */
    @Test
    void filesOfAnyNameAreReadInAnyLocale() throws IOException, InterruptedException {
        Path photos = Files.createDirectory(folder.resolve("photos"));
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        String script = "for name in \"$(printf '\\347\\205\\247')\" \"$(printf '\\377')\" 'a b%20c'; do "
                + "cp \"$1\" \"$2/$name.jpg\"; done";
        Process copying = new ProcessBuilder("sh", "-c", script, "sh", Photos.OBAMA.toString(), photos.toString())
                .inheritIO()
                .start();
        assertEquals(0, copying.waitFor());
        for (String locale : List.of("C", "C.UTF-8")) {
            Jvm jvm = Jvm.unpackingTo(temporary).environment("LC_ALL", locale);
            assertEquals("3 of 3", run(jvm, EmbedFolder.class, photos.toString()), locale);
        }
    }

    @Test
    void theListInTheJarIsThatOfItsFiles() throws IOException {
        PackageFiles files = PackageFiles.ofThisMachine();
        assertEquals(16, files.identifier().length());
        for (PackageFiles.Entry entry : files.entries()) {
            try (InputStream bytes = entry.open()) {
                assertEquals(entry.sha256(), Sha256.of(bytes), entry.path());
            }
        }
        String places = files.entries().stream().map(PackageFiles.Entry::path).collect(Collectors.joining(" "));
        assertTrue(places.contains("lib/libonnxruntime.so.1.28.0"), places);
        assertEquals(
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                Sha256.of("abc".getBytes(StandardCharsets.UTF_8)));
    }
}
