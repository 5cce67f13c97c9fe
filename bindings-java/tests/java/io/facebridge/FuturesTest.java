package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FuturesTest {
    private static final Client CLIENT = Clients.SHARED;

    @Test
    void futuresGiveWhatCallsGive() {
        AsyncClient async = CLIENT.async();
        assertEquals(CLIENT.capabilities(), async.capabilities().join());
        assertEquals(CLIENT.detect(Photos.OBAMA), async.detect(Photos.OBAMA).join());
        assertEquals(
                CLIENT.compare(Photos.OBAMA, Photos.BIDEN),
                async.compare(Photos.bytes(Photos.OBAMA), Photos.bytes(Photos.BIDEN)).join());
        Comparison composed = async.embed(Photos.PERSON_A)
                .thenCombine(async.embed(Photos.PERSON_A_LATER), CLIENT::compareEmbeddings)
                .join();
        assertEquals(Decision.MATCH, composed.decision());
        List<CompletableFuture<Embedding>> many =
                Stream.generate(() -> async.embed(Photos.OBAMA)).limit(20).toList();
        many.forEach(future -> assertEquals(many.get(0).join(), future.join()));
    }

    @Test
    void failuresAreFaceExceptions() {
        CompletionException error =
                assertThrows(CompletionException.class, () -> CLIENT.async().embed(Photos.CREDITS).join());
        assertEquals(ErrorKind.UNSUPPORTED_IMAGE, ((FaceException) error.getCause()).kind());
        Throwable held = CLIENT.async().embed(Photos.CREDITS).handle((answer, failure) -> failure).join();
        assertEquals(ErrorKind.UNSUPPORTED_IMAGE, ((FaceException) held).kind());
    }

    /** More of them than there are threads for calls. */
    @Test
    void aStageMayWaitForAnotherCall() {
        AsyncClient async = CLIENT.async();
        Embedding expected = CLIENT.embed(Photos.OBAMA_SMALL);
        List<CompletableFuture<Embedding>> waiting = Stream.generate(() -> async.embed(Photos.OBAMA_SMALL)
                        .thenApply(first -> async.embed(Photos.OBAMA_SMALL).join()))
                .limit(2L * Runtime.getRuntime().availableProcessors() + 1)
                .toList();
        waiting.forEach(future -> assertEquals(expected, future.join()));
    }

    @Test
    void aCallThatIsCancelledBeforeItsTurnIsLeftOut() {
        Queue<Runnable> turns = new ArrayDeque<>();
        CompletableFuture<Embedding> future = CLIENT.async(turns::add).embed(Photos.OBAMA);
        assertTrue(future.cancel(true));
        turns.remove().run();
        assertTrue(future.isCancelled());
    }

    @Test
    void theLibrarysThreadsAreDaemons() {
        CLIENT.async().capabilities().join();
        List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("facebridge-"))
                .toList();
        assertTrue(!own.isEmpty() && own.stream().allMatch(Thread::isDaemon), own::toString);
    }

    @Test
    void callsRunWhereTheUserSays() {
        Set<String> used = ConcurrentHashMap.newKeySet();
        ExecutorService own = Executors.newSingleThreadExecutor(work -> new Thread(work, "own"));
        try {
            AsyncClient async = CLIENT.async(work -> own.execute(() -> {
                used.add(Thread.currentThread().getName());
                work.run();
            }));
            assertEquals(CLIENT.embed(Photos.OBAMA), async.embed(Photos.OBAMA).join());
            assertEquals(1, async.embedMany(List.of(Photos.OBAMA)).join().size());
            assertEquals(Set.of("own"), used);
        } finally {
            own.shutdown();
        }
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.async(null));
    }

    /** Also for operations that are added later. */
    @Test
    void everyOperationHasATwin() {
        for (Method method : Client.class.getDeclaredMethods()) {
            boolean operation = Modifier.isPublic(method.getModifiers())
                    && !Modifier.isStatic(method.getModifiers())
                    && !method.getName().equals("async")
                    && !method.isBridge();
            if (operation) {
                assertTrue(
                        Arrays.stream(AsyncClient.class.getDeclaredMethods())
                                .anyMatch(twin -> twin.getName().equals(method.getName())
                                        && Arrays.equals(twin.getParameterTypes(), method.getParameterTypes())),
                        method::toString);
            }
        }
    }
}
