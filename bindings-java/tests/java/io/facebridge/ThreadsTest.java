package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void eightThreadsGetTheSameBits() throws InterruptedException, ExecutionException {
        byte[] photo = Photos.bytes(Photos.OBAMA);
        Embedding expected = Clients.SHARED.embed(photo);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<Embedding> work = () -> Clients.SHARED.embed(photo);
            for (Future<Embedding> result : threads.invokeAll(Collections.nCopies(40, work))) {
                assertEquals(expected, result.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void closingDuringCallsIsSafe() throws InterruptedException, ExecutionException {
        byte[] photo = Photos.bytes(Photos.OBAMA);
        Embedding expected = Clients.SHARED.embed(photo);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 3; round++) {
                Client client = Client.local();
                CountDownLatch begun = new CountDownLatch(4);
                List<Future<Integer>> results = new ArrayList<>();
                for (int thread = 0; thread < 4; thread++) {
                    results.add(threads.submit(() -> untilClosed(client, photo, expected, begun)));
                }
                boolean all = begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                client.close();
                for (Future<Integer> result : results) {
                    assertTrue(result.get() >= 1);
                }
                assertTrue(all, "a thread never began");
            }
        } finally {
            threads.shutdown();
        }
    }

    /** How many calls were answered; each is answered whole or refused as closed. */
    private static int untilClosed(Client client, byte[] photo, Embedding expected, CountDownLatch begun) {
        for (int calls = 0; ; calls++) {
            try {
                assertEquals(expected, client.embed(photo));
            } catch (FaceException error) {
                assertEquals(ErrorKind.CLOSED, error.kind());
                return calls;
            } finally {
                // Also of a call that fails: what it throws is for the test to report, not to wait for.
                begun.countDown();
            }
        }
    }

    @Test
    void aClientThatNobodyHoldsIsClosed() throws InterruptedException {
        long handle = leakedClient();
        Instant end = Instant.now().plus(PATIENCE);
        while (isOpen(handle)) {
            assertTrue(Instant.now().isBefore(end), "the client was never closed");
            System.gc();
            Thread.sleep(10);
        }
    }

    private static long leakedClient() {
        Client client = Client.local();
        assertTrue(isOpen(client.handle()));
        return client.handle();
    }

    private static boolean isOpen(long handle) {
        try {
            Reader.answer(Native.clientCapabilities(handle), Capabilities::read);
            return true;
        } catch (FaceException error) {
            assertEquals(ErrorKind.CLOSED, error.kind());
            return false;
        }
    }

    @Test
    void aJobThatNobodyHoldsIsCancelled() throws InterruptedException, IOException {
        leakJob();
        Instant end = Instant.now().plus(PATIENCE);
        while (jobThreads() > 0) {
            assertTrue(Instant.now().isBefore(end), "the job was never cancelled");
            System.gc();
            Thread.sleep(10);
        }
    }

    private static void leakJob() throws IOException, InterruptedException {
        EmbeddingJob job = Clients.SHARED.embedMany(Collections.nCopies(100_000, Photos.OBAMA));
        Instant end = Instant.now().plus(PATIENCE);
        while (jobThreads() == 0) {
            assertTrue(Instant.now().isBefore(end), "the job never began");
            Thread.sleep(1);
        }
        assertEquals(JobState.RUNNING, job.progress().state());
    }

    @Test
    void aJobThatNobodyWillWaitForIsCancelled() throws InterruptedException, IOException {
        AsyncClient async = Clients.SHARED.async(work -> {
            throw new RejectedExecutionException();
        });
        assertThrows(
                RejectedExecutionException.class,
                () -> async.embedMany(Collections.nCopies(100_000, Photos.OBAMA)));
        assertThrows(RejectedExecutionException.class, () -> async.embed(Photos.OBAMA));
        Instant end = Instant.now().plus(PATIENCE);
        while (jobThreads() > 0) {
            assertTrue(Instant.now().isBefore(end), "the job was never cancelled");
            Thread.sleep(10);
        }
    }

    /** Threads of this process that run a job. */
    private static long jobThreads() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(thread -> name(thread).equals("facebridge-job")).count();
        }
    }

    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException error) {
            // It ended meanwhile.
            return "";
        }
    }

    /** The object must not be collected, and closed, while its last call runs. */
    @Test
    void aCallKeepsItsClient() throws InterruptedException {
        byte[] photo = Photos.bytes(Photos.OBAMA);
        Embedding expected = Clients.SHARED.embed(photo);
        Thread collector = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                System.gc();
            }
        });
        collector.start();
        try {
            for (int round = 0; round < 10; round++) {
                assertEquals(expected, Client.local().embed(photo));
            }
        } finally {
            collector.interrupt();
            collector.join();
        }
    }
}
