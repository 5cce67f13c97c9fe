package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ErrorsTest {
    private static final Client CLIENT = Clients.SHARED;

    @Test
    void everyFailureHasItsKind() {
        byte[] photo = Photos.bytes(Photos.OBAMA);
        Failing.with(ErrorKind.UNSUPPORTED_IMAGE, () -> CLIENT.detect(Photos.CREDITS));
        Failing.with(ErrorKind.INVALID_IMAGE, () -> CLIENT.detect(Arrays.copyOf(photo, 500)));
        Failing.with(ErrorKind.IO, () -> CLIENT.detect(Path.of("/nowhere/photo.jpg")));
        Failing.with(ErrorKind.IO, () -> CLIENT.detect(Path.of("")));

        ImageInput plain = ImageInput.pixels(new byte[300 * 300], 300, 300, 300, PixelFormat.GREY);
        FaceException noFace = Failing.with(ErrorKind.NO_FACE, () -> CLIENT.embed(plain));
        assertEquals(10, noFace.checkCode());
        assertFalse(noFace.retryable());
        assertNull(noFace.vendorCode());
        assertNull(noFace.traceId());
        assertEquals(CheckCode.NO_FACE, CLIENT.detect(plain).checkCode());

        for (int faces : new int[] {0, 101, Integer.MAX_VALUE}) {
            FaceException error = Failing.with(
                    ErrorKind.INVALID_ARGUMENT, () -> CLIENT.detect(photo, new DetectOptions(faces)));
            assertTrue(error.getMessage().contains("max_faces"), error.getMessage());
        }
        for (double rate : new double[] {Double.NaN, 0, -1, 1, Double.POSITIVE_INFINITY}) {
            CompareOptions options = new CompareOptions(rate);
            FaceException error = Failing.with(
                    ErrorKind.INVALID_ARGUMENT, () -> CLIENT.compare(photo, photo, options));
            assertTrue(error.getMessage().contains("max_fmr"), error.getMessage());
        }
    }

    @Test
    void negativeAndAbsentValuesAreRefusedByName() {
        refused("maxFaces", () -> new DetectOptions(-1));
        refused("maxFaces", () -> DetectOptions.defaults().withMaxFaces(Integer.MIN_VALUE));
        refused("maxBytes", () -> ImageLimits.defaults().withMaxBytes(-1));
        refused("singlePassSide", () -> EngineOptions.defaults().withSinglePassSide(-1));
        refused("limits", () -> EngineOptions.defaults().withLimits(null));
        refused("cohorts", () -> LabelledPhotos.defaults().withCohorts(null));
        refused("cohorts", () -> LabelledPhotos.defaults().withCohorts(Collections.singletonList(null)));
        refused("file", () -> new CohortList("a", null));
        refused("paths", () -> CLIENT.embedMany(Arrays.asList(Photos.OBAMA, null)));
        try (EmbeddingJob job = CLIENT.embedMany(List.of())) {
            refused("maxOutcomes", () -> job.takeOutcomes(-1));
            assertTrue(job.takeOutcomes(Integer.MAX_VALUE).isEmpty());
        }
        FaceException error = Failing.with(
                ErrorKind.INVALID_ARGUMENT,
                () -> CLIENT.calibrate("\ud800", LabelledPhotos.defaults().withFolder(Photos.ROOT)));
        assertTrue(error.getMessage().contains("Unicode"), error.getMessage());
    }

    private static void refused(String name, Executable call) {
        FaceException error = Failing.with(ErrorKind.INVALID_ARGUMENT, call);
        assertTrue(error.getMessage().contains("`" + name + "`"), error.getMessage());
    }

    /** Every public method, so that new ones are covered too. */
    @Test
    void nullIsRefusedByEveryMethod() throws ReflectiveOperationException {
        int tried = 0;
        try (EmbeddingJob job = CLIENT.embedMany(List.of())) {
            for (Object object : new Object[] {CLIENT, job, Facebridge.class}) {
                Class<?> type = object instanceof Class<?> known ? known : object.getClass();
                for (Method method : type.getDeclaredMethods()) {
                    if (!Modifier.isPublic(method.getModifiers()) || allPrimitive(method)) {
                        continue;
                    }
                    tried++;
                    Object[] absent = Arrays.stream(method.getParameterTypes()).map(this::absent).toArray();
                    InvocationTargetException thrown = assertThrows(
                            InvocationTargetException.class, () -> method.invoke(object, absent), method.toString());
                    FaceException error = (FaceException) thrown.getCause();
                    assertEquals(ErrorKind.INVALID_ARGUMENT, error.kind(), method.toString());
                    assertTrue(error.getMessage().contains("must not be null"), error.getMessage());
                }
            }
        }
        assertTrue(tried > 20, "only " + tried);
    }

    private static boolean allPrimitive(Method method) {
        return Arrays.stream(method.getParameterTypes()).allMatch(Class::isPrimitive);
    }

    private Object absent(Class<?> type) {
        return type.isPrimitive() ? 0 : null;
    }

    @Test
    void aClosedClientSaysSo() {
        Client client = Client.local();
        EmbeddingJob job = client.embedMany(List.of(Photos.OBAMA));
        client.close();
        client.close();
        FaceException error = Failing.with(ErrorKind.CLOSED, client::capabilities);
        assertTrue(error.getMessage().contains("Client"), error.getMessage());
        Failing.with(ErrorKind.CLOSED, () -> client.embed(Photos.OBAMA));
        Failing.with(ErrorKind.CLOSED, () -> client.embedMany(List.of()));
        // A job that was begun goes on.
        assertTrue(job.waitFor(60.0));
        job.close();
        job.close();
        Failing.with(ErrorKind.CLOSED, job::progress);
        Failing.with(ErrorKind.CLOSED, job::cancel);
        Failing.with(ErrorKind.CLOSED, job::await);
        Failing.with(ErrorKind.CLOSED, () -> job.takeOutcomes(1));
    }

    @Test
    void forgedHandlesReachNothing() {
        long client = CLIENT.handle();
        byte[] closed = Native.clientClose(Long.MAX_VALUE);
        Failing.with(ErrorKind.CLOSED, () -> Reader.answer(closed, Reader::nothing));
        for (long forged : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, client + 1_000_000}) {
            Failing.with(
                    ErrorKind.CLOSED, () -> Reader.answer(Native.clientCapabilities(forged), Capabilities::read));
        }
        // Of another kind.
        Failing.with(ErrorKind.CLOSED, () -> Reader.answer(Native.embeddingJobProgress(client), Progress::read));
        Failing.with(ErrorKind.CLOSED, () -> Reader.answer(Native.embeddingJobClose(client), Reader::nothing));
        assertEquals("local", CLIENT.capabilities().backend());
    }

    /** The virtual machine looks a native method up when it is first called. */
}
