package io.facebridge;

import java.net.URL;
import java.net.URLClassLoader;

/** Compares in two class loaders, as two programs in one server do. */
public final class CompareInTwoLoaders {
    private CompareInTwoLoaders() {}

    /**
     * Begins here.
     *
     * @param arguments none
     * @throws Exception where the program cannot be loaded
     */
    public static void main(String[] arguments) throws Exception {
        URL[] places = {Jvm.jar().toUri().toURL(), Jvm.testClasses().toUri().toURL()};
        for (int time = 0; time < 2; time++) {
            URLClassLoader loader = new URLClassLoader(places, ClassLoader.getPlatformClassLoader());
            Class<?> program = loader.loadClass("io.facebridge.CompareOnce");
            program.getMethod("main", String[].class).invoke(null, (Object) arguments);
        }
    }
}
