// Answers a plan of cases through facebridge.hpp, one line for each case; it judges nothing.
//
//     driver PLAN_FILE
#include <facebridge/facebridge.hpp>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace fb = facebridge;

namespace {

using Fields = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string &text, char separator) {
    std::vector<std::string> parts(1);
    for (const char letter : text) {
        if (letter == separator) {
            parts.emplace_back();
        } else {
            parts.back().push_back(letter);
        }
    }
    return parts;
}

std::vector<std::uint8_t> read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("a file of the plan cannot be read");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A picture of the plan, and the pixels that it borrows.
struct Picture {
    std::vector<std::uint8_t> pixels;
    fb::Image image = fb::Image::file("");
};

Picture picture_of(const Fields &fields, const std::string &key) {
    const std::string &value = fields.at(key);
    const std::size_t colon = value.find(':');
    const std::string kind = value.substr(0, colon), rest = value.substr(colon + 1);
    Picture picture;
    if (kind == "path") {
        picture.image = fb::Image::file(rest);
    } else if (kind == "encoded") {
        picture.image = fb::Image::encoded(read_file(rest));
    } else {
        std::istringstream sizes(rest);
        std::uint32_t width = 0, height = 0;
        std::size_t stride = 0;
        char separator = 0;
        sizes >> width >> separator >> height >> separator >> stride >> separator;
        picture.pixels = read_file(rest.substr(static_cast<std::size_t>(sizes.tellg())));
        const auto format = kind == "rgb"   ? fb::PixelFormat::Rgb
                            : kind == "bgr" ? fb::PixelFormat::Bgr
                                            : fb::PixelFormat::Grey;
        picture.image = fb::Image::pixels(picture.pixels.data(), picture.pixels.size(), width, height, stride, format);
    }
    return picture;
}

/// FNV-1a of 64 bits. Numbers go in as little-endian bytes.
class Digest {
public:
    void byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3u; }

    void whole(std::uint64_t number, int bytes) {
        for (int i = 0; i < bytes; ++i) byte(static_cast<std::uint8_t>(number >> (8 * i)));
    }

    void number(float number) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &number, sizeof bits);
        whole(bits, 4);
    }

    void number(double number) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &number, sizeof bits);
        whole(bits, 8);
    }

    void face(const fb::Face &face) {
        const auto &box = face.bounding_box;
        const auto &marks = face.landmarks;
        const auto &quality = face.quality;
        for (const float value : {box.x, box.y, box.width, box.height, face.probability}) number(value);
        for (const auto &point : {marks.right_eye, marks.left_eye, marks.nose_tip, marks.right_mouth_corner,
                                  marks.left_mouth_corner}) {
            number(point.x);
            number(point.y);
        }
        for (const float value : {face.pose.yaw, face.pose.pitch, face.pose.roll}) number(value);
        whole(static_cast<std::uint64_t>(face.direction), 4);
        whole(static_cast<std::uint64_t>(quality.check_code), 4);
        for (const float value : {quality.sharpness, quality.brightness, quality.burnt, quality.face_size}) {
            number(value);
        }
        byte(quality.too_small ? 1 : 0);
    }

    void selected(const fb::SelectedFace &selected) {
        face(selected.face);
        whole(selected.rotation, 4);
    }

    std::string text() const {
        std::ostringstream text;
        text << std::hex << std::setfill('0') << std::setw(16) << state_;
        return text.str();
    }

private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

std::string digest_of(const fb::Embedding &embedding) {
    Digest digest;
    for (const float value : embedding.values) digest.number(value);
    digest.selected(embedding.source);
    return digest.text();
}

std::string bits(const std::optional<double> &number) {
    if (!number) return "-";
    std::uint64_t bits = 0;
    std::memcpy(&bits, &*number, sizeof bits);
    std::ostringstream text;
    text << std::hex << std::setfill('0') << std::setw(16) << bits;
    return text.str();
}

template <class Values, class Write>
std::string joined(const Values &values, Write write) {
    std::string text;
    for (const auto &value : values) text += (text.empty() ? "" : ",") + std::string(write(value));
    return text;
}

std::string warnings_of(const std::vector<fb::Warning> &warnings) {
    return joined(warnings, [](fb::Warning warning) { return to_string(warning); });
}

std::string warnings_of(const std::optional<fb::SelectedFace> &face) {
    return face ? warnings_of(face->warnings) : std::string();
}

