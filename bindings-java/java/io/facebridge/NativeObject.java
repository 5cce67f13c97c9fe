package io.facebridge;

import java.lang.ref.Cleaner;
import java.util.function.LongFunction;

/**
 * The owner of an object of the native library.
 *
 * <p>The object is known by a number, which is never used twice. A call holds it for as long as it runs, so closing
 * in another thread meanwhile is safe; calls after that fail with {@link ErrorKind#CLOSED}.
 */
abstract class NativeObject implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final long handle;
    private final Cleaner.Cleanable cleanable;

    NativeObject(long handle, LongFunction<byte[]> close) {
        this.handle = handle;
        this.cleanable = CLEANER.register(this, new Closing(handle, close));
    }

    /** Does not know the owner, so that the owner can be collected. */
    private record Closing(long handle, LongFunction<byte[]> close) implements Runnable {
        @Override
        public void run() {
            Reader.answer(close.apply(handle), Reader::nothing);
        }
    }

    /** Valid for as long as this object is reachable: fence it after the call. */
    final long handle() {
        return handle;
    }

    /**
     * Releases what this holds; calls that are running finish first. What is not closed is released some time after
     * it became unreachable. Closing again does nothing.
     */
    @Override
    public final void close() {
        cleanable.clean();
    }
}
