import io.facebridge.AuditReport;
import io.facebridge.BoundingBox;
import io.facebridge.Candidate;
import io.facebridge.CandidateList;
import io.facebridge.Capabilities;
import io.facebridge.Client;
import io.facebridge.CompareOptions;
import io.facebridge.Comparison;
import io.facebridge.DetPoint;
import io.facebridge.DetectOptions;
import io.facebridge.Detection;
import io.facebridge.Direction;
import io.facebridge.DuplicateFace;
import io.facebridge.DuplicatePolicy;
import io.facebridge.Embedding;
import io.facebridge.EmbeddingJob;
import io.facebridge.EmbeddingOutcome;
import io.facebridge.EngineOptions;
import io.facebridge.EnrollItem;
import io.facebridge.EnrollOptions;
import io.facebridge.EnrollSource;
import io.facebridge.Enrollment;
import io.facebridge.EnrollmentJob;
import io.facebridge.EnrollmentOutcome;
import io.facebridge.EstimatedFmr;
import io.facebridge.Evaluation;
import io.facebridge.EvaluationJob;
import io.facebridge.EvaluationReport;
import io.facebridge.ExportOptions;
import io.facebridge.Face;
import io.facebridge.FaceException;
import io.facebridge.Facebridge;
import io.facebridge.GalleryDescription;
import io.facebridge.GalleryOptions;
import io.facebridge.IdentifyOptions;
import io.facebridge.ImageInput;
import io.facebridge.LabelledPhotos;
import io.facebridge.ModelDescription;
import io.facebridge.PersonType;
import io.facebridge.PixelFormat;
import io.facebridge.Point;
import io.facebridge.SelectedFace;
import io.facebridge.Subject;
import io.facebridge.SubjectAttributes;
import io.facebridge.SubjectPage;
import io.facebridge.TransferJob;
import io.facebridge.TransferReport;
import io.facebridge.UpdateFaceOptions;
import io.facebridge.Verification;
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
        try (Client client = Client.local();
                Stores stores = new Stores()) {
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
                out.print(parts[0] + "\t" + outcome(client, stores, fields, parts[1]) + "\n");
            }
        }
        out.flush();
    }

    private static String outcome(Client client, Stores stores, Map<String, String> fields, String operation)
            throws IOException, InterruptedException {
        boolean alone = operation.equals("restore_galleries") || operation.equals("verify_audit_log");
        Client user;
        try {
            user = fields.containsKey("store") && !alone ? stores.client(fields) : client;
        } catch (FaceException error) {
            return failed(error);
        }
        return new Driver(user, fields).outcome(operation);
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
                default -> onGalleries(operation);
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

    /** The client of the store that was used last. */
    private static final class Stores implements AutoCloseable {
        private String place = "";
        private Client client;

        Client client(Map<String, String> fields) {
            String wanted = fields.get("store") + " " + fields.get("key");
            if (client == null || !wanted.equals(place)) {
                close();
                client = Client.local(EngineOptions.defaults().withGallery(galleryOptions(fields)));
                place = wanted;
            }
            return client;
        }

        @Override
        public void close() {
            if (client != null) {
                client.close();
                client = null;
            }
        }
    }

    private static GalleryOptions galleryOptions(Map<String, String> fields) {
        GalleryOptions options =
                GalleryOptions.defaults().withStore(Path.of(fields.get("store"))).withKey(fields.get("key"));
        String log = fields.get("audit_log");
        return log == null ? options : options.withAuditLog(Path.of(log));
    }

    private String onGalleries(String operation) throws IOException, InterruptedException {
        String gallery = fields.get("gallery");
        String subject = fields.get("subject");
        switch (operation) {
            case "create_gallery":
                return "made=" + flag(client.createGallery(gallery));
            case "drop_gallery":
                return "dropped=" + flag(client.dropGallery(gallery));
            case "list_galleries":
                return "galleries=" + joined(client.listGalleries().stream()
                        .map(one -> one.name() + ":" + one.subjects() + ":" + one.faces())
                        .toList());
            case "describe_gallery":
                GalleryDescription description = client.describeGallery(gallery);
                return join(
                        "name=" + description.name(),
                        "subjects=" + description.subjects(),
                        "enrolled=" + description.faces(),
                        "filing=" + flag(description.filingAdvised()));
            case "enroll":
                return enrolled(client.enroll(gallery, subject, image("image"), enrollOptions()));
            case "enroll_embedding":
                Embedding embedding = client.embed(image("image"));
                return enrolled(client.enrollEmbedding(gallery, subject, embedding, enrollOptions()));
            case "enroll_many":
                return enrollMany(gallery);
            case "update_face":
                UpdateFaceOptions update = UpdateFaceOptions.defaults()
                        .withDirection(direction())
                        .withNewFaceId(whole("new_face_id"))
                        .withDuplicates(duplicates())
                        .withTimeToLive(whole("time_to_live"));
                return enrolled(client.updateFace(gallery, whole("face"), image("image"), update));
            case "delete_face":
                return "deleted=" + flag(client.deleteFace(gallery, whole("face")));
            case "delete_subject":
                return "deleted=" + client.deleteSubject(gallery, subject);
            case "delete_expired":
                return "deleted=" + client.deleteExpired();
            case "list_faces":
                return "list=" + joined(client.listFaces(gallery, subject).stream()
                        .map(face -> face.faceId() + ":" + (face.direction() == null ? "-" : face.direction().text())
                                + ":" + flag(face.expiresAt() != null))
                        .toList());
            case "describe_subject":
                return described(client.describeSubject(gallery, subject));
            case "update_subject":
                client.updateSubject(gallery, subject, attributes());
                return "done=1";
            case "list_subjects":
                SubjectPage page = client.listSubjects(
                        gallery, Integer.parseInt(fields.get("max_subjects")), whole("after"));
                String each = joined(
                        page.subjects().stream().map(one -> one.id() + ":" + one.faces()).toList());
                return join("list=" + each, "next=" + orNone(page.next()));
            case "verify":
                return verified(client.verify(gallery, subject, image("image"), compareOptions()));
            case "identify":
                return identified(client.identify(gallery, image("image"), identifyOptions()));
            case "identify_embeddings":
                List<Embedding> probes = List.of(client.embed(image("a")), client.embed(image("b")));
                return "lists=" + client.identifyEmbeddings(gallery, probes, identifyOptions()).stream()
                        .map(list -> list.decision().text() + "/" + candidates(list))
                        .collect(Collectors.joining("|"));
            case "export_gallery":
                try (TransferJob job = client.exportGallery(gallery, Path.of(fields.get("to")), exportOptions())) {
                    return transferred(job.get());
                }
            case "import_gallery":
                try (TransferJob job = client.importGallery(gallery, Path.of(fields.get("from")), exportOptions())) {
                    return transferred(job.get());
                }
            case "check_galleries":
                client.checkGalleries();
                return "done=1";
            case "backup_galleries":
                client.backupGalleries(Path.of(fields.get("to")));
                return "done=1";
            case "change_gallery_key":
                client.changeGalleryKey(fields.get("new_key"));
                return "done=1";
            case "reseal_gallery":
                client.resealGallery(gallery);
                return "done=1";
            case "restore_galleries":
                Facebridge.restoreGalleries(
                        Path.of(fields.get("from")), Path.of(fields.get("to")), galleryOptions(fields));
                return "done=1";
            case "verify_audit_log":
                AuditReport report =
                        Facebridge.verifyAuditLog(Path.of(fields.get("audit_log")), galleryOptions(fields));
                return join(
                        "records=" + report.records(),
                        "unsealed=" + flag(report.unsealed()),
                        "unfinished_bytes=" + report.unfinishedBytes());
            default:
                throw new IllegalArgumentException("no such operation: " + operation);
        }
    }

    private Long whole(String field) {
        String text = fields.get(field);
        return text == null ? null : Long.valueOf(text);
    }

    private static String orNone(Object value) {
        return value == null ? "-" : value.toString();
    }

    private Direction direction() {
        String text = fields.get("direction");
        return Arrays.stream(Direction.values()).filter(one -> one.text().equals(text)).findFirst().orElse(null);
    }

    private DuplicatePolicy duplicates() {
        String text = fields.get("duplicates");
        return Arrays.stream(DuplicatePolicy.values())
                .filter(one -> one.text().equals(text))
                .findFirst()
                .orElse(null);
    }

    private SubjectAttributes attributes() {
        String type = fields.get("person_type");
        PersonType personType = Arrays.stream(PersonType.values())
                .filter(one -> one.text().equals(type))
                .findFirst()
                .orElse(PersonType.NORMAL);
        return new SubjectAttributes(
                fields.get("name"), fields.get("id_number"), personType, fields.get("customer_id"));
    }

    private EnrollOptions enrollOptions() {
        boolean known = List.of("name", "id_number", "person_type", "customer_id").stream()
                .anyMatch(fields::containsKey);
        return EnrollOptions.defaults()
                .withAttributes(known ? attributes() : null)
                .withDirection(direction())
                .withFaceId(whole("face_id"))
                .withDuplicates(duplicates())
                .withTimeToLive(whole("time_to_live"));
    }

    private IdentifyOptions identifyOptions() {
        IdentifyOptions options = IdentifyOptions.defaults();
        if (fields.containsKey("max_candidates")) {
            options = options.withMaxCandidates(Integer.parseInt(fields.get("max_candidates")));
        }
        if (fields.containsKey("max_fpir")) {
            options = options.withMaxFpir(Double.parseDouble(fields.get("max_fpir")));
        }
        return options;
    }

    private ExportOptions exportOptions() {
        return ExportOptions.defaults().withKey(fields.get("export_key"));
    }

    private static String transferred(TransferReport report) {
        return join(
                "subjects=" + report.subjects(),
                "enrolled=" + report.faces(),
                "stored=" + report.stored(),
                "there=" + report.alreadyThere(),
                "refused="
                        + joined(report.refused().stream()
                                .map(refused -> refused.reason().text() + ":" + refused.faces())
                                .toList()));
    }

    private String enrollMany(String gallery) throws InterruptedException {
        String[] subjects = fields.get("subjects").split("\\|");
        String[] paths = fields.get("paths").split("\\|");
        List<EnrollItem> items = new ArrayList<>();
        for (int i = 0; i < paths.length; i++) {
            items.add(new EnrollItem(subjects[i], Path.of(paths[i]), null, null));
        }
        try (EnrollmentJob job = client.enrollMany(gallery, EnrollSource.defaults().withItems(items))) {
            List<EnrollmentOutcome> outcomes = new ArrayList<>(job.get());
            outcomes.sort(Comparator.comparingLong(EnrollmentOutcome::index));
            return "many=" + joined(outcomes.stream()
                    .map(outcome -> outcome.enrollment() == null
                            ? name(outcome.failure().kind())
                            : outcome.enrollment().status().text())
                    .toList());
        }
    }

    private static Digest source(SelectedFace face) {
        Digest digest = new Digest();
        digest.selected(face);
        return digest;
    }

    private static String enrolled(Enrollment answer) {
        DuplicateFace found = answer.duplicate();
        return join(
                "status=" + answer.status().text(),
                "face_id=" + orNone(answer.faceId()),
                "check_code=" + answer.checkCode().number(),
                "refusal=" + (answer.refusal() == null ? "-" : answer.refusal().text()),
                "duplicate=" + (found == null ? "-" : found.faceId() + ":" + found.subject()),
                "duplicate_score=" + bits(found == null ? null : found.score()),
                "digest=" + source(answer.source()));
    }

    private static String described(Subject found) {
        SubjectAttributes known = found.attributes();
        return join(
                "id=" + found.id(),
                "name=" + orNone(known.name()),
                "id_number=" + orNone(known.idNumber()),
                "person_type=" + known.personType().text(),
                "customer_id=" + orNone(known.customerId()),
                "enrolled=" + found.faces());
    }

    private static String verified(Verification found) {
        EstimatedFmr fmr = found.estimatedFmr();
        return join(
                "decision=" + found.decision().text(),
                "reason=" + (found.indeterminateReason() == null ? "-" : found.indeterminateReason().text()),
                "face_id=" + found.faceId(),
                "score=" + bits(found.score()),
                "raw_score=" + bits(found.rawScore()),
                "threshold=" + bits(found.threshold()),
                "fmr=" + (fmr == null ? "-" : bits(fmr.rate())),
                "at_most=" + flag(fmr != null && fmr.atMost()),
                "scale=" + bits(found.scale()),
                "answered_by=" + found.answeredBy(),
                "model_id=" + found.modelId(),
                "warnings=" + (found.probe() == null ? "" : warnings(found.probe().warnings())),
                "digest=" + source(found.probe()));
    }

    private static String candidate(Candidate one) {
        EstimatedFmr fmr = one.estimatedFmr();
        return String.join(
                ":",
                one.subject(),
                Long.toString(one.faceId()),
                one.decision().text(),
                bits(one.score()),
                bits(one.rawScore()),
                fmr == null ? "-" : bits(fmr.rate()),
                flag(fmr != null && fmr.atMost()));
    }

    private static String candidates(CandidateList list) {
        return joined(list.candidates().stream().map(Driver::candidate).toList());
    }

    private static String identified(CandidateList found) {
        Candidate first = found.candidates().isEmpty() ? null : found.candidates().get(0);
        return join(
                "decision=" + found.decision().text(),
                "reason=" + (found.indeterminateReason() == null ? "-" : found.indeterminateReason().text()),
                "first=" + (first == null ? "-" : first.subject()),
                "score=" + bits(first == null ? null : first.score()),
                "count=" + found.candidates().size(),
                "candidates=" + candidates(found),
                "margin=" + bits(found.margin()),
                "threshold=" + bits(found.threshold()),
                "scale=" + bits(found.scale()),
                "gallery_faces=" + found.galleryFaces(),
                "answered_by=" + found.answeredBy(),
                "model_id=" + found.modelId(),
                "warnings=" + (found.probe() == null ? "" : warnings(found.probe().warnings())),
                "digest=" + source(found.probe()));
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
