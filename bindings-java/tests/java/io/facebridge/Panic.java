package io.facebridge;

/** A native that only the development build has. */
final class Panic {
    private Panic() {}

    /** Panics within the native library, with these words. */
    static native byte[] with(byte[] words);
}
