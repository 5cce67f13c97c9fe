package io.facebridge;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;

/** Writes the arguments of a call as one document: little-endian, lengths first, a byte before what may be absent. */
final class Writer {
    private ByteBuffer buffer = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);

    /** What was written. */
    byte[] document() {
        byte[] document = new byte[buffer.position()];
        buffer.flip().get(document);
        return document;
    }

    void u8(int value) {
        room(Byte.BYTES).put((byte) value);
    }

    void bool(boolean value) {
        u8(value ? 1 : 0);
    }

    void i32(int value) {
        room(Integer.BYTES).putInt(value);
    }

    /** The value was checked where it came in. */
    void u32(int value) {
        i32(value);
    }

    /** The value was checked where it came in. */
    void u64(long value) {
        room(Long.BYTES).putLong(value);
    }

    void f32(float value) {
        room(Float.BYTES).putFloat(value);
    }

    void f64(double value) {
        room(Double.BYTES).putDouble(value);
    }

    void bytes(ByteBuffer value) {
        ByteBuffer source = value.duplicate();
        i32(source.remaining());
        room(source.remaining()).put(source);
    }

    void text(String value) {
        try {
            // Unlike String.getBytes this refuses half a surrogate pair, which has no form in UTF-8.
            bytes(StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value)));
        } catch (CharacterCodingException error) {
            throw new FaceException(ErrorKind.INVALID_ARGUMENT, "A text is not valid Unicode.");
        }
    }

    void path(Path value) {
        if (value.getFileSystem() != FileSystems.getDefault()) {
            throw new FaceException(
                    ErrorKind.INVALID_ARGUMENT,
                    "A path leads into an archive or another file system. Read the file and pass its bytes.");
        }
        String text = value.toString();
        if (text.chars().allMatch(sign -> sign < 128) || FileSystems.getDefault().getSeparator().equals("\\")) {
            text(text);
        } else {
            bytes(systemName(value.toUri()));
        }
    }

    /** The bytes that the system knows a file by: where the locale is not UTF-8, the text of a path lacks some. */
    private static ByteBuffer systemName(URI uri) {
        String escaped = uri.getRawPath();
        // A folder's address ends with a slash that its path does not have.
        int end = escaped.length() > 1 && escaped.endsWith("/") ? escaped.length() - 1 : escaped.length();
        ByteBuffer name = ByteBuffer.allocate(end);
        for (int at = 0; at < end; at++) {
            if (escaped.charAt(at) == '%') {
                name.put((byte) Integer.parseInt(escaped, at + 1, at + 3, 16));
                at += 2;
            } else {
                name.put((byte) escaped.charAt(at));
            }
        }
        return name.flip();
    }

    void floats(FloatVector value) {
        i32(value.length());
        room(value.length() * Float.BYTES).asFloatBuffer().put(value.asBuffer());
        buffer.position(buffer.position() + value.length() * Float.BYTES);
    }

    <T> void option(T value, BiConsumer<Writer, T> write) {
        bool(value != null);
        if (value != null) {
            write.accept(this, value);
        }
    }

    <T> void list(List<T> values, BiConsumer<Writer, T> write) {
        i32(values.size());
        for (T value : values) {
            write.accept(this, value);
        }
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int capacity = Math.addExact(buffer.position(), bytes);
            ByteBuffer larger = ByteBuffer.allocate(Math.max(capacity, (int) Math.min(2L * capacity, 1 << 30)));
            buffer = larger.order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
        return buffer;
    }
}
