package io.facebridge;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reads a document of the native library; see {@link Writer} for its form. */
final class Reader {
    private final ByteBuffer buffer;

    private Reader(byte[] document) {
        buffer = ByteBuffer.wrap(document).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The answer that a document holds, or the exception that it describes, thrown. */
    static <T> T answer(byte[] document, Function<Reader, T> read) {
        if (document == null) {
            throw FaceException.internal("The native library had no memory for its answer.");
        }
        Reader in = new Reader(document);
        FaceException failure;
        try {
            if (in.bool()) {
                T answer = read.apply(in);
                if (in.buffer.hasRemaining()) {
                    throw malformed();
                }
                return answer;
            }
            failure = FaceException.read(in);
        } catch (BufferUnderflowException error) {
            throw malformed();
        }
        throw failure;
    }

    /** For answers that say nothing. */
    Void nothing() {
        return null;
    }

    boolean bool() {
        return switch (buffer.get()) {
            case 0 -> false;
            case 1 -> true;
            default -> throw malformed();
        };
    }

    int i32() {
        return buffer.getInt();
    }

    int u32() {
        return (int) unsigned(buffer.getInt());
    }

    long u64() {
        return unsigned(buffer.getLong());
    }

    private static long unsigned(long value) {
        if (value < 0) {
            throw FaceException.internal("A number of the answer is larger than Java's type for it.");
        }
        return value;
    }

    float f32() {
        return buffer.getFloat();
    }

    double f64() {
        return buffer.getDouble();
    }

    byte[] array() {
        byte[] bytes = new byte[length(1)];
        buffer.get(bytes);
        return bytes;
    }

    ByteBuffer bytes() {
        return ByteBuffer.wrap(array());
    }

    String text() {
        return new String(array(), StandardCharsets.UTF_8);
    }

    Path path() {
        return Path.of(text());
    }

    FloatVector floats() {
        float[] values = new float[length(Float.BYTES)];
        buffer.asFloatBuffer().get(values);
        buffer.position(buffer.position() + values.length * Float.BYTES);
        return FloatVector.owning(values);
    }

    <T> T option(Function<Reader, T> read) {
        return bool() ? read.apply(this) : null;
    }

    <T> List<T> list(Function<Reader, T> read) {
        int length = length(1);
        List<T> values = new ArrayList<>(length);
        for (int at = 0; at < length; at++) {
            values.add(read.apply(this));
        }
        return List.copyOf(values);
    }

    /** A length that the rest of the document can hold. */
    private int length(int bytesEach) {
        int length = buffer.getInt();
        if (length < 0 || length > buffer.remaining() / bytesEach) {
            throw malformed();
        }
        return length;
    }

    static FaceException malformed() {
        return FaceException.internal("The native library's answer is malformed.");
    }
}