/// As the definition writes it, such as NoFace.
std::string kind_name(fb::ErrorKind kind) {
    std::string name;
    bool begins = true;
    for (const char *letter = to_string(kind); *letter != '\0'; ++letter) {
        if (*letter != '_') name.push_back(begins ? static_cast<char>(std::toupper(*letter)) : *letter);
        begins = *letter == '_';
    }
    return name;
}

/// The fields of an answer, as they are printed.
class Answer {
public:
    template <class Value>
    Answer &with(const char *key, const Value &value) {
        text_ << '\t' << key << '=' << value;
        return *this;
    }

    std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
};

fb::CompareOptions compare_options(const Fields &fields) {
    fb::CompareOptions options;
    if (fields.count("max_fmr") > 0) options.max_fmr = std::stod(fields.at("max_fmr"));
    return options;
}

void answer_embedding(Answer &answer, const fb::Embedding &embedding) {
    answer.with("model_id", embedding.model_id)
        .with("pipeline", embedding.pipeline)
        .with("warnings", warnings_of(embedding.source.warnings))
        .with("digest", digest_of(embedding));
}

void answer_comparison(Answer &answer, const fb::Comparison &comparison) {
    Digest digest;
    if (comparison.face_a) digest.selected(*comparison.face_a);
    if (comparison.face_b) digest.selected(*comparison.face_b);
    const auto &fmr = comparison.estimated_fmr;
    answer.with("decision", to_string(comparison.decision))
        .with("reason", comparison.indeterminate_reason ? to_string(*comparison.indeterminate_reason) : "-")
        .with("score", bits(comparison.score))
        .with("raw_score", bits(comparison.raw_score))
        .with("threshold", bits(comparison.threshold))
        .with("fmr", bits(fmr ? std::optional<double>(fmr->rate) : std::nullopt))
        .with("at_most", fmr && fmr->at_most ? 1 : 0)
        .with("answered_by", comparison.answered_by)
        .with("model_id", comparison.model_id)
        .with("warnings_a", warnings_of(comparison.face_a))
        .with("warnings_b", warnings_of(comparison.face_b))
        .with("digest", digest.text());
}

void answer_capabilities(Answer &answer, const fb::Capabilities &found) {
    answer.with("backend", found.backend)
        .with("operations", joined(found.operations, [](fb::Operation operation) { return to_string(operation); }))
        .with("models", joined(found.models,
                               [](const fb::ModelDescription &model) {
                                   return model.id + ":" + model.kind + ":" + model.sha256;
                               }))
        .with("pipeline", found.pipeline)
        .with("embedding_length", found.embedding_length)
        .with("calibrated", found.calibrated ? 1 : 0)
        .with("lowest_fmr", bits(found.lowest_supported_fmr))
        .with("concurrency", found.concurrency)
        .with("formats", joined(found.image_formats, [](const std::string &format) { return format; }))
        .with("jpeg", found.jpeg_decoder);
}

void detect(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture picture = picture_of(fields, "image");
    fb::DetectOptions options;
    if (fields.count("max_faces") > 0) {
        options.max_faces = static_cast<std::uint32_t>(std::stoul(fields.at("max_faces")));
    }
    const auto found = client.detect(picture.image, options);
    Digest digest;
    for (const auto &face : found.faces) digest.face(face);
    answer.with("faces", found.faces.size())
        .with("check_code", static_cast<int>(found.check_code))
        .with("size", std::to_string(found.image_width) + "x" + std::to_string(found.image_height))
        .with("rotation", found.rotation)
        .with("warnings", warnings_of(found.warnings))
        .with("digest", digest.text());
}

void embed(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer_embedding(answer, client.embed(picture_of(fields, "image").image));
}

void compare(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture a = picture_of(fields, "a"), b = picture_of(fields, "b");
    answer_comparison(answer, client.compare(a.image, b.image, compare_options(fields)));
}

void compare_embeddings(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto a = client.embed(picture_of(fields, "a").image);
    const auto b = client.embed(picture_of(fields, "b").image);
    answer_comparison(answer, client.compare_embeddings(a, b, compare_options(fields)));
}

void embed_many(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto job = client.embed_many(split(fields.at("paths"), '|'));
    job.wait();
    auto outcomes = job.take_outcomes(UINT32_MAX);
    std::sort(outcomes.begin(), outcomes.end(),
              [](const auto &left, const auto &right) { return left.index < right.index; });
    answer.with("outcomes", outcomes.size()).with("i", joined(outcomes, [](const fb::EmbeddingOutcome &outcome) {
        const auto what = outcome.embedding ? digest_of(*outcome.embedding) : kind_name(outcome.failure->kind);
        return std::to_string(outcome.index) + ":" + what;
    }));
}

