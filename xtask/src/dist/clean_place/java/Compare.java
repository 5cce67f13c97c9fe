import io.facebridge.Client;
import io.facebridge.Comparison;
import io.facebridge.Decision;
import java.nio.file.Path;
import java.util.Locale;

/** Compares the first photo with each of the others, through nothing but the installed artefact. */
public final class Compare {
    public static void main(String[] photos) {
        try (Client client = Client.local()) {
            for (int other = 1; other < photos.length; other++) {
                Comparison found = client.compare(Path.of(photos[0]), Path.of(photos[other]));
                String decision = found.decision() == Decision.MATCH ? "match" : "no_match";
                System.out.printf(Locale.ROOT, "%s %.6f%n", decision, found.score());
            }
        }
    }
}
