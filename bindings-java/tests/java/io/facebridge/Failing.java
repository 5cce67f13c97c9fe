package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

/** What a call that must fail says. */
final class Failing {
    private Failing() {}

    static FaceException with(ErrorKind kind, Executable call) {
        FaceException error = assertThrows(FaceException.class, call);
        assertEquals(kind, error.kind(), error.getMessage());
        return error;
    }
}
