package io.facebridge;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Has the native library panic in eight threads at once; says what each was told, then compares. */
public final class PanicInCalls {
    /** What nobody may read in a message or a log. */
    static final String SECRET = "customer-4711";

    private static final int THREADS = 8;

    private PanicInCalls() {}

    /**
     * Begins here.
     *
     * @param arguments none
     * @throws InterruptedException never
     */
    public static void main(String[] arguments) throws InterruptedException {
        DetectOptions.defaults();
        List<Thread> threads = new ArrayList<>();
        for (int count = 0; count < THREADS; count++) {
            threads.add(new Thread(PanicInCalls::panic));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        CompareOnce.main(arguments);
    }

    private static void panic() {
        byte[] answer = Panic.with(SECRET.getBytes(StandardCharsets.UTF_8));
        try {
            Reader.answer(answer, Reader::nothing);
            System.out.println("an answer");
        } catch (FaceException error) {
            System.out.println(error.kind() + " " + error.getMessage());
        }
    }
}