void capabilities(const fb::Client &client, const Fields &, Answer &answer) {
    answer_capabilities(answer, client.capabilities());
}

void from_config(const fb::Client &, const Fields &fields, Answer &answer) {
    answer_capabilities(answer, fb::Client::from_config(fields.at("config")).capabilities());
}

void optimize_model(const fb::Client &, const Fields &fields, Answer &answer) {
    const auto model = fb::optimize_model(read_file(fields.at("model")));
    Digest digest;
    for (const auto byte : model) digest.byte(byte);
    answer.with("length", model.size()).with("digest", digest.text());
}

void evaluate(const fb::Client &client, const Fields &fields, Answer &answer) {
    fb::LabelledPhotos data;
    data.folder = fields.at("folder");
    const auto job = client.evaluate(data);
    job.wait();
    const auto evaluation = job.result();
    Digest digest;
    if (evaluation.all_pairs) {
        digest.whole(evaluation.all_pairs->all.counts.mated, 8);
        digest.whole(evaluation.all_pairs->all.counts.non_mated, 8);
        for (const auto &point : evaluation.all_pairs->det) {
            digest.number(point.threshold);
            digest.number(point.fmr);
            digest.number(point.fnmr);
        }
    }
    answer.with("images", evaluation.images)
        .with("undetected", evaluation.undetected)
        .with("unreadable", evaluation.unreadable)
        .with("digest", digest.text());
}

void closed(const fb::Client &, const Fields &fields, Answer &answer) {
    const auto other = fb::Client::local();
    other.close();
    embed(other, fields, answer);
}

/// The client of the store that was used last.
class Stores {
public:
    const fb::Client &client(const Fields &fields) {
        const std::string place = fields.at("store") + " " + fields.at("key");
        if (!client_ || place != place_) {
            client_.reset();
            fb::EngineOptions options;
            options.gallery = gallery_options(fields);
            client_ = std::make_unique<fb::Client>(fb::Client::local(options));
            place_ = place;
        }
        return *client_;
    }

    static fb::GalleryOptions gallery_options(const Fields &fields) {
        fb::GalleryOptions options;
        if (fields.count("store") > 0) options.store = fields.at("store");
        options.key = fields.at("key");
        if (fields.count("audit_log") > 0) options.audit_log = fields.at("audit_log");
        return options;
    }

private:
    std::string place_;
    std::unique_ptr<fb::Client> client_;
};

std::optional<std::string> text(const Fields &fields, const char *key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::nullopt : std::optional<std::string>(found->second);
}

std::optional<std::uint64_t> whole(const Fields &fields, const char *key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::nullopt : std::optional<std::uint64_t>(std::stoull(found->second));
}

/// The value of an enum by its name.
template <class Enum>
std::optional<Enum> named(const Fields &fields, const char *key, std::initializer_list<Enum> values) {
    const auto name = text(fields, key);
    for (const Enum value : values) {
        if (name && *name == to_string(value)) return value;
    }
    return std::nullopt;
}

std::optional<fb::Direction> direction(const Fields &fields) {
    return named(fields, "direction",
                 {fb::Direction::Front, fb::Direction::Left, fb::Direction::Right, fb::Direction::Up,
                  fb::Direction::Down});
}

std::optional<fb::DuplicatePolicy> duplicates(const Fields &fields) {
    return named(fields, "duplicates",
                 {fb::DuplicatePolicy::Refuse, fb::DuplicatePolicy::Report, fb::DuplicatePolicy::Off});
}

fb::SubjectAttributes attributes(const Fields &fields) {
    fb::SubjectAttributes known;
    known.name = text(fields, "name");
    known.id_number = text(fields, "id_number");
    known.customer_id = text(fields, "customer_id");
    known.person_type = named(fields, "person_type",
                              {fb::PersonType::Normal, fb::PersonType::Vip, fb::PersonType::Inner})
                            .value_or(fb::PersonType::Normal);
    return known;
}

fb::EnrollOptions enroll_options(const Fields &fields) {
    fb::EnrollOptions options;
    for (const char *key : {"name", "id_number", "person_type", "customer_id"}) {
        if (fields.count(key) > 0) options.attributes = attributes(fields);
    }
    options.direction = direction(fields);
    options.face_id = whole(fields, "face_id");
    options.duplicates = duplicates(fields);
    options.time_to_live = whole(fields, "time_to_live");
    return options;
}

