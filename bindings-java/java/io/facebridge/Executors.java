package io.facebridge;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Where asynchronous calls run unless the user says otherwise. All threads are daemons: none keeps a program alive. */
final class Executors {
    private static final long IDLE_SECONDS = 30;

    /**
     * One thread for each core, shared by all clients. The calls compute all the time, so more threads gain nothing,
     * and the common pool of Java would be blocked by them for everybody else.
     */
    static final Executor CALLS = calls();

    /** For waiting, which takes long and no computing. */
    static final Executor THREAD_FOR_EACH = work -> daemon(work, "facebridge-wait").start();

    private Executors() {}

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
