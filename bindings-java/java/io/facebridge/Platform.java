package io.facebridge;

import java.util.Locale;

/** The kind of machine that this program runs on. */
final class Platform {
    private Platform() {}

    /** As the folders of the jar are named, such as {@code linux-x86_64}. */
    static String name() {
        return system(System.getProperty("os.name")) + "-" + processor(System.getProperty("os.arch"));
    }

    private static String system(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.startsWith("mac")) {
            return "macos";
        }
        return lower.startsWith("windows") ? "windows" : lower;
    }

    private static String processor(String name) {
        return name.equals("amd64") ? "x86_64" : name;
    }
}
