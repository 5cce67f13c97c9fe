package io.facebridge;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Long work that was begun: watched, waited for and cancelled here. Closing it cancels it.
 *
 * @param <T> what it answers in the end
 */
public abstract class Job<T> extends NativeObject {
    /** How long a wait goes on without looking whether its thread was interrupted. */
    private static final double SECONDS_BETWEEN_LOOKS = 0.1;

    /** How much of an answer in parts is taken at a time. */
    private static final int PART = 1000;

    /** What {@link #get} handed over before: an answer in parts can be taken from the job only once. */
    private T known;

    private final Object lock = new Object();

    Job(long handle, LongFunction<byte[]> close) {
        super(handle, close);
    }

    /**
     * How far the job is.
     *
     * @return steps done and in all, and whether it still runs
     * @throws FaceException {@link ErrorKind#CLOSED} where it is closed
     */
    public abstract Progress progress();

    /**
     * Asks the job to stop.
     *
     * @throws FaceException {@link ErrorKind#CLOSED} where it is closed
     */
    public abstract void cancel();

    /** The native wait; null has no limit. */
    abstract boolean waitFor(Double seconds);

    /** The answer of a job that has ended. */
    abstract T answer();

    /**
     * Waits until the job has ended.
     *
     * @throws InterruptedException where this thread is interrupted; the job goes on
     * @throws FaceException {@link ErrorKind#CLOSED} where it is closed
     */
    public final void await() throws InterruptedException {
        boolean ended;
        do {
            ended = look(SECONDS_BETWEEN_LOOKS);
        } while (!ended);
    }

    /**
     * Waits until the job has ended, or the time is over.
     *
     * @param timeout the longest wait
     * @return whether the job has ended
     * @throws InterruptedException where this thread is interrupted; the job goes on
     * @throws FaceException {@link ErrorKind#CLOSED} where it is closed; {@link ErrorKind#INVALID_ARGUMENT} where the
     *     time is negative
     */
    public final boolean await(Duration timeout) throws InterruptedException {
        double wanted = Checks.present("timeout", timeout).getSeconds() + timeout.getNano() / 1e9;
        long begin = System.nanoTime();
        double left = wanted;
        boolean ended;
        do {
            ended = look(Math.min(left, SECONDS_BETWEEN_LOOKS));
            left = wanted - (System.nanoTime() - begin) / 1e9;
        } while (!ended && left > 0);
        return ended;
    }

    private boolean look(double seconds) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return waitFor(seconds);
    }

    /**
     * Waits until the job has ended, and hands over what it answers: the same each time, to every thread.
     *
     * @return the answer
     * @throws InterruptedException where this thread is interrupted; the job goes on
     * @throws FaceException the job's own error; {@link ErrorKind#CANCELLED} where it was cancelled;
     *     {@link ErrorKind#CLOSED} where it is closed
     */
    public final T get() throws InterruptedException {
        await();
        synchronized (lock) {
            if (known == null) {
                known = answer();
            }
            return known;
        }
    }

    /**
     * The answer as a future, for which a thread of its own waits. Cancelling the future cancels the job.
     *
     * @return the future
     */
    public final CompletableFuture<T> toFuture() {
        return toFuture(Executors.THREAD_FOR_EACH);
    }

    /**
     * The answer as a future. Cancelling the future cancels the job.
     *
     * @param executor has a thread to spare that waits for as long as the job runs
     * @return the future
     */
    public final CompletableFuture<T> toFuture(Executor executor) {
        CompletableFuture<T> future = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                future.complete(get());
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
                future.completeExceptionally(error);
            } catch (Throwable error) {
                future.completeExceptionally(error);
            }
        });
        future.whenComplete((answer, error) -> {
            if (error instanceof CancellationException) {
                cancelIfOpen();
            }
        });
        return future;
    }

    /** The answer of a job that hands it over in parts. */
    final <E> List<E> inParts(IntFunction<List<E>> take) {
        JobState state = progress().state();
        if (state == JobState.CANCELLED) {
            throw new FaceException(
                    ErrorKind.CANCELLED, "The job was cancelled. What was done before can still be taken in parts.");
        }
        List<E> all = new ArrayList<>();
        List<E> part = take.apply(PART);
        while (!part.isEmpty()) {
            all.addAll(part);
            part = take.apply(PART);
        }
        if (state == JobState.FAILED) {
            // The job's own error comes in place of the part after the last.
            throw FaceException.internal("The job ended with an error.");
        }
        return List.copyOf(all);
    }

    /** Begins a job, and closes it when its future is complete. */
    static <T> CompletableFuture<T> run(Supplier<? extends Job<T>> begin, Executor executor) {
        Job<T> job;
        try {
            job = begin.get();
        } catch (FaceException error) {
            return CompletableFuture.failedFuture(error);
        }
        CompletableFuture<T> future;
        try {
            future = job.toFuture(executor);
        } catch (Throwable error) {
            // The executor refuses: nobody will wait for the job.
            job.close();
            throw error;
        }
        future.whenComplete((answer, error) -> job.close());
        return future;
    }

    private void cancelIfOpen() {
        try {
            cancel();
        } catch (FaceException error) {
            if (error.kind() != ErrorKind.CLOSED) {
                throw error;
            }
        }
    }
}
