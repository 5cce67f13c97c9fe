package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

class ExitTest {
    @TempDir
    static Path folder;

    @RepeatedTest(3)
    void aProgramReturnsFromMainDuringCalls() throws IOException, InterruptedException {
        assertEquals(new Jvm.Ended(0, "", ""), Jvm.unpackingTo(folder).run(EndDuringCalls.class));
    }

    @RepeatedTest(3)
    void aProgramExitsDuringCalls() throws IOException, InterruptedException {
        assertEquals(new Jvm.Ended(7, "", ""), Jvm.unpackingTo(folder).run(EndDuringCalls.class, "7"));
    }
}
