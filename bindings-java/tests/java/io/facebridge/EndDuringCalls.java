package io.facebridge;

import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends while daemon threads are inside calls: by returning, or with the exit code that is given. */
public final class EndDuringCalls {
    private static final int THREADS = 4;

    private EndDuringCalls() {}

    /**
     * Begins here.
     *
     * @param arguments an exit code, or nothing to return
     * @throws InterruptedException never
     */
    public static void main(String[] arguments) throws InterruptedException {
        byte[] photo = Photos.bytes(Photos.OBAMA);
        Client client = Client.local();
        CountDownLatch busy = new CountDownLatch(THREADS);
        for (int count = 0; count < THREADS; count++) {
            Thread thread = new Thread(() -> {
                while (true) {
                    client.embed(photo);
                    busy.countDown();
                }
            });
            thread.setDaemon(true);
            // The end of the program ends the loop: new work is refused then.
            thread.setUncaughtExceptionHandler((ended, error) -> {});
            thread.start();
        }
        client.async().embedMany(Collections.nCopies(100_000, Photos.OBAMA));
        if (!busy.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the calls never began");
        }
        if (arguments.length > 0) {
            System.exit(Integer.parseInt(arguments[0]));
        }
    }
}
