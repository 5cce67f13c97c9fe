package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What no class of ours does, done from eight threads at once to every native method, so that new operations are
 * covered by themselves: an error each time, never a crash.
 */
class MisuseTest {
    private static final int THREADS = 8;

    /** Open objects, by what the names of their natives begin with. */
    private static final Map<String, NativeObject> OPEN = new HashMap<>();

    /** Handles that no native may accept. */
    private static final List<Long> DEAD = new ArrayList<>();

    private static final List<byte[]> DOCUMENTS = documents();

    @BeforeAll
    static void begin(@TempDir Path folder) throws IOException, InterruptedException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Photos.people(folder));
        Client client = Client.local(EngineOptions.defaults().withConcurrency(1));
        List<Job<?>> jobs = List.of(
                client.embedMany(List.of()), client.evaluate(photos), client.calibrate("2026-01-31", photos));
        for (Job<?> job : jobs) {
            job.cancel();
            job.await();
            keep(job);
        }
        keep(client);

        Client closed = Client.local(EngineOptions.defaults().withConcurrency(1));
        EmbeddingJob closedJob = closed.embedMany(List.of());
        closedJob.close();
        closed.close();
        Random random = new Random(7);
        DEAD.addAll(List.of(0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, random.nextLong(), random.nextLong()));
        DEAD.addAll(List.of(closed.handle(), closedJob.handle()));
    }

    private static void keep(NativeObject object) {
        String name = object.getClass().getSimpleName();
        OPEN.put(name.substring(0, 1).toLowerCase() + name.substring(1), object);
    }

    @AfterAll
    static void end() {
        OPEN.values().forEach(NativeObject::close);
        OPEN.clear();
        DEAD.clear();
    }

    @Test
    void everyNativeMethodIsInTheLibrary() throws ReflectiveOperationException {
        List<Method> natives = natives();
        for (Method method : natives) {
            Object[] nothing = Arrays.stream(method.getParameterTypes())
                    .map(type -> type.isPrimitive() ? (Object) 0L : null)
                    .toArray();
            assertNotNull(method.invoke(null, nothing), method::toString);
        }
        assertTrue(natives.size() > 30, "only " + natives.size());
    }

    @Test
    void noNativeTakesAWrongHandle() throws InterruptedException, ExecutionException {
        int refused = fromManyThreads(method -> {
            if (!takes(method, long.class)) {
                return 0;
            }
            List<Long> handles = new ArrayList<>(DEAD);
            NativeObject own = own(method);
            OPEN.values().stream().filter(object -> object != own).map(NativeObject::handle).forEach(handles::add);
            int count = 0;
            for (long handle : handles) {
                for (byte[] document : DOCUMENTS) {
                    ErrorKind kind = refusal(method, handle, document);
                    assertTrue(
                            kind == ErrorKind.CLOSED || takes(method, byte[].class) && kind != ErrorKind.INTERNAL,
                            () -> method + " with handle " + handle + ": " + kind);
                    count++;
                }
            }
            return count;
        });
        assertTrue(refused > 10_000, "only " + refused);
    }

    /** The handle is the right one, where the method takes any. */
    @Test
    void noNativeTakesAWrongDocument() throws InterruptedException, ExecutionException {
        int refused = fromManyThreads(method -> {
            if (!takes(method, byte[].class)) {
                return 0;
            }
            NativeObject object = own(method);
            int count = 0;
            for (byte[] document : DOCUMENTS) {
                ErrorKind kind = refusal(method, object == null ? 0 : object.handle(), document);
                assertNotEquals(ErrorKind.INTERNAL, kind, () -> method + " with " + Arrays.toString(document));
                count++;
            }
            return count;
        });
        assertTrue(refused > 10_000, "only " + refused);
    }

    /** Null, empty, cut, lengths that lie, and garbage. */
    private static List<byte[]> documents() {
        List<byte[]> documents = new ArrayList<>(Arrays.asList(
                null,
                new byte[0],
                new byte[] {-1},
                new byte[] {-1, -1, -1, -1, -1},
                new byte[] {0, -1, -1, -1, 127, 1},
                new byte[] {1, -1, -1, -1, 127, -1, -1, -1, 127},
                new byte[] {2, 0, 0, 0, 0, 12, 0, 0, 0}));
        for (byte[] whole : wellFormed()) {
            for (int length : new int[] {whole.length / 3, whole.length / 2, whole.length - 1}) {
                documents.add(Arrays.copyOf(whole, length));
            }
            documents.add(Arrays.copyOf(whole, whole.length + 1));
        }
        Random random = new Random(7);
        for (int count = 0; count < 100; count++) {
            byte[] bytes = new byte[9 + random.nextInt(64)];
            random.nextBytes(bytes);
            // No document begins so: a number would be followed by less, and a choice has fewer sides.
            bytes[0] = (byte) (3 + random.nextInt(250));
            documents.add(bytes);
        }
        return documents;
    }

    /** As the classes write them, for operations of today. */
    private static List<byte[]> wellFormed() {
        Writer detect = new Writer();
        ImageInput.of(Photos.OBAMA).describe(detect);
        DetectOptions.write(detect, DetectOptions.defaults());
        Writer compare = new Writer();
        ImageInput.of(new byte[8]).describe(compare);
        ImageInput.pixels(new byte[8], 2, 1, 6, PixelFormat.RGB).describe(compare);
        CompareOptions.write(compare, CompareOptions.defaults().withMaxFmr(1e-3));
        Writer paths = new Writer();
        paths.list(List.of(Photos.OBAMA, Photos.BIDEN), Writer::path);
        Writer calibrate = new Writer();
        calibrate.text("2026-01-31");
        LabelledPhotos.write(calibrate, LabelledPhotos.defaults().withFolder(Photos.ROOT));
        Writer engine = new Writer();
        EngineOptions.write(engine, EngineOptions.defaults());
        return List.of(
                detect.document(), compare.document(), paths.document(), calibrate.document(), engine.document());
    }

    private interface Attempt {
        /** How many calls were refused, as they must be. */
        int on(Method method) throws ReflectiveOperationException;
    }

    private static int fromManyThreads(Attempt attempt) throws InterruptedException, ExecutionException {
        AtomicInteger refused = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> results = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                // Each begins with another method.
                List<Method> methods = natives();
                Collections.rotate(methods, thread * methods.size() / THREADS);
                results.add(threads.submit(() -> {
                    for (Method method : methods) {
                        refused.addAndGet(attempt.on(method));
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get();
            }
        } finally {
            threads.shutdown();
        }
        return refused.get();
    }

    private static List<Method> natives() {
        List<Method> natives = new ArrayList<>(Arrays.asList(Native.class.getDeclaredMethods()));
        natives.removeIf(method -> !Modifier.isNative(method.getModifiers()));
        return natives;
    }

    private static boolean takes(Method method, Class<?> type) {
        return Arrays.asList(method.getParameterTypes()).contains(type);
    }

    /** The open object that a native is for, or null. */
    private static NativeObject own(Method method) {
        return OPEN.entrySet().stream()
                .filter(entry -> takes(method, long.class) && method.getName().startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /** How a native refuses; the bytes beside the document are as wrong as it is. */
    private static ErrorKind refusal(Method method, long handle, byte[] document) throws ReflectiveOperationException {
        List<Object> values = new ArrayList<>();
        for (Class<?> type : method.getParameterTypes()) {
            if (type == long.class) {
                values.add(handle);
            } else if (type == ByteBuffer.class) {
                values.add(values.size() % 2 == 0 ? ByteBuffer.allocate(8) : null);
            } else {
                values.add(document);
            }
        }
        byte[] answer = (byte[]) method.invoke(null, values.toArray());
        assertEquals(0, answer[0], () -> method + " with handle " + handle + " took " + Arrays.toString(document));
        return assertThrows(FaceException.class, () -> Reader.answer(answer, Reader::nothing)).kind();
    }

    @Test
    void aBufferThatIsNotDirectIsRefusedByTheNativeSide() {
        long handle = OPEN.get("client").handle();
        Writer out = new Writer();
        out.u8(1);
        out.u32(0);
        out.u32(4);
        byte[] answer = Native.clientEmbed(handle, out.document(), null, ByteBuffer.allocate(4));
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> Reader.answer(answer, Embedding::read));
        byte[] beyond = Native.clientEmbed(handle, out.document(), null, ByteBuffer.allocateDirect(3));
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> Reader.answer(beyond, Embedding::read));
        byte[] neither = Native.clientEmbed(handle, out.document(), null, null);
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> Reader.answer(neither, Embedding::read));
    }

    @Test
    void aPanicIsAnErrorThatQuotesNothing(@TempDir Path folder) throws IOException, InterruptedException {
        Jvm.Ended ended = Jvm.unpackingTo(folder).run(PanicInCalls.class);
        assertEquals(0, ended.code(), ended.errors());
        assertEquals("", ended.errors());
        List<String> lines = ended.out().lines().toList();
        assertEquals(THREADS + 1, lines.size(), ended.out());
        for (String line : lines.subList(0, THREADS)) {
            assertTrue(line.startsWith("INTERNAL "), line);
        }
        assertFalse(ended.out().contains(PanicInCalls.SECRET), ended.out());
        assertTrue(lines.get(THREADS).startsWith("MATCH "), ended.out());
    }
}
