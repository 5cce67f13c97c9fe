package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsTest {
    private static final Client CLIENT = Clients.SHARED;
    private static final List<Path> TOO_MANY = Collections.nCopies(100_000, Photos.OBAMA);

    @Test
    void eachPhotoHasItsOwnOutcome() throws InterruptedException {
        List<Path> paths = List.of(Photos.OBAMA, Photos.CREDITS, Path.of("/nowhere.jpg"), Photos.BIDEN);
        try (EmbeddingJob job = CLIENT.embedMany(paths)) {
            job.await();
            assertEquals(new Progress(4, 4, JobState.FINISHED), job.progress());
            List<EmbeddingOutcome> outcomes = new ArrayList<>(job.get());
            outcomes.sort(Comparator.comparingLong(EmbeddingOutcome::index));
            assertEquals(4, outcomes.size());
            assertEquals(CLIENT.embed(Photos.OBAMA), outcomes.get(0).embedding());
            assertNull(outcomes.get(0).failure());
            assertEquals(ErrorKind.UNSUPPORTED_IMAGE, outcomes.get(1).failure().kind());
            assertEquals(ErrorKind.IO, outcomes.get(2).failure().kind());
            assertNull(outcomes.get(2).embedding());
            assertEquals(CLIENT.embed(Photos.BIDEN), outcomes.get(3).embedding());
            assertTrue(job.takeOutcomes(10).isEmpty());
        }
    }

    @Test
    void outcomesCanBeTakenWhileTheJobRuns() {
        try (EmbeddingJob job = CLIENT.embedMany(TOO_MANY)) {
            List<EmbeddingOutcome> taken = new ArrayList<>();
            while (taken.size() < 3) {
                taken.addAll(job.takeOutcomes(1));
            }
            assertEquals(3, taken.stream().map(EmbeddingOutcome::index).distinct().count());
            assertEquals(JobState.RUNNING, job.progress().state());
        }
    }

    @Test
    void waitingHasALimitAndAnEnd() throws InterruptedException {
        try (EmbeddingJob job = CLIENT.embedMany(TOO_MANY)) {
            assertFalse(job.await(Duration.ofMillis(1)));
            assertFalse(job.await(Duration.ofMillis(250)));
            Failing.with(ErrorKind.INVALID_ARGUMENT, () -> job.await(Duration.ofSeconds(-1)));
            Failing.with(ErrorKind.INVALID_ARGUMENT, () -> job.await(null));
            job.cancel();
            assertTrue(job.await(Duration.ofSeconds(60)));
            assertTrue(job.await(Duration.ZERO));
            assertEquals(JobState.CANCELLED, job.progress().state());
            Failing.with(ErrorKind.CANCELLED, job::get);
            job.takeOutcomes(10);
        }
    }

    @Test
    void aWaitIsInterruptedAndTheJobGoesOn() throws InterruptedException {
        try (EmbeddingJob job = CLIENT.embedMany(TOO_MANY)) {
            AtomicReference<Throwable> seen = new AtomicReference<>();
            Thread waiting = new Thread(() -> seen.set(assertThrows(InterruptedException.class, job::await)));
            waiting.start();
            waiting.interrupt();
            waiting.join();
            assertNotNull(seen.get());
            assertEquals(JobState.RUNNING, job.progress().state());
        }
    }

    @Test
    void closingAJobEndsItsWait() throws InterruptedException {
        EmbeddingJob job = CLIENT.embedMany(TOO_MANY);
        AtomicReference<FaceException> seen = new AtomicReference<>();
        Thread waiting = new Thread(() -> seen.set(Failing.with(ErrorKind.CLOSED, job::await)));
        waiting.start();
        job.close();
        waiting.join();
        assertNotNull(seen.get());
    }

    @Test
    void photosAreEvaluated(@TempDir Path folder) throws IOException, InterruptedException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Photos.people(folder));
        try (EvaluationJob job = CLIENT.evaluate(photos)) {
            Evaluation evaluation = job.get();
            assertEquals(evaluation, job.result());
            assertEquals(6, evaluation.images());
            assertEquals("local", evaluation.backend());
            assertNull(evaluation.pairs());
            EvaluationReport report = evaluation.allPairs();
            assertEquals(TrialProtocol.ALL_PAIRS, report.protocol());
            assertEquals(new TrialCounts(3L, 3, 12, 0, 0, 0, 0, 0), report.all().counts());
            assertFalse(report.det().isEmpty());
        }
    }

    @Test
    void aResultIsThereWhenTheJobHasEnded(@TempDir Path folder) throws IOException, InterruptedException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Photos.tooManyPeople(folder));
        try (CalibrationJob job = CLIENT.calibrate("2026-01-31", photos)) {
            Failing.with(ErrorKind.STILL_RUNNING, job::result);
            job.cancel();
            Failing.with(ErrorKind.CANCELLED, job::get);
            Failing.with(ErrorKind.CANCELLED, job::result);
            assertEquals(JobState.CANCELLED, job.progress().state());
        }
    }

    @Test
    void aJobThatFailsThrowsItsOwnErrorEachTime(@TempDir Path folder) throws IOException, InterruptedException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Photos.people(folder));
        try (CalibrationJob job = CLIENT.calibrate("2026-01-31", photos)) {
            // Six photos support no calibration.
            Failing.with(ErrorKind.INSUFFICIENT_DATA, job::get);
            Failing.with(ErrorKind.INSUFFICIENT_DATA, job::get);
            assertEquals(JobState.FAILED, job.progress().state());
        }
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.evaluate(LabelledPhotos.defaults()));
    }

    /** Though the native library hands each outcome over once. */
    @Test
    void theAnswerIsTheSameEachTimeAndForEachThread() throws InterruptedException {
        try (EmbeddingJob job = CLIENT.embedMany(Collections.nCopies(20, Photos.OBAMA))) {
            List<CompletableFuture<List<EmbeddingOutcome>>> futures =
                    Stream.generate(job::toFuture).limit(4).toList();
            List<EmbeddingOutcome> answer = job.get();
            assertEquals(20, answer.size());
            assertEquals(answer, job.get());
            futures.forEach(future -> assertEquals(answer, future.join()));
        }
    }

    @Test
    void aJobAsAFuture(@TempDir Path folder) throws IOException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Photos.people(folder));
        try (EvaluationJob job = CLIENT.evaluate(photos)) {
            assertEquals(6, job.toFuture().join().images());
        }
        assertEquals(6, CLIENT.async().evaluate(photos).join().images());
        assertEquals(2, CLIENT.async().embedMany(List.of(Photos.OBAMA, Photos.BIDEN)).join().size());
        CompletionException failed = assertThrows(
                CompletionException.class, () -> CLIENT.async().calibrate("2026-01-31", photos).join());
        assertEquals(ErrorKind.INSUFFICIENT_DATA, ((FaceException) failed.getCause()).kind());
        CompletionException refused = assertThrows(
                CompletionException.class, () -> CLIENT.async().evaluate(LabelledPhotos.defaults()).join());
        assertEquals(ErrorKind.INVALID_ARGUMENT, ((FaceException) refused.getCause()).kind());
    }

    @Test
    void cancellingTheFutureCancelsTheJob() throws InterruptedException {
        try (EmbeddingJob job = CLIENT.embedMany(TOO_MANY)) {
            CompletableFuture<List<EmbeddingOutcome>> future = job.toFuture();
            assertTrue(future.cancel(true));
            assertTrue(job.await(Duration.ofSeconds(60)));
            assertEquals(JobState.CANCELLED, job.progress().state());
            assertThrows(CancellationException.class, future::join);
        }
    }
}
