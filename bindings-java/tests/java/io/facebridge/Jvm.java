package io.facebridge;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Other virtual machines, for what one can do only once: load the library, and end. */
final class Jvm {
    private static final long LONGEST_SECONDS = 90;

    /** What would have a virtual machine print something of its own, or unpack elsewhere than it is told. */
    private static final List<String> UNWANTED =
            List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "XDG_CACHE_HOME");

    private final List<String> wrapper = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();

    /** What became of one. */
    record Ended(int code, String out, String errors) {}

    /** A virtual machine that unpacks to a folder. */
    static Jvm unpackingTo(Path folder) {
        return new Jvm().with("java.io.tmpdir", folder.toString());
    }

    Jvm with(String property, String value) {
        options.add("-D" + property + "=" + value);
        return this;
    }

    Jvm option(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    Jvm environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** A command that the virtual machine is started by. */
    Jvm within(String... command) {
        wrapper.addAll(List.of(command));
        return this;
    }

    static Path jar() {
        return source(Client.class);
    }

    static Path testClasses() {
        return source(Jvm.class);
    }

    private static Path source(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Runs a program of these tests to its end. */
    Ended run(Class<?> program, String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile("jvm", ".out");
        Path errors = Files.createTempFile("jvm", ".err");
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xcheck:jni");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-XX:ErrorFile=" + errors + ".crash");
        command.add("-Dfacebridge.photos=" + Photos.ROOT);
        command.addAll(options);
        command.addAll(List.of("-cp", jar() + System.getProperty("path.separator") + testClasses()));
        command.add(program.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectOutput(output.toFile()).redirectError(errors.toFile());
        builder.environment().keySet().removeAll(UNWANTED);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException("the program hangs: " + Files.readString(errors));
            }
            return new Ended(process.exitValue(), Files.readString(output), Files.readString(errors));
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }
}
