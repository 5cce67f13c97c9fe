package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentsTest {
    private static Writer answer() {
        Writer out = new Writer();
        out.bool(true);
        return out;
    }

    @Test
    void whatIsWrittenIsRead() {
        Writer out = answer();
        out.u32(7);
        out.u64(Long.MAX_VALUE);
        out.f32(1.5f);
        out.f64(-0.0);
        out.text("\u7167 \ud83d\ude42");
        out.option(null, Writer::f64);
        out.option("x", Writer::text);
        out.floats(FloatVector.of(1, 2, 3));
        out.bytes(ByteBuffer.wrap(new byte[1000]));
        out.list(List.of(1, 2, 3), Writer::u32);
        out.path(Path.of("/a/b c"));
        Reader.answer(out.document(), in -> {
            assertEquals(7, in.u32());
            assertEquals(Long.MAX_VALUE, in.u64());
            assertEquals(1.5f, in.f32());
            assertEquals(-0.0, in.f64());
            assertEquals("\u7167 \ud83d\ude42", in.text());
            assertNull(in.option(Reader::f64));
            assertEquals("x", in.option(Reader::text));
            assertEquals(FloatVector.of(1, 2, 3), in.floats());
            assertEquals(1000, in.bytes().remaining());
            assertEquals(List.of(1, 2, 3), in.list(Reader::u32));
            assertEquals(Path.of("/a/b c"), in.path());
            return null;
        });
    }

    @Test
    void malformedAnswersAreErrorsOfThisLibrary() {
        Writer out = answer();
        out.text("some text");
        byte[] document = out.document();
        for (int length = 0; length < document.length; length++) {
            byte[] cut = Arrays.copyOf(document, length);
            FaceException error = Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(cut, Reader::text));
            assertTrue(error.getMessage().contains("report"), error.getMessage());
        }
        byte[] longer = Arrays.copyOf(document, document.length + 1);
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(longer, Reader::text));
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(null, Reader::text));
        Writer huge = answer();
        huge.i32(Integer.MAX_VALUE);
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(huge.document(), Reader::text));
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(huge.document(), Reader::floats));
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(huge.document(), in -> in.list(Reader::u32)));
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(huge.document(), ErrorKind::read));
    }

    @Test
    void numbersBeyondJavasTypesAreErrors() {
        Writer out = answer();
        out.i32(-1);
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(out.document(), Reader::u32));
        Writer large = answer();
        large.u64(-1);
        Failing.with(ErrorKind.INTERNAL, () -> Reader.answer(large.document(), Reader::u64));
    }
}
