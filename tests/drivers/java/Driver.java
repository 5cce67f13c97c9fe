import io.facebridge.BoundingBox;
import io.facebridge.Capabilities;
import io.facebridge.Client;
import io.facebridge.CompareOptions;
import io.facebridge.Comparison;
import io.facebridge.DetPoint;
import io.facebridge.DetectOptions;
import io.facebridge.Detection;
import io.facebridge.Embedding;
import io.facebridge.EmbeddingJob;
import io.facebridge.EmbeddingOutcome;
import io.facebridge.Evaluation;
import io.facebridge.EvaluationJob;
import io.facebridge.EvaluationReport;
import io.facebridge.Face;
import io.facebridge.FaceException;
import io.facebridge.Facebridge;
import io.facebridge.ImageInput;
import io.facebridge.LabelledPhotos;
import io.facebridge.ModelDescription;
import io.facebridge.PixelFormat;
import io.facebridge.Point;
import io.facebridge.SelectedFace;
import io.facebridge.Warning;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Runs a plan of calls and prints what came of each, for comparison with the other languages. It asserts nothing.
 *
 * <p>{@code java -cp facebridge.jar Driver.java PLAN}
 */
public final class Driver {
    private final Client client;
    private final Map<String, String> fields;

    private Driver(Client client, Map<String, String> fields) {
        this.client = client;
        this.fields = fields;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        try (Client client = Client.local()) {
            for (String line : Files.readAllLines(Path.of(arguments[0]))) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] parts = line.split("\t");
                Map<String, String> fields = new HashMap<>();
                for (String part : Arrays.asList(parts).subList(2, parts.length)) {
                    int sign = part.indexOf('=');
                    fields.put(part.substring(0, sign), part.substring(sign + 1));
                }
                out.print(parts[0] + "\t" + new Driver(client, fields).outcome(parts[1]) + "\n");
            }
        }
        out.flush();
    }

    private String outcome(String operation) throws IOException, InterruptedException {
        try {
            return switch (operation) {
                case "detect" -> detect();
                case "embed" -> embedded(client.embed(image("image")));
                case "compare" -> compared(client.compare(image("a"), image("b"), compareOptions()));
                case "compare_embeddings" -> compared(client.compareEmbeddings(
                        client.embed(image("a")), client.embed(image("b")), compareOptions()));
                case "embed_many" -> embedMany();
                case "capabilities" -> capabilities(client.capabilities());
                case "from_config" -> fromConfig();
                case "optimize_model" -> optimizeModel();
                case "evaluate" -> evaluate();
                case "closed" -> closed();
                default -> throw new IllegalArgumentException("no such operation: " + operation);
            };
        } catch (FaceException error) {
            return failed(error);
        }
    }

    private String detect() throws IOException {
        String faces = fields.get("max_faces");
        Detection detection = faces == null
                ? client.detect(image("image"))
                : client.detect(image("image"), DetectOptions.defaults().withMaxFaces(Integer.parseInt(faces)));
        Digest digest = new Digest();
        detection.faces().forEach(digest::face);
        return join(
                "faces=" + detection.faces().size(),
                "check_code=" + detection.checkCode().number(),
                "size=" + detection.imageWidth() + "x" + detection.imageHeight(),
                "rotation=" + detection.rotation(),
                "warnings=" + warnings(detection.warnings()),
                "digest=" + digest);
    }

    private static String embedded(Embedding embedding) {
        return join(
                "model_id=" + embedding.modelId(),
                "pipeline=" + embedding.pipeline(),
                "warnings=" + warnings(embedding.source().warnings()),
                "digest=" + new Digest().embedding(embedding));
    }

    private CompareOptions compareOptions() {
        String maxFmr = fields.get("max_fmr");
        return maxFmr == null
                ? CompareOptions.defaults()
                : CompareOptions.defaults().withMaxFmr(Double.parseDouble(maxFmr));
    }

    private static String compared(Comparison comparison) {
        Digest digest = new Digest();
        digest.selected(comparison.faceA());
        digest.selected(comparison.faceB());
        boolean estimated = comparison.estimatedFmr() != null;
        return join(
                "decision=" + comparison.decision().text(),
                "reason=" + (comparison.indeterminateReason() == null ? "-" : comparison.indeterminateReason().text()),
                "score=" + bits(comparison.score()),
                "raw_score=" + bits(comparison.rawScore()),
                "threshold=" + bits(comparison.threshold()),
                "fmr=" + (estimated ? bits(comparison.estimatedFmr().rate()) : "-"),
                "at_most=" + flag(estimated && comparison.estimatedFmr().atMost()),
                "answered_by=" + comparison.answeredBy(),
                "model_id=" + comparison.modelId(),
                "warnings_a=" + (comparison.faceA() == null ? "" : warnings(comparison.faceA().warnings())),
                "warnings_b=" + (comparison.faceB() == null ? "" : warnings(comparison.faceB().warnings())),
                "digest=" + digest);
    }

    private String embedMany() throws InterruptedException {
        List<Path> paths = Arrays.stream(fields.get("paths").split("\\|")).map(Path::of).toList();
        try (EmbeddingJob job = client.embedMany(paths)) {
            List<EmbeddingOutcome> outcomes = new ArrayList<>(job.get());
            outcomes.sort(Comparator.comparingLong(EmbeddingOutcome::index));
            String each = outcomes.stream()
                    .map(outcome -> outcome.index() + ":" + (outcome.embedding() == null
                            ? name(outcome.failure().kind())
                            : new Digest().embedding(outcome.embedding())))
                    .collect(Collectors.joining(","));
            return join("outcomes=" + outcomes.size(), "i=" + each);
        }
    }

    private static String capabilities(Capabilities capabilities) {
        return join(
                "backend=" + capabilities.backend(),
                "operations=" + joined(capabilities.operations().stream().map(one -> one.text()).toList()),
                "models=" + joined(capabilities.models().stream().map(Driver::model).toList()),
                "pipeline=" + capabilities.pipeline(),
                "embedding_length=" + capabilities.embeddingLength(),
                "calibrated=" + flag(capabilities.calibrated()),
                "lowest_fmr=" + bits(capabilities.lowestSupportedFmr()),
                "concurrency=" + capabilities.concurrency(),
                "formats=" + joined(capabilities.imageFormats()),
                "jpeg=" + capabilities.jpegDecoder());
    }

    private static String model(ModelDescription model) {
        return model.id() + ":" + model.kind() + ":" + model.sha256();
    }

    private String fromConfig() {
        try (Client configured = Client.fromConfig(Path.of(fields.get("config")))) {
            return capabilities(configured.capabilities());
        }
    }

    private String optimizeModel() throws IOException {
        byte[] model = Facebridge.optimizeModel(Files.readAllBytes(Path.of(fields.get("model"))));
        return join("length=" + model.length, "digest=" + new Digest().bytes(model));
    }

    private String evaluate() throws InterruptedException {
        LabelledPhotos photos = LabelledPhotos.defaults().withFolder(Path.of(fields.get("folder")));
        try (EvaluationJob job = client.evaluate(photos)) {
            Evaluation evaluation = job.get();
            Digest digest = new Digest();
            EvaluationReport report = evaluation.allPairs();
            if (report != null) {
                digest.u64(report.all().counts().mated()).u64(report.all().counts().nonMated());
                for (DetPoint point : report.det()) {
                    digest.f32(point.threshold()).f64(point.fmr()).f64(point.fnmr());
                }
            }
            return join(
                    "images=" + evaluation.images(),
                    "undetected=" + evaluation.undetected(),
                    "unreadable=" + evaluation.unreadable(),
                    "digest=" + digest);
        }
    }

    private String closed() throws IOException {
        Client closed = Client.local();
        closed.close();
        return embedded(closed.embed(image("image")));
    }

    private static String failed(FaceException error) {
        List<String> said = new ArrayList<>();
        said.add("error=" + name(error.kind()));
        if (error.checkCode() != null) {
            said.add("error_check_code=" + error.checkCode());
        }
        said.add("message=" + error.getMessage().replaceAll("[\t\n\r]", " "));
        return String.join("\t", said);
    }

    /** The name as in the definition: {@code NO_FACE} is NoFace. */
    private static String name(Enum<?> constant) {
        return Arrays.stream(constant.name().split("_"))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase())
                .collect(Collectors.joining());
    }

    private ImageInput image(String field) throws IOException {
        String[] parts = fields.get(field).split(":", 2);
        switch (parts[0]) {
            case "encoded":
                return ImageInput.of(Files.readAllBytes(Path.of(parts[1])));
            case "path":
                return ImageInput.of(Path.of(parts[1]));
            default:
                PixelFormat format = PixelFormat.valueOf(parts[0].toUpperCase());
                String[] layout = parts[1].split(":", 3);
                String[] size = layout[0].split("x");
                return ImageInput.pixels(
                        Files.readAllBytes(Path.of(layout[2])),
                        Integer.parseInt(size[0]),
                        Integer.parseInt(size[1]),
                        Integer.parseInt(layout[1]),
                        format);
        }
    }

    private static String join(String... said) {
        return String.join("\t", said);
    }

    private static String joined(List<String> words) {
        return String.join(",", words);
    }

    private static String warnings(List<Warning> warnings) {
        return joined(warnings.stream().map(Warning::text).toList());
    }

    private static String flag(boolean value) {
        return value ? "1" : "0";
    }

    private static String bits(Double value) {
        return value == null ? "-" : String.format("%016x", Double.doubleToRawLongBits(value));
    }

    /** FNV-1a over numbers, little-endian. */
    private static final class Digest {
        private static final long PRIME = 0x100000001b3L;

        private long state = 0xcbf29ce484222325L;

        Digest bytes(byte[] bytes) {
            for (byte each : bytes) {
                state = (state ^ (each & 0xff)) * PRIME;
            }
            return this;
        }

        private static ByteBuffer room(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        Digest u32(int value) {
            return bytes(room(Integer.BYTES).putInt(value).array());
        }

        Digest u64(long value) {
            return bytes(room(Long.BYTES).putLong(value).array());
        }

        Digest f32(float... values) {
            for (float value : values) {
                bytes(room(Float.BYTES).putFloat(value).array());
            }
            return this;
        }

        Digest f64(double value) {
            return bytes(room(Double.BYTES).putDouble(value).array());
        }

        Digest face(Face face) {
            BoundingBox box = face.boundingBox();
            f32(box.x(), box.y(), box.width(), box.height(), face.probability());
            point(face.landmarks().rightEye()).point(face.landmarks().leftEye()).point(face.landmarks().noseTip());
            point(face.landmarks().rightMouthCorner()).point(face.landmarks().leftMouthCorner());
            f32(face.pose().yaw(), face.pose().pitch(), face.pose().roll());
            u32(face.direction().number()).u32(face.quality().checkCode().number());
            f32(face.quality().sharpness(), face.quality().brightness());
            f32(face.quality().burnt(), face.quality().faceSize());
            return bytes(new byte[] {(byte) (face.quality().tooSmall() ? 1 : 0)});
        }

        private Digest point(Point point) {
            return f32(point.x(), point.y());
        }

        void selected(SelectedFace selected) {
            if (selected != null) {
                face(selected.face()).u32(selected.rotation());
            }
        }

        Digest embedding(Embedding embedding) {
            f32(embedding.values().toArray());
            selected(embedding.source());
            return this;
        }

        @Override
        public String toString() {
            return String.format("%016x", state);
        }
    }
}