fb::IdentifyOptions identify_options(const Fields &fields) {
    fb::IdentifyOptions options;
    if (const auto most = whole(fields, "max_candidates")) options.max_candidates = static_cast<std::uint32_t>(*most);
    if (const auto rate = text(fields, "max_fpir")) options.max_fpir = std::stod(*rate);
    return options;
}

std::string digest_of(const std::optional<fb::SelectedFace> &face) {
    Digest digest;
    if (face) digest.selected(*face);
    return digest.text();
}

std::string or_none(const std::optional<std::uint64_t> &number) { return number ? std::to_string(*number) : "-"; }

void answer_enrollment(Answer &answer, const fb::Enrollment &enrollment) {
    const auto &found = enrollment.duplicate;
    answer.with("status", to_string(enrollment.status))
        .with("face_id", or_none(enrollment.face_id))
        .with("check_code", static_cast<int>(enrollment.check_code))
        .with("refusal", enrollment.refusal ? to_string(*enrollment.refusal) : "-")
        .with("duplicate", found ? std::to_string(found->face_id) + ":" + found->subject : "-")
        .with("duplicate_score", bits(found ? found->score : std::nullopt))
        .with("digest", digest_of(enrollment.source));
}

void enroll(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture picture = picture_of(fields, "image");
    answer_enrollment(answer, client.enroll(fields.at("gallery"), fields.at("subject"), picture.image,
                                            enroll_options(fields)));
}

void enroll_embedding(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto embedding = client.embed(picture_of(fields, "image").image);
    answer_enrollment(answer, client.enroll_embedding(fields.at("gallery"), fields.at("subject"), embedding,
                                                      enroll_options(fields)));
}

void enroll_many(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto subjects = split(fields.at("subjects"), '|'), paths = split(fields.at("paths"), '|');
    fb::EnrollSource source;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        fb::EnrollItem item;
        item.subject = subjects.at(i);
        item.path = paths[i];
        source.items.push_back(item);
    }
    const auto job = client.enroll_many(fields.at("gallery"), source, enroll_options(fields));
    job.wait();
    auto outcomes = job.take_outcomes(UINT32_MAX);
    std::sort(outcomes.begin(), outcomes.end(),
              [](const auto &left, const auto &right) { return left.index < right.index; });
    answer.with("many", joined(outcomes, [](const fb::EnrollmentOutcome &outcome) {
        return outcome.enrollment ? std::string(to_string(outcome.enrollment->status)) : kind_name(outcome.failure->kind);
    }));
}

void update_face(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture picture = picture_of(fields, "image");
    fb::UpdateFaceOptions options;
    options.direction = direction(fields);
    options.new_face_id = whole(fields, "new_face_id");
    options.duplicates = duplicates(fields);
    options.time_to_live = whole(fields, "time_to_live");
    answer_enrollment(answer,
                      client.update_face(fields.at("gallery"), *whole(fields, "face"), picture.image, options));
}

void create_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer.with("made", client.create_gallery(fields.at("gallery")) ? 1 : 0);
}

void drop_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer.with("dropped", client.drop_gallery(fields.at("gallery")) ? 1 : 0);
}

void list_galleries(const fb::Client &client, const Fields &, Answer &answer) {
    answer.with("galleries", joined(client.list_galleries(), [](const fb::GalleryDescription &one) {
        return one.name + ":" + std::to_string(one.subjects) + ":" + std::to_string(one.faces);
    }));
}

void describe_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto found = client.describe_gallery(fields.at("gallery"));
    answer.with("name", found.name)
        .with("subjects", found.subjects)
        .with("enrolled", found.faces)
        .with("filing", found.filing_advised ? 1 : 0);
}

void delete_face(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer.with("deleted", client.delete_face(fields.at("gallery"), *whole(fields, "face")) ? 1 : 0);
}

void delete_subject(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer.with("deleted", client.delete_subject(fields.at("gallery"), fields.at("subject")));
}

void delete_expired(const fb::Client &client, const Fields &, Answer &answer) {
    answer.with("deleted", client.delete_expired());
}

void list_faces(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto faces = client.list_faces(fields.at("gallery"), fields.at("subject"));
    answer.with("list", joined(faces, [](const fb::EnrolledFace &face) {
        const std::string side = face.direction ? to_string(*face.direction) : "-";
        return std::to_string(face.face_id) + ":" + side + ":" + (face.expires_at ? "1" : "0");
    }));
}

