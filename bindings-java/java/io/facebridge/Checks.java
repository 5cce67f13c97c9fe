package io.facebridge;

import java.nio.ByteBuffer;
import java.util.List;

/** Refuses arguments that cannot be carried to the native library, by their names. */
final class Checks {
    private Checks() {}

    static <T> T present(String name, T value) {
        if (value == null) {
            throw invalid(name, "must not be null");
        }
        return value;
    }

    /** An unmodifiable copy. */
    static <T> List<T> list(String name, List<T> values) {
        try {
            return List.copyOf(present(name, values));
        } catch (NullPointerException error) {
            throw invalid(name, "must not contain null");
        }
    }

    /** A read-only copy. */
    static ByteBuffer copy(String name, ByteBuffer bytes) {
        ByteBuffer source = present(name, bytes).duplicate();
        return ByteBuffer.allocate(source.remaining()).put(source).flip().asReadOnlyBuffer();
    }

    static int notNegative(String name, int value) {
        if (value < 0) {
            throw invalid(name, "must be 0 or more");
        }
        return value;
    }

    static long notNegative(String name, long value) {
        if (value < 0) {
            throw invalid(name, "must be 0 or more");
        }
        return value;
    }

    /** Null stands for absent. */
    static Integer notNegative(String name, Integer value) {
        return value == null ? null : (Integer) notNegative(name, value.intValue());
    }

    /** Null stands for absent. */
    static Long notNegative(String name, Long value) {
        return value == null ? null : (Long) notNegative(name, value.longValue());
    }

    static FaceException invalid(String name, String problem) {
        return new FaceException(ErrorKind.INVALID_ARGUMENT, "`" + name + "` " + problem + ".");
    }
}
