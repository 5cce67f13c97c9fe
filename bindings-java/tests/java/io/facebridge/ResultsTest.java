package io.facebridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    private static final Client CLIENT = Clients.SHARED;

    @Test
    void aFaceIsFoundWhereItIs() {
        Detection detection = CLIENT.detect(Photos.OBAMA, DetectOptions.defaults().withMaxFaces(5));
        assertEquals(1, detection.faces().size());
        assertEquals(CheckCode.OK, detection.checkCode());
        Face face = detection.faces().get(0);
        assertTrue(face.probability() > 0.9 && face.probability() <= 1, () -> "" + face.probability());
        BoundingBox box = face.boundingBox();
        assertTrue(box.x() > 0 && box.x() + box.width() < detection.imageWidth());
        assertTrue(box.y() > 0 && box.y() + box.height() < detection.imageHeight());
        assertTrue(face.landmarks().rightEye().x() < face.landmarks().leftEye().x());
        assertTrue(face.landmarks().noseTip().y() < face.landmarks().leftMouthCorner().y());
        assertThrows(UnsupportedOperationException.class, () -> detection.faces().clear());
        assertEquals(detection, CLIENT.detect(Photos.bytes(Photos.OBAMA), new DetectOptions(5)));
    }

    @Test
    void onePersonMatchesAndTwoDoNot() {
        Comparison same = CLIENT.compare(Photos.PERSON_A, Photos.PERSON_A_LATER);
        assertEquals(Decision.MATCH, same.decision());
        assertNull(same.indeterminateReason());
        assertTrue(same.score() >= same.threshold() && same.score() <= same.scale());
        assertEquals(80.0, same.threshold());
        assertEquals("local", same.answeredBy());
        assertNull(same.traceId());
        assertNotNull(same.faceA());

        Comparison other = CLIENT.compare(Photos.bytes(Photos.OBAMA), Photos.bytes(Photos.BIDEN));
        assertEquals(Decision.NO_MATCH, other.decision());
        assertTrue(other.score() < other.threshold());

        Comparison strict = CLIENT.compare(
                Photos.PERSON_A, Photos.PERSON_A_LATER, CompareOptions.defaults().withMaxFmr(1e-9));
        assertEquals(Decision.INDETERMINATE, strict.decision());
        assertEquals(IndeterminateReason.BEYOND_CALIBRATION, strict.indeterminateReason());
        assertNull(strict.threshold());
    }

    @Test
    void embeddingsCompareAsTheirPictures() {
        Embedding a = CLIENT.embed(Photos.PERSON_A);
        Embedding b = CLIENT.embed(Photos.PERSON_A_LATER);
        Comparison pictures = CLIENT.compare(Photos.PERSON_A, Photos.PERSON_A_LATER);
        assertEquals(pictures, CLIENT.compareEmbeddings(a, b));
        assertEquals(pictures, CLIENT.compareEmbeddings(a, b, CompareOptions.defaults()));

        Embedding stored = new Embedding(
                FloatVector.of(a.values().toArray()), a.modelId(), a.pipeline(), a.source());
        assertEquals(a, stored);
        assertEquals(a.hashCode(), stored.hashCode());
        assertNotEquals(a, b);
        assertEquals(pictures, CLIENT.compareEmbeddings(stored, b));

        Embedding foreign = new Embedding(a.values(), "another", "another/1", a.source());
        Failing.with(ErrorKind.MODEL_MISMATCH, () -> CLIENT.compareEmbeddings(a, foreign));
        Embedding longer = new Embedding(
                FloatVector.of(new float[128]), a.modelId(), a.pipeline(), a.source());
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> CLIENT.compareEmbeddings(a, longer));
    }

    @Test
    void noTextShowsTheValuesOfAnEmbedding() {
        Embedding embedding = CLIENT.embed(Photos.OBAMA);
        String text = embedding.toString();
        assertTrue(text.contains("FloatVector(128)"), text);
        for (float value : embedding.values().toArray()) {
            assertFalse(text.contains(Float.toString(value)), text);
        }
    }

    @Test
    void aVectorCannotBeChanged() {
        float[] numbers = {1, 2, Float.NaN};
        FloatVector vector = FloatVector.of(numbers);
        numbers[0] = 7;
        vector.toArray()[1] = 7;
        assertArrayEquals(new float[] {1, 2, Float.NaN}, vector.toArray());
        assertEquals(FloatVector.of(1, 2, Float.NaN), vector);
        assertEquals(FloatVector.of(1, 2, Float.NaN).hashCode(), vector.hashCode());
        assertNotEquals(FloatVector.of(1, 2), vector);
        assertEquals(2, vector.get(1));
        assertEquals(3, vector.asBuffer().remaining());
        assertThrows(ReadOnlyBufferException.class, () -> vector.asBuffer().put(0, 7));
        assertThrows(IndexOutOfBoundsException.class, () -> vector.get(3));
    }

    @Test
    void capabilitiesTellWhatTheClientIs() {
        Capabilities capabilities = CLIENT.capabilities();
        assertEquals("local", capabilities.backend());
        assertTrue(capabilities.operations().containsAll(List.of(Operation.DETECT, Operation.COMPARE)));
        assertEquals(128, capabilities.embeddingLength());
        assertTrue(capabilities.calibrated());
        assertTrue(capabilities.concurrency() >= 1);
        assertEquals(CLIENT.embed(Photos.OBAMA).pipeline(), capabilities.pipeline());
        assertEquals(64, capabilities.models().get(0).sha256().length());
    }

    @Test
    void optionsComeFromTheCore() {
        assertEquals(1, DetectOptions.defaults().maxFaces());
        assertNull(CompareOptions.defaults().maxFmr());
        EngineOptions options = EngineOptions.defaults();
        assertNull(options.modelDir());
        assertEquals(8192, options.limits().maxSide());
        assertEquals(QualityThresholds.defaults(), options.quality());
        assertEquals(10, LabelledPhotos.defaults().folds());
        assertTrue(LabelledPhotos.defaults().cohorts().isEmpty());
        EngineOptions changed = options.withConcurrency(1).withModelDir(Path.of("/models"));
        assertEquals(1, changed.concurrency());
        assertEquals(options, changed.withConcurrency(0).withModelDir(null));
    }

    @Test
    void optionsReachTheCore() {
        ImageLimits limits = ImageLimits.defaults().withMaxBytes(1000);
        EngineOptions options = EngineOptions.defaults().withConcurrency(1).withLimits(limits);
        try (Client client = Client.local(options)) {
            assertEquals(1, client.capabilities().concurrency());
            Failing.with(ErrorKind.IMAGE_TOO_LARGE, () -> client.embed(Photos.OBAMA));
        }
        EngineOptions nowhere = EngineOptions.defaults().withModelDir(Path.of("/nowhere"));
        Failing.with(ErrorKind.ASSET_MISSING, () -> Client.local(nowhere));
    }

    @Test
    void aFileConfiguresAClient(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("facebridge.toml");
        Files.writeString(file, "[local]\nconcurrency = 1\n");
        try (Client client = Client.fromConfig(file)) {
            assertEquals(1, client.capabilities().concurrency());
        }
        Files.writeString(file, "[local]\nunknown_key = 1\n");
        Failing.with(ErrorKind.INVALID_ARGUMENT, () -> Client.fromConfig(file));
        Failing.with(ErrorKind.IO, () -> Client.fromConfig(folder.resolve("none.toml")));
    }

    @Test
    void modelsAreOptimized() throws IOException {
        Path models = Path.of(CLIENT.capabilities().runtimeLibrary())
                .resolve("../../share/facebridge/models/face_detection_yunet_2023mar_int8bq.onnx")
                .normalize();
        byte[] model = Files.readAllBytes(models);
        byte[] optimized = Facebridge.optimizeModel(model);
        assertTrue(optimized.length > 1000 && optimized.length != model.length);
        assertArrayEquals(optimized, Facebridge.optimizeModel(model));
        Failing.with(ErrorKind.INVALID_MODEL, () -> Facebridge.optimizeModel(Photos.bytes(Photos.OBAMA)));
    }

    @Test
    void enumsHaveTheNumbersAndWordsOfEveryLanguage() {
        assertEquals(5, ErrorKind.NO_FACE.number());
        assertEquals("no_face", ErrorKind.NO_FACE.text());
        assertEquals(31, CheckCode.TOO_DARK.number());
        assertEquals("no_match", Decision.NO_MATCH.text());
        assertSame(Direction.LEFT, Direction.valueOf("LEFT"));
    }
}