void describe_subject(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto found = client.describe_subject(fields.at("gallery"), fields.at("subject"));
    const auto &known = found.attributes;
    answer.with("id", found.id)
        .with("name", known.name.value_or("-"))
        .with("id_number", known.id_number.value_or("-"))
        .with("person_type", to_string(known.person_type))
        .with("customer_id", known.customer_id.value_or("-"))
        .with("enrolled", found.faces);
}

void update_subject(const fb::Client &client, const Fields &fields, Answer &answer) {
    client.update_subject(fields.at("gallery"), fields.at("subject"), attributes(fields));
    answer.with("done", 1);
}

void list_subjects(const fb::Client &client, const Fields &fields, Answer &answer) {
    const auto page = client.list_subjects(fields.at("gallery"), static_cast<std::uint32_t>(*whole(fields, "max_subjects")),
                                           whole(fields, "after"));
    answer
        .with("list", joined(page.subjects,
                             [](const fb::Subject &one) { return one.id + ":" + std::to_string(one.faces); }))
        .with("next", or_none(page.next));
}

void verify(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture picture = picture_of(fields, "image");
    const auto found =
        client.verify(fields.at("gallery"), fields.at("subject"), picture.image, compare_options(fields));
    const auto &fmr = found.estimated_fmr;
    answer.with("decision", to_string(found.decision))
        .with("reason", found.indeterminate_reason ? to_string(*found.indeterminate_reason) : "-")
        .with("face_id", found.face_id)
        .with("score", bits(found.score))
        .with("raw_score", bits(found.raw_score))
        .with("threshold", bits(found.threshold))
        .with("fmr", bits(fmr ? std::optional<double>(fmr->rate) : std::nullopt))
        .with("at_most", fmr && fmr->at_most ? 1 : 0)
        .with("scale", bits(found.scale))
        .with("answered_by", found.answered_by)
        .with("model_id", found.model_id)
        .with("warnings", warnings_of(found.probe))
        .with("digest", digest_of(found.probe));
}

std::string candidates(const fb::CandidateList &list) {
    return joined(list.candidates, [](const fb::Candidate &one) {
        const auto &fmr = one.estimated_fmr;
        return one.subject + ":" + std::to_string(one.face_id) + ":" + to_string(one.decision) + ":" + bits(one.score) +
               ":" + bits(one.raw_score) + ":" + bits(fmr ? std::optional<double>(fmr->rate) : std::nullopt) + ":" +
               (fmr && fmr->at_most ? "1" : "0");
    });
}

void identify(const fb::Client &client, const Fields &fields, Answer &answer) {
    const Picture picture = picture_of(fields, "image");
    const auto found = client.identify(fields.at("gallery"), picture.image, identify_options(fields));
    const bool any = !found.candidates.empty();
    answer.with("decision", to_string(found.decision))
        .with("reason", found.indeterminate_reason ? to_string(*found.indeterminate_reason) : "-")
        .with("first", any ? found.candidates[0].subject : "-")
        .with("score", bits(any ? found.candidates[0].score : std::nullopt))
        .with("count", found.candidates.size())
        .with("candidates", candidates(found))
        .with("margin", bits(found.margin))
        .with("threshold", bits(found.threshold))
        .with("scale", bits(found.scale))
        .with("gallery_faces", found.gallery_faces)
        .with("answered_by", found.answered_by)
        .with("model_id", found.model_id)
        .with("warnings", warnings_of(found.probe))
        .with("digest", digest_of(found.probe));
}

void identify_embeddings(const fb::Client &client, const Fields &fields, Answer &answer) {
    std::vector<fb::Embedding> probes;
    for (const char *key : {"a", "b"}) probes.push_back(client.embed(picture_of(fields, key).image));
    const auto lists = client.identify_embeddings(fields.at("gallery"), probes, identify_options(fields));
    std::string text;
    for (const auto &list : lists) {
        text += std::string(text.empty() ? "" : "|") + to_string(list.decision) + "/" + candidates(list);
    }
    answer.with("lists", text);
}

fb::ExportOptions export_options(const Fields &fields) {
    fb::ExportOptions options;
    options.key = text(fields, "export_key");
    return options;
}

void answer_transfer(Answer &answer, const fb::TransferJob &job) {
    job.wait();
    const auto report = job.result();
    answer.with("subjects", report.subjects)
        .with("enrolled", report.faces)
        .with("stored", report.stored)
        .with("there", report.already_there)
        .with("refused", joined(report.refused, [](const fb::RefusedFaces &refused) {
                  return std::string(to_string(refused.reason)) + ":" + std::to_string(refused.faces);
              }));
}

