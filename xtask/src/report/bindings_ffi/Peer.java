import io.facebridge.Client;
import io.facebridge.CompareOptions;
import io.facebridge.DetectOptions;
import io.facebridge.EmbeddingJob;
import io.facebridge.EmbeddingOutcome;
import io.facebridge.ErrorKind;
import io.facebridge.FaceException;
import io.facebridge.ImageInput;
import io.facebridge.PixelFormat;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the Java package costs, for `cargo xtask report bindings-ffi`; as core/benches/bindings_ffi.rs. */
public final class Peer {
    private static final int EMPTY_CALLS = 1000;

    private static volatile double sink;

    private final Client client = Client.local();
    private final ImageInput a;
    private final ImageInput b;
    private final ImageInput frame;
    private final List<Path> paths;

    private Peer(String[] words) throws Exception {
        a = ImageInput.of(Files.readAllBytes(Path.of(words[0])));
        b = ImageInput.of(Files.readAllBytes(Path.of(words[1])));
        byte[] pixels = Files.readAllBytes(Path.of(words[2]));
        ByteBuffer direct = ByteBuffer.allocateDirect(pixels.length);
        direct.put(pixels).flip();
        frame = ImageInput.pixels(direct, 1920, 1080, 1920 * 3, PixelFormat.BGR);
        paths = Arrays.stream(words[3].split("\\|")).map(Path::of).toList();
    }

    public static void main(String[] words) throws Exception {
        Peer peer = new Peer(words);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] request = line.replace("\"", "").split(" ");
            List<Long> times = new ArrayList<>();
            for (int time = 0; time < Integer.parseInt(request[1]); time++) {
                times.add(peer.time(request[0]));
            }
            System.out.println(times);
            System.out.flush();
        }
    }

    private long time(String operation) throws Exception {
        switch (operation) {
            case "empty" -> {
                try (EmbeddingJob job = client.embedMany(List.of())) {
                    job.await();
                    long begin = System.nanoTime();
                    for (int call = 0; call < EMPTY_CALLS; call++) {
                        sink = job.progress().done();
                    }
                    return (System.nanoTime() - begin) / EMPTY_CALLS;
                }
            }
            case "compare" -> {
                long begin = System.nanoTime();
                sink = client.compare(a, b).score();
                return System.nanoTime() - begin;
            }
            case "compare_refused" -> {
                CompareOptions options = CompareOptions.defaults().withMaxFmr(2.0);
                return refused(() -> client.compare(a, b, options));
            }
            case "frame_refused" -> {
                DetectOptions options = DetectOptions.defaults().withMaxFaces(0);
                return refused(() -> client.detect(frame, options));
            }
            case "outcomes" -> {
                try (EmbeddingJob job = client.embedMany(paths)) {
                    job.await();
                    long begin = System.nanoTime();
                    double sum = 0;
                    for (EmbeddingOutcome outcome : job.takeOutcomes(100)) {
                        sum += outcome.embedding().values().get(127);
                        sum += outcome.embedding().source().face().boundingBox().x();
                    }
                    sink = sum;
                    return System.nanoTime() - begin;
                }
            }
            default -> throw new IllegalArgumentException("there is no operation " + operation);
        }
    }

    private static long refused(Runnable call) {
        long begin = System.nanoTime();
        try {
            call.run();
        } catch (FaceException error) {
            if (error.kind() == ErrorKind.INVALID_ARGUMENT) {
                return System.nanoTime() - begin;
            }
            throw error;
        }
        throw new IllegalStateException("the call was to be refused");
    }
}
