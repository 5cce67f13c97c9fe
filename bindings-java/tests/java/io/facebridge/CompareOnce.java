package io.facebridge;

import java.nio.file.Path;

/** Compares two photos and says how it went: the decision, or the kind and message of the failure. */
public final class CompareOnce {
    private CompareOnce() {}

    /**
     * Begins here.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        try (Client client = Client.local()) {
            Comparison comparison = client.compare(Photos.PERSON_A, Photos.PERSON_A_LATER);
            Path library = Path.of(client.capabilities().runtimeLibrary());
            System.out.println(comparison.decision() + " " + library.getParent().getParent());
        } catch (FaceException error) {
            System.out.println(error.kind() + " " + error.getMessage());
        }
    }
}