void export_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer_transfer(answer, client.export_gallery(fields.at("gallery"), fields.at("to"), export_options(fields)));
}

void import_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    answer_transfer(answer, client.import_gallery(fields.at("gallery"), fields.at("from"), export_options(fields)));
}

void check_galleries(const fb::Client &client, const Fields &, Answer &answer) {
    client.check_galleries();
    answer.with("done", 1);
}

void backup_galleries(const fb::Client &client, const Fields &fields, Answer &answer) {
    client.backup_galleries(fields.at("to"));
    answer.with("done", 1);
}

void change_gallery_key(const fb::Client &client, const Fields &fields, Answer &answer) {
    client.change_gallery_key(fields.at("new_key"));
    answer.with("done", 1);
}

void reseal_gallery(const fb::Client &client, const Fields &fields, Answer &answer) {
    client.reseal_gallery(fields.at("gallery"));
    answer.with("done", 1);
}

void restore_galleries(const fb::Client &, const Fields &fields, Answer &answer) {
    fb::restore_galleries(fields.at("from"), fields.at("to"), Stores::gallery_options(fields));
    answer.with("done", 1);
}

void verify_audit_log(const fb::Client &, const Fields &fields, Answer &answer) {
    const auto report = fb::verify_audit_log(fields.at("audit_log"), Stores::gallery_options(fields));
    answer.with("records", report.records)
        .with("unsealed", report.unsealed ? 1 : 0)
        .with("unfinished_bytes", report.unfinished_bytes);
}

const std::map<std::string, void (*)(const fb::Client &, const Fields &, Answer &)> operations = {
    {"detect", detect},
    {"embed", embed},
    {"compare", compare},
    {"compare_embeddings", compare_embeddings},
    {"embed_many", embed_many},
    {"capabilities", capabilities},
    {"from_config", from_config},
    {"optimize_model", optimize_model},
    {"evaluate", evaluate},
    {"closed", closed},
    {"create_gallery", create_gallery},
    {"drop_gallery", drop_gallery},
    {"list_galleries", list_galleries},
    {"describe_gallery", describe_gallery},
    {"enroll", enroll},
    {"enroll_embedding", enroll_embedding},
    {"enroll_many", enroll_many},
    {"update_face", update_face},
    {"delete_face", delete_face},
    {"delete_subject", delete_subject},
    {"delete_expired", delete_expired},
    {"list_faces", list_faces},
    {"describe_subject", describe_subject},
    {"update_subject", update_subject},
    {"list_subjects", list_subjects},
    {"verify", verify},
    {"identify", identify},
    {"identify_embeddings", identify_embeddings},
    {"export_gallery", export_gallery},
    {"import_gallery", import_gallery},
    {"check_galleries", check_galleries},
    {"backup_galleries", backup_galleries},
    {"change_gallery_key", change_gallery_key},
    {"reseal_gallery", reseal_gallery},
    {"restore_galleries", restore_galleries},
    {"verify_audit_log", verify_audit_log},
};

std::string run(const fb::Client &client, Stores &stores, const std::string &operation, const Fields &fields) {
    try {
        Answer answer;
        const bool stored = fields.count("store") > 0 && operation != "restore_galleries" && operation != "verify_audit_log";
        operations.at(operation)(stored ? stores.client(fields) : client, fields, answer);
        return answer.text();
    } catch (const fb::Error &error) {
        Answer answer;
        std::string message = error.message();
        for (char &letter : message) {
            if (letter == '\t' || letter == '\n' || letter == '\r') letter = ' ';
        }
        answer.with("error", kind_name(error.kind()));
        if (error.check_code()) answer.with("error_check_code", *error.check_code());
        return answer.with("message", message).text();
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "driver PLAN_FILE\n";
        return 2;
    }
    try {
        const auto client = fb::Client::local();
        Stores stores;
        std::ifstream plan(argv[1]);
        for (std::string line; std::getline(plan, line);) {
            if (line.empty() || line[0] == '#') continue;
            const auto parts = split(line, '\t');
            Fields fields;
            for (std::size_t i = 2; i < parts.size(); ++i) {
                const std::size_t equals = parts[i].find('=');
                fields[parts[i].substr(0, equals)] = parts[i].substr(equals + 1);
            }
            std::cout << parts.at(0) << run(client, stores, parts.at(1), fields) << std::endl;
        }
    } catch (const std::exception &error) {
        std::cerr << "driver: " << error.what() << '\n';
        return 2;
    }
    return 0;
}
