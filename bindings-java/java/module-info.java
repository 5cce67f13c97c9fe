/**
 * Face recognition: detect, embed and compare faces, on this machine.
 *
 * <p>{@link io.facebridge.Client} is where to begin.
 */
module io.facebridge {
    // Only needed to hand over a BufferedImage; a headless runtime without java.desktop does the rest.
    requires static transitive java.desktop;

    exports io.facebridge;
}
