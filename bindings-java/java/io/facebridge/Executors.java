package io.facebridge;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Where asynchronous calls run unless the user says otherwise. All threads are daemons: none keeps a program alive. */
final class Executors {
    private static final long IDLE_SECONDS = 30;

    /**
     * One thread for each core, shared by all clients. The calls compute all the time, so more threads gain nothing,
     * and the common pool of Java would be blocked by them for everybody else.
     */
    static final Executor CALLS = calls();

    /**
     * Where the futures of those calls are completed, and run what hangs on them. There are as many threads as are
     * needed, so that a stage may wait for another call: on the threads of {@link #CALLS} it could wait for itself.
     */
    static final Executor STAGES = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> daemon(work, "facebridge-stage"));

    /** Completes a future where its call ran. */
    static final Executor AT_ONCE = Runnable::run;

    /** For waiting, which takes long and no computing. */
    static final Executor THREAD_FOR_EACH = work -> daemon(work, "facebridge-wait").start();

    private Executors() {}

    /** The future of a call that runs on one executor; another completes it. */
    static <T> CompletableFuture<T> call(Supplier<T> call, Executor calls, Executor stages) {
        CompletableFuture<T> future = new CompletableFuture<>();
        calls.execute(() -> {
            if (future.isDone()) {
                // It was cancelled before its turn came.
                return;
            }
            Runnable completion;
            try {
                T answer = call.get();
                completion = () -> future.complete(answer);
            } catch (Throwable error) {
                completion = () -> future.completeExceptionally(error);
            }
            try {
                stages.execute(completion);
            } catch (OutOfMemoryError error) {
                // The system gives no thread, and the future must not be forgotten.
                completion.run();
            }
        });
        return future;
    }

    private static Executor calls() {
        int threads = Runtime.getRuntime().availableProcessors();
        AtomicLong count = new AtomicLong();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                work -> daemon(work, "facebridge-call-" + count.incrementAndGet()));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }
}
