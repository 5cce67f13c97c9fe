package modular;

import io.facebridge.Client;
import io.facebridge.Comparison;
import io.facebridge.ImageInput;
import java.nio.file.Path;

/** Compares two photos with facebridge as a named module. */
public final class Main {
    private Main() {}

    /**
     * Begins here.
     *
     * @param arguments two photos
     */
    public static void main(String[] arguments) {
        try (Client client = Client.local()) {
            Comparison comparison = client.compare(
                    ImageInput.of(Path.of(arguments[0])), ImageInput.of(Path.of(arguments[1])));
            boolean desktop = ModuleLayer.boot().findModule("java.desktop").isPresent();
            System.out.println(comparison.decision() + " in " + Client.class.getModule().getName()
                    + (desktop ? " with java.desktop" : ""));
        }
    }
}
