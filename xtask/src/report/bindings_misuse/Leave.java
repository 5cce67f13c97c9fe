import io.facebridge.Client;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Ends a virtual machine with calls in flight, for `cargo xtask report bindings-misuse`: exit code 7, or 1 where the
 * calls could not begin.
 */
public final class Leave {
    private Leave() {}

    public static void main(String[] words) throws Exception {
        byte[] photo = Files.readAllBytes(Path.of(words[0]));
        Client client = Client.local();
        CountDownLatch begun = new CountDownLatch(2);
        for (int index = 0; index < 2; index++) {
            Thread thread = new Thread(() -> {
                client.embed(photo);
                begun.countDown();
                while (true) {
                    client.embed(photo);
                }
            });
            // What a call refused at the end throws is nobody's concern.
            thread.setUncaughtExceptionHandler((where, error) -> {});
            thread.setDaemon(true);
            thread.start();
        }
        if (!begun.await(60, TimeUnit.SECONDS)) {
            System.exit(1);
        }
        Thread.sleep(ThreadLocalRandom.current().nextInt(30));
        System.exit(7);
    }
}
