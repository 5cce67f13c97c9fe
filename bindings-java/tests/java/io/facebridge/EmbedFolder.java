package io.facebridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Embeds every photo of a folder and says how many could be. */
public final class EmbedFolder {
    private EmbedFolder() {}

    /**
     * Begins here.
     *
     * @param arguments the folder
     * @throws IOException where the folder cannot be read
     * @throws InterruptedException never
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (Client client = Client.local();
                Stream<Path> photos = Files.list(Path.of(arguments[0]));
                EmbeddingJob job = client.embedMany(photos.toList())) {
            List<EmbeddingOutcome> outcomes = job.get();
            long done = outcomes.stream().filter(outcome -> outcome.embedding() != null).count();
            System.out.println(done + " of " + outcomes.size());
        }
    }
}
