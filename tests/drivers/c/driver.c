/*
 * Answers a plan of cases through the C interface, one line for each case; it judges nothing.
 *
 *     driver PLAN_FILE
 */
#include <facebridge/facebridge.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 32, MOST_PATHS = 256 };

/* One case: its fields as KEY=VALUE. */
struct fields {
    size_t count;
    char *texts[MOST_FIELDS];
};

/* A picture of the plan, and the bytes that it borrows. */
struct picture {
    fb_image image;
    uint8_t *bytes;
};

static void give_up(const char *reason) {
    fprintf(stderr, "driver: %s\n", reason);
    exit(2);
}

static uint8_t *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    size_t room = 65536, used = 0, read = 0;
    uint8_t *bytes = malloc(room);
    if (file == NULL || bytes == NULL) {
        give_up("a file of the plan cannot be read");
    }
    while ((read = fread(bytes + used, 1, room - used, file)) > 0) {
        used += read;
        if (used == room) {
            uint8_t *more = realloc(bytes, room *= 2);
            if (more == NULL) {
                give_up("out of memory");
            }
            bytes = more;
        }
    }
    fclose(file);
    *length = used;
    return bytes;
}

static const char *find(const struct fields *fields, const char *key) {
    const size_t length = strlen(key);
    for (size_t i = 0; i < fields->count; ++i) {
        if (strncmp(fields->texts[i], key, length) == 0 && fields->texts[i][length] == '=') {
            return fields->texts[i] + length + 1;
        }
    }
    return NULL;
}

static const char *get(const struct fields *fields, const char *key) {
    const char *value = find(fields, key);
    if (value == NULL) {
        give_up("a case lacks a field");
    }
    return value;
}

/* Cuts a text at each separator. Returns the number of parts. */
static size_t split(char *text, char separator, char **parts, size_t most) {
    size_t count = 0;
    while (text != NULL && count < most) {
        parts[count++] = text;
        text = strchr(text, separator);
        if (text != NULL) {
            *text++ = '\0';
        }
    }
    return count;
}

static struct picture picture_of(const struct fields *fields, const char *key) {
    const char *value = get(fields, key);
    struct picture picture;
    const char *rest = strchr(value, ':');
    size_t length = 0;
    picture.bytes = NULL;
    if (rest == NULL) {
        give_up("a picture has no kind");
    }
    ++rest;
    if (strncmp(value, "path:", 5) == 0) {
        picture.image = fb_image_file(rest);
    } else if (strncmp(value, "encoded:", 8) == 0) {
        picture.bytes = read_file(rest, &length);
        picture.image = fb_image_encoded(picture.bytes, length);
    } else {
        const fb_pixel_format format = strncmp(value, "rgb", 3) == 0   ? FB_PIXEL_FORMAT_RGB
                                       : strncmp(value, "bgr", 3) == 0 ? FB_PIXEL_FORMAT_BGR
                                                                       : FB_PIXEL_FORMAT_GREY;
        char *end = NULL;
        const unsigned long width = strtoul(rest, &end, 10);
        const unsigned long height = strtoul(end + 1, &end, 10);
        const unsigned long long stride = strtoull(end + 1, &end, 10);
        picture.bytes = read_file(end + 1, &length);
        picture.image = fb_image_pixels(picture.bytes, length, (uint32_t)width, (uint32_t)height, (size_t)stride, format);
    }
    return picture;
}

/* FNV-1a of 64 bits. Numbers go in as little-endian bytes. */
typedef uint64_t digest;

static const digest empty = 0xcbf29ce484222325u;

static void add(digest *state, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        *state = (*state ^ bytes[i]) * 0x100000001b3u;
    }
}

static void add_whole(digest *state, uint64_t number, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
        const uint8_t byte = (uint8_t)(number >> (8 * i));
        add(state, &byte, 1);
    }
}

static void add_float(digest *state, float number) {
    uint32_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    add_whole(state, bits, 4);
}

static uint64_t bits_of(double number) {
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void add_point(digest *state, const fb_point *point) {
    add_float(state, point->x);
    add_float(state, point->y);
}

static void add_face(digest *state, const fb_face *face) {
    add_float(state, face->bounding_box.x);
    add_float(state, face->bounding_box.y);
    add_float(state, face->bounding_box.width);
    add_float(state, face->bounding_box.height);
    add_float(state, face->probability);
    add_point(state, &face->landmarks.right_eye);
    add_point(state, &face->landmarks.left_eye);
    add_point(state, &face->landmarks.nose_tip);
    add_point(state, &face->landmarks.right_mouth_corner);
    add_point(state, &face->landmarks.left_mouth_corner);
    add_float(state, face->pose.yaw);
    add_float(state, face->pose.pitch);
    add_float(state, face->pose.roll);
    add_whole(state, (uint64_t)face->direction, 4);
    add_whole(state, (uint64_t)face->quality.check_code, 4);
    add_float(state, face->quality.sharpness);
    add_float(state, face->quality.brightness);
    add_float(state, face->quality.burnt);
    add_float(state, face->quality.face_size);
    add_whole(state, face->quality.too_small ? 1 : 0, 1);
}

static void add_selected(digest *state, const fb_selected_face *selected) {
    add_face(state, &selected->face);
    add_whole(state, selected->rotation, 4);
}

static digest digest_of(const fb_embedding *embedding) {
    digest state = empty;
    for (size_t i = 0; i < embedding->values_count; ++i) {
        add_float(&state, embedding->values[i]);
    }
    add_selected(&state, &embedding->source);
    return state;
}

static void print_digest(digest state) {
    printf("\tdigest=%016" PRIx64, state);
}

static void print_number(const char *key, bool has, double number) {
    if (has) {
        printf("\t%s=%016" PRIx64, key, bits_of(number));
    } else {
        printf("\t%s=-", key);
    }
}

static void print_warnings(const char *key, const fb_selected_face *face) {
    printf("\t%s=", key);
    for (size_t i = 0; face != NULL && i < face->warnings_count; ++i) {
        printf("%s%s", i > 0 ? "," : "", fb_warning_name(face->warnings[i]));
    }
}

/* As the definition writes it, such as NoFace. */
static void print_kind(fb_status kind) {
    bool begins = true;
    for (const char *letter = fb_status_name(kind); *letter != '\0'; ++letter) {
        if (*letter == '_') {
            begins = true;
        } else {
            putchar(begins ? toupper((unsigned char)*letter) : *letter);
            begins = false;
        }
    }
}

static fb_status detect(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    const char *max_faces = find(fields, "max_faces");
    fb_detect_options options;
    fb_detection *found = NULL;
    fb_detect_options_init(&options, sizeof options);
    if (max_faces != NULL) {
        options.max_faces = (uint32_t)strtoul(max_faces, NULL, 10);
    }
    const fb_status status =
        fb_client_detect(client, &picture.image, max_faces != NULL ? &options : NULL, &found, error);
    if (status == FB_OK) {
        digest state = empty;
        for (size_t i = 0; i < found->faces_count; ++i) {
            add_face(&state, &found->faces[i]);
        }
        printf("\tfaces=%zu\tcheck_code=%d\tsize=%" PRIu32 "x%" PRIu32 "\trotation=%" PRIu32 "\twarnings=",
               found->faces_count, (int)found->check_code, found->image_width, found->image_height, found->rotation);
        for (size_t i = 0; i < found->warnings_count; ++i) {
            printf("%s%s", i > 0 ? "," : "", fb_warning_name(found->warnings[i]));
        }
        print_digest(state);
    }
    fb_detection_free(found);
    free(picture.bytes);
    return status;
}

static void print_embedding(const fb_embedding *embedding) {
    printf("\tmodel_id=%s\tpipeline=%s", embedding->model_id, embedding->pipeline);
    print_warnings("warnings", &embedding->source);
    print_digest(digest_of(embedding));
}

static fb_status embed(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_embedding *embedding = NULL;
    const fb_status status = fb_client_embed(client, &picture.image, &embedding, error);
    if (status == FB_OK) {
        print_embedding(embedding);
    }
    fb_embedding_free(embedding);
    free(picture.bytes);
    return status;
}

static void print_comparison(const fb_comparison *comparison) {
    const fb_estimated_fmr *fmr = comparison->estimated_fmr;
    digest state = empty;
    if (comparison->face_a != NULL) {
        add_selected(&state, comparison->face_a);
    }
    if (comparison->face_b != NULL) {
        add_selected(&state, comparison->face_b);
    }
    printf("\tdecision=%s\treason=%s", fb_decision_name(comparison->decision),
           comparison->has_indeterminate_reason ? fb_indeterminate_reason_name(comparison->indeterminate_reason) : "-");
    print_number("score", comparison->has_score, comparison->score);
    print_number("raw_score", comparison->has_raw_score, comparison->raw_score);
    print_number("threshold", comparison->has_threshold, comparison->threshold);
    print_number("fmr", fmr != NULL, fmr != NULL ? fmr->rate : 0);
    printf("\tat_most=%d\tanswered_by=%s\tmodel_id=%s", fmr != NULL && fmr->at_most, comparison->answered_by,
           comparison->model_id);
    print_warnings("warnings_a", comparison->face_a);
    print_warnings("warnings_b", comparison->face_b);
    print_digest(state);
}

static const fb_compare_options *compare_options(const struct fields *fields, fb_compare_options *options) {
    const char *max_fmr = find(fields, "max_fmr");
    if (max_fmr == NULL) {
        return NULL;
    }
    fb_compare_options_init(options, sizeof *options);
    options->has_max_fmr = true;
    options->max_fmr = strtod(max_fmr, NULL);
    return options;
}

static fb_status compare(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture a = picture_of(fields, "a"), b = picture_of(fields, "b");
    fb_compare_options options;
    fb_comparison *comparison = NULL;
    const fb_status status = fb_client_compare(client, &a.image, &b.image, compare_options(fields, &options),
                                               &comparison, error);
    if (status == FB_OK) {
        print_comparison(comparison);
    }
    fb_comparison_free(comparison);
    free(a.bytes);
    free(b.bytes);
    return status;
}

static fb_status compare_embeddings(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture pictures[2] = {picture_of(fields, "a"), picture_of(fields, "b")};
    fb_embedding *embeddings[2] = {NULL, NULL};
    fb_compare_options options;
    fb_comparison *comparison = NULL;
    fb_status status = FB_OK;
    for (int i = 0; i < 2 && status == FB_OK; ++i) {
        status = fb_client_embed(client, &pictures[i].image, &embeddings[i], error);
    }
    if (status == FB_OK) {
        status = fb_client_compare_embeddings(client, embeddings[0], embeddings[1], compare_options(fields, &options),
                                              &comparison, error);
    }
    if (status == FB_OK) {
        print_comparison(comparison);
    }
    fb_comparison_free(comparison);
    for (int i = 0; i < 2; ++i) {
        fb_embedding_free(embeddings[i]);
        free(pictures[i].bytes);
    }
    return status;
}

static int by_index(const void *left, const void *right) {
    const fb_embedding_outcome *a = left, *b = right;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void print_outcomes(const fb_embedding_outcome_list *list) {
    fb_embedding_outcome *sorted = malloc((list->count + 1) * sizeof *sorted);
    if (sorted == NULL) {
        give_up("out of memory");
    }
    for (size_t i = 0; i < list->count; ++i) {
        sorted[i] = list->items[i];
    }
    qsort(sorted, list->count, sizeof *sorted, by_index);
    printf("\toutcomes=%zu\ti=", list->count);
    for (size_t i = 0; i < list->count; ++i) {
        printf("%s%" PRIu64 ":", i > 0 ? "," : "", sorted[i].index);
        if (sorted[i].embedding != NULL) {
            printf("%016" PRIx64, digest_of(sorted[i].embedding));
        } else {
            print_kind(sorted[i].failure->kind);
        }
    }
    free(sorted);
}

static fb_status embed_many(fb_client *client, const struct fields *fields, fb_error **error) {
    const char *value = get(fields, "paths");
    char *texts = malloc(strlen(value) + 1);
    char *paths[MOST_PATHS];
    fb_embedding_job *job = NULL;
    fb_embedding_outcome_list *outcomes = NULL;
    bool ended = false;
    if (texts == NULL) {
        give_up("out of memory");
    }
    strcpy(texts, value);
    const size_t count = split(texts, '|', paths, MOST_PATHS);
    fb_status status = fb_client_embed_many(client, (const char *const *)paths, count, &job, error);
    if (status == FB_OK) {
        status = fb_embedding_job_wait(job, NULL, &ended, error);
    }
    if (status == FB_OK) {
        status = fb_embedding_job_take_outcomes(job, UINT32_MAX, &outcomes, error);
    }
    if (status == FB_OK) {
        print_outcomes(outcomes);
    }
    fb_embedding_outcome_list_free(outcomes);
    if (job != NULL) {
        fb_embedding_job_close(job);
    }
    free(texts);
    return status;
}

static fb_status print_capabilities(fb_client *client, fb_error **error) {
    fb_capabilities *found = NULL;
    const fb_status status = fb_client_capabilities(client, &found, error);
    if (status != FB_OK) {
        return status;
    }
    printf("\tbackend=%s\toperations=", found->backend);
    for (size_t i = 0; i < found->operations_count; ++i) {
        printf("%s%s", i > 0 ? "," : "", fb_operation_name(found->operations[i]));
    }
    printf("\tmodels=");
    for (size_t i = 0; i < found->models_count; ++i) {
        const fb_model_description *model = &found->models[i];
        printf("%s%s:%s:%s", i > 0 ? "," : "", model->id, model->kind, model->sha256);
    }
    printf("\tpipeline=%s\tembedding_length=%" PRIu32 "\tcalibrated=%d", found->pipeline, found->embedding_length,
           found->calibrated);
    print_number("lowest_fmr", found->has_lowest_supported_fmr, found->lowest_supported_fmr);
    printf("\tconcurrency=%" PRIu32 "\tformats=", found->concurrency);
    for (size_t i = 0; i < found->image_formats_count; ++i) {
        printf("%s%s", i > 0 ? "," : "", found->image_formats[i]);
    }
    printf("\tjpeg=%s", found->jpeg_decoder);
    fb_capabilities_free(found);
    return FB_OK;
}

static fb_status capabilities(fb_client *client, const struct fields *fields, fb_error **error) {
    (void)fields;
    return print_capabilities(client, error);
}

static fb_status from_config(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_client *other = NULL;
    (void)client;
    fb_status status = fb_client_from_config(get(fields, "config"), &other, error);
    if (status == FB_OK) {
        status = print_capabilities(other, error);
        fb_client_close(other);
    }
    return status;
}

static fb_status optimize_model(fb_client *client, const struct fields *fields, fb_error **error) {
    size_t length = 0;
    uint8_t *model = read_file(get(fields, "model"), &length);
    fb_bytes *optimized = NULL;
    (void)client;
    const fb_status status = fb_optimize_model(model, length, &optimized, error);
    if (status == FB_OK) {
        digest state = empty;
        add(&state, optimized->data, optimized->length);
        printf("\tlength=%zu", optimized->length);
        print_digest(state);
    }
    fb_bytes_free(optimized);
    free(model);
    return status;
}

static void print_evaluation(const fb_evaluation *evaluation) {
    digest state = empty;
    if (evaluation->all_pairs != NULL) {
        const fb_evaluation_report *report = evaluation->all_pairs;
        add_whole(&state, report->all.counts.mated, 8);
        add_whole(&state, report->all.counts.non_mated, 8);
        for (size_t i = 0; i < report->det_count; ++i) {
            add_float(&state, report->det[i].threshold);
            add_whole(&state, bits_of(report->det[i].fmr), 8);
            add_whole(&state, bits_of(report->det[i].fnmr), 8);
        }
    }
    printf("\timages=%" PRIu64 "\tundetected=%" PRIu64 "\tunreadable=%" PRIu64, evaluation->images,
           evaluation->undetected, evaluation->unreadable);
    print_digest(state);
}

static fb_status evaluate(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_labelled_photos data;
    fb_evaluation_job *job = NULL;
    fb_evaluation *evaluation = NULL;
    bool ended = false;
    fb_labelled_photos_init(&data, sizeof data);
    data.folder = get(fields, "folder");
    fb_status status = fb_client_evaluate(client, &data, &job, error);
    if (status == FB_OK) {
        status = fb_evaluation_job_wait(job, NULL, &ended, error);
    }
    if (status == FB_OK) {
        status = fb_evaluation_job_result(job, &evaluation, error);
    }
    if (status == FB_OK) {
        print_evaluation(evaluation);
    }
    fb_evaluation_free(evaluation);
    if (job != NULL) {
        fb_evaluation_job_close(job);
    }
    return status;
}

static fb_status closed(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_client *other = NULL;
    (void)client;
    fb_status status = fb_client_local(NULL, &other, error);
    if (status == FB_OK) {
        fb_client_close(other);
        status = embed(other, fields, error);
    }
    return status;
}

static void gallery_options(const struct fields *fields, fb_gallery_options *options) {
    fb_gallery_options_init(options, sizeof *options);
    options->store = find(fields, "store");
    options->key = get(fields, "key");
    options->audit_log = find(fields, "audit_log");
}

static uint64_t whole(const struct fields *fields, const char *key, bool *has) {
    const char *text = find(fields, key);
    *has = text != NULL;
    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static fb_direction direction(const struct fields *fields, bool *has) {
    const char *text = find(fields, "direction");
    *has = text != NULL;
    for (int i = FB_DIRECTION_FRONT; text != NULL && i <= FB_DIRECTION_DOWN; ++i) {
        if (strcmp(text, fb_direction_name((fb_direction)i)) == 0) {
            return (fb_direction)i;
        }
    }
    return FB_DIRECTION_FRONT;
}

static fb_duplicate_policy duplicates(const struct fields *fields, bool *has) {
    const char *text = find(fields, "duplicates");
    const fb_duplicate_policy all[] = {FB_DUPLICATE_POLICY_REFUSE, FB_DUPLICATE_POLICY_REPORT, FB_DUPLICATE_POLICY_OFF};
    *has = text != NULL;
    for (size_t i = 0; text != NULL && i < sizeof all / sizeof *all; ++i) {
        if (strcmp(text, fb_duplicate_policy_name(all[i])) == 0) {
            return all[i];
        }
    }
    return FB_DUPLICATE_POLICY_REFUSE;
}

static fb_subject_attributes attributes(const struct fields *fields) {
    const char *text = find(fields, "person_type");
    const fb_person_type all[] = {FB_PERSON_TYPE_NORMAL, FB_PERSON_TYPE_VIP, FB_PERSON_TYPE_INNER};
    fb_subject_attributes known;
    known.name = find(fields, "name");
    known.id_number = find(fields, "id_number");
    known.customer_id = find(fields, "customer_id");
    known.person_type = FB_PERSON_TYPE_NORMAL;
    for (size_t i = 0; text != NULL && i < sizeof all / sizeof *all; ++i) {
        if (strcmp(text, fb_person_type_name(all[i])) == 0) {
            known.person_type = all[i];
        }
    }
    return known;
}

/* The attributes stand where the options point, so both are the caller's. */
static void enroll_options(const struct fields *fields, fb_enroll_options *options, fb_subject_attributes *known) {
    fb_enroll_options_init(options, sizeof *options);
    *known = attributes(fields);
    if (find(fields, "person_type") != NULL || known->name != NULL || known->id_number != NULL ||
        known->customer_id != NULL) {
        options->attributes = known;
    }
    options->direction = direction(fields, &options->has_direction);
    options->face_id = whole(fields, "face_id", &options->has_face_id);
    options->duplicates = duplicates(fields, &options->has_duplicates);
    options->time_to_live = whole(fields, "time_to_live", &options->has_time_to_live);
}

static void identify_options(const struct fields *fields, fb_identify_options *options) {
    bool has = false;
    const uint64_t most = whole(fields, "max_candidates", &has);
    const char *rate = find(fields, "max_fpir");
    fb_identify_options_init(options, sizeof *options);
    if (has) {
        options->max_candidates = (uint32_t)most;
    }
    if (rate != NULL) {
        options->max_fpir = strtod(rate, NULL);
    }
}

static void print_source(const fb_selected_face *face) {
    digest state = empty;
    if (face != NULL) {
        add_selected(&state, face);
    }
    print_digest(state);
}

static void print_bits(bool has, double number) {
    if (has) {
        printf("%016" PRIx64, bits_of(number));
    } else {
        printf("-");
    }
}

static fb_status print_enrollment(fb_status status, fb_enrollment *answer) {
    if (status == FB_OK) {
        const fb_duplicate_face *found = answer->duplicate;
        printf("\tstatus=%s\tface_id=", fb_enrollment_status_name(answer->status));
        if (answer->has_face_id) {
            printf("%" PRIu64, answer->face_id);
        } else {
            printf("-");
        }
        printf("\tcheck_code=%d\trefusal=%s\tduplicate=", (int)answer->check_code,
               answer->has_refusal ? fb_refusal_reason_name(answer->refusal) : "-");
        if (found != NULL) {
            printf("%" PRIu64 ":%s", found->face_id, found->subject);
        } else {
            printf("-");
        }
        print_number("duplicate_score", found != NULL && found->has_score, found != NULL ? found->score : 0);
        print_source(answer->source);
    }
    fb_enrollment_free(answer);
    return status;
}

static fb_status enroll(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_enroll_options options;
    fb_subject_attributes known;
    fb_enrollment *answer = NULL;
    enroll_options(fields, &options, &known);
    const fb_status status = fb_client_enroll(client, get(fields, "gallery"), get(fields, "subject"), &picture.image,
                                              &options, &answer, error);
    free(picture.bytes);
    return print_enrollment(status, answer);
}

static fb_status enroll_embedding(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_enroll_options options;
    fb_subject_attributes known;
    fb_embedding *embedding = NULL;
    fb_enrollment *answer = NULL;
    enroll_options(fields, &options, &known);
    fb_status status = fb_client_embed(client, &picture.image, &embedding, error);
    if (status == FB_OK) {
        status = fb_client_enroll_embedding(client, get(fields, "gallery"), get(fields, "subject"), embedding, &options,
                                            &answer, error);
    }
    fb_embedding_free(embedding);
    free(picture.bytes);
    return print_enrollment(status, answer);
}

static int by_position(const void *left, const void *right) {
    const fb_enrollment_outcome *a = left, *b = right;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void print_many(const fb_enrollment_outcome_list *list) {
    fb_enrollment_outcome sorted[MOST_PATHS];
    if (list->count > MOST_PATHS) {
        give_up("too many outcomes");
    }
    for (size_t i = 0; i < list->count; ++i) {
        sorted[i] = list->items[i];
    }
    qsort(sorted, list->count, sizeof *sorted, by_position);
    printf("\tmany=");
    for (size_t i = 0; i < list->count; ++i) {
        printf("%s", i > 0 ? "," : "");
        if (sorted[i].enrollment != NULL) {
            printf("%s", fb_enrollment_status_name(sorted[i].enrollment->status));
        } else {
            print_kind(sorted[i].failure->kind);
        }
    }
}

static fb_status enroll_many(fb_client *client, const struct fields *fields, fb_error **error) {
    const char *values[2] = {get(fields, "subjects"), get(fields, "paths")};
    char *texts[2];
    char *parts[2][MOST_PATHS];
    size_t count = 0;
    fb_enroll_item items[MOST_PATHS];
    fb_enroll_source source;
    fb_enrollment_job *job = NULL;
    fb_enrollment_outcome_list *outcomes = NULL;
    bool ended = false;
    for (int i = 0; i < 2; ++i) {
        texts[i] = malloc(strlen(values[i]) + 1);
        if (texts[i] == NULL) {
            give_up("out of memory");
        }
        strcpy(texts[i], values[i]);
        count = split(texts[i], '|', parts[i], MOST_PATHS);
    }
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; ++i) {
        items[i].subject = parts[0][i];
        items[i].path = parts[1][i];
    }
    fb_enroll_source_init(&source, sizeof source);
    source.items = items;
    source.items_count = count;
    fb_status status = fb_client_enroll_many(client, get(fields, "gallery"), &source, NULL, &job, error);
    if (status == FB_OK) {
        status = fb_enrollment_job_wait(job, NULL, &ended, error);
    }
    if (status == FB_OK) {
        status = fb_enrollment_job_take_outcomes(job, UINT32_MAX, &outcomes, error);
    }
    if (status == FB_OK) {
        print_many(outcomes);
    }
    fb_enrollment_outcome_list_free(outcomes);
    if (job != NULL) {
        fb_enrollment_job_close(job);
    }
    free(texts[0]);
    free(texts[1]);
    return status;
}

static fb_status update_face(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_update_face_options options;
    fb_enrollment *answer = NULL;
    bool has = false;
    fb_update_face_options_init(&options, sizeof options);
    options.direction = direction(fields, &options.has_direction);
    options.new_face_id = whole(fields, "new_face_id", &options.has_new_face_id);
    options.duplicates = duplicates(fields, &options.has_duplicates);
    options.time_to_live = whole(fields, "time_to_live", &options.has_time_to_live);
    const fb_status status = fb_client_update_face(client, get(fields, "gallery"), whole(fields, "face", &has),
                                                   &picture.image, &options, &answer, error);
    free(picture.bytes);
    return print_enrollment(status, answer);
}

static fb_status print_flag(fb_status status, const char *name, bool flag) {
    if (status == FB_OK) {
        printf("\t%s=%d", name, flag);
    }
    return status;
}

static fb_status print_count(fb_status status, const char *name, uint64_t count) {
    if (status == FB_OK) {
        printf("\t%s=%" PRIu64, name, count);
    }
    return status;
}

static fb_status create_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    bool made = false;
    const fb_status status = fb_client_create_gallery(client, get(fields, "gallery"), &made, error);
    return print_flag(status, "made", made);
}

static fb_status drop_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    bool dropped = false;
    const fb_status status = fb_client_drop_gallery(client, get(fields, "gallery"), &dropped, error);
    return print_flag(status, "dropped", dropped);
}

static fb_status delete_face(fb_client *client, const struct fields *fields, fb_error **error) {
    bool deleted = false, has = false;
    const fb_status status =
        fb_client_delete_face(client, get(fields, "gallery"), whole(fields, "face", &has), &deleted, error);
    return print_flag(status, "deleted", deleted);
}

static fb_status delete_subject(fb_client *client, const struct fields *fields, fb_error **error) {
    uint64_t faces = 0;
    const fb_status status =
        fb_client_delete_subject(client, get(fields, "gallery"), get(fields, "subject"), &faces, error);
    return print_count(status, "deleted", faces);
}

static fb_status delete_expired(fb_client *client, const struct fields *fields, fb_error **error) {
    uint64_t faces = 0;
    (void)fields;
    const fb_status status = fb_client_delete_expired(client, &faces, error);
    return print_count(status, "deleted", faces);
}

static fb_status list_galleries(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_gallery_description_list *list = NULL;
    (void)fields;
    const fb_status status = fb_client_list_galleries(client, &list, error);
    if (status == FB_OK) {
        printf("\tgalleries=");
        for (size_t i = 0; i < list->count; ++i) {
            const fb_gallery_description *one = &list->items[i];
            printf("%s%s:%" PRIu64 ":%" PRIu64, i > 0 ? "," : "", one->name, one->subjects, one->faces);
        }
    }
    fb_gallery_description_list_free(list);
    return status;
}

static fb_status describe_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_gallery_description *found = NULL;
    const fb_status status = fb_client_describe_gallery(client, get(fields, "gallery"), &found, error);
    if (status == FB_OK) {
        printf("\tname=%s\tsubjects=%" PRIu64 "\tenrolled=%" PRIu64 "\tfiling=%d", found->name, found->subjects,
               found->faces, found->filing_advised);
    }
    fb_gallery_description_free(found);
    return status;
}

static fb_status list_faces(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_enrolled_face_list *list = NULL;
    const fb_status status = fb_client_list_faces(client, get(fields, "gallery"), get(fields, "subject"), &list, error);
    if (status == FB_OK) {
        printf("\tlist=");
        for (size_t i = 0; i < list->count; ++i) {
            const fb_enrolled_face *face = &list->items[i];
            printf("%s%" PRIu64 ":%s:%d", i > 0 ? "," : "", face->face_id,
                   face->has_direction ? fb_direction_name(face->direction) : "-", face->has_expires_at);
        }
    }
    fb_enrolled_face_list_free(list);
    return status;
}

static const char *or_none(const char *text) {
    return text == NULL ? "-" : text;
}

static fb_status describe_subject(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_subject *found = NULL;
    const fb_status status =
        fb_client_describe_subject(client, get(fields, "gallery"), get(fields, "subject"), &found, error);
    if (status == FB_OK) {
        const fb_subject_attributes *known = &found->attributes;
        printf("\tid=%s\tname=%s\tid_number=%s\tperson_type=%s\tcustomer_id=%s\tenrolled=%" PRIu32, found->id,
               or_none(known->name), or_none(known->id_number), fb_person_type_name(known->person_type),
               or_none(known->customer_id), found->faces);
    }
    fb_subject_free(found);
    return status;
}

static fb_status update_subject(fb_client *client, const struct fields *fields, fb_error **error) {
    const fb_subject_attributes known = attributes(fields);
    const fb_status status =
        fb_client_update_subject(client, get(fields, "gallery"), get(fields, "subject"), &known, error);
    return print_flag(status, "done", true);
}

static fb_status list_subjects(fb_client *client, const struct fields *fields, fb_error **error) {
    bool has = false, has_after = false;
    const uint32_t most = (uint32_t)whole(fields, "max_subjects", &has);
    const uint64_t after = whole(fields, "after", &has_after);
    fb_subject_page *page = NULL;
    const fb_status status =
        fb_client_list_subjects(client, get(fields, "gallery"), most, has_after ? &after : NULL, &page, error);
    if (status == FB_OK) {
        printf("\tlist=");
        for (size_t i = 0; i < page->subjects_count; ++i) {
            printf("%s%s:%" PRIu32, i > 0 ? "," : "", page->subjects[i].id, page->subjects[i].faces);
        }
        printf("\tnext=");
        if (page->has_next) {
            printf("%" PRIu64, page->next);
        } else {
            printf("-");
        }
    }
    fb_subject_page_free(page);
    return status;
}

static fb_status verify(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_compare_options options;
    fb_verification *found = NULL;
    const fb_status status = fb_client_verify(client, get(fields, "gallery"), get(fields, "subject"), &picture.image,
                                              compare_options(fields, &options), &found, error);
    if (status == FB_OK) {
        const fb_estimated_fmr *fmr = found->estimated_fmr;
        printf("\tdecision=%s\treason=%s\tface_id=%" PRIu64, fb_decision_name(found->decision),
               found->has_indeterminate_reason ? fb_indeterminate_reason_name(found->indeterminate_reason) : "-",
               found->face_id);
        print_number("score", found->has_score, found->score);
        print_number("raw_score", true, found->raw_score);
        print_number("threshold", found->has_threshold, found->threshold);
        print_number("fmr", fmr != NULL, fmr != NULL ? fmr->rate : 0);
        printf("\tat_most=%d", fmr != NULL && fmr->at_most);
        print_number("scale", true, found->scale);
        printf("\tanswered_by=%s\tmodel_id=%s", found->answered_by, found->model_id);
        print_warnings("warnings", found->probe);
        print_source(found->probe);
    }
    fb_verification_free(found);
    free(picture.bytes);
    return status;
}

static void print_candidates(const fb_candidate_list *list) {
    for (size_t i = 0; i < list->candidates_count; ++i) {
        const fb_candidate *one = &list->candidates[i];
        const fb_estimated_fmr *fmr = one->estimated_fmr;
        printf("%s%s:%" PRIu64 ":%s:", i > 0 ? "," : "", one->subject, one->face_id, fb_decision_name(one->decision));
        print_bits(one->has_score, one->score);
        printf(":");
        print_bits(true, one->raw_score);
        printf(":");
        print_bits(fmr != NULL, fmr != NULL ? fmr->rate : 0);
        printf(":%d", fmr != NULL && fmr->at_most);
    }
}

static fb_status identify(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture picture = picture_of(fields, "image");
    fb_identify_options options;
    fb_candidate_list *found = NULL;
    identify_options(fields, &options);
    const fb_status status =
        fb_client_identify(client, get(fields, "gallery"), &picture.image, &options, &found, error);
    if (status == FB_OK) {
        const fb_candidate *first = found->candidates_count > 0 ? &found->candidates[0] : NULL;
        printf("\tdecision=%s\treason=%s\tfirst=%s", fb_decision_name(found->decision),
               found->has_indeterminate_reason ? fb_indeterminate_reason_name(found->indeterminate_reason) : "-",
               first != NULL ? first->subject : "-");
        print_number("score", first != NULL && first->has_score, first != NULL ? first->score : 0);
        printf("\tcount=%zu\tcandidates=", found->candidates_count);
        print_candidates(found);
        print_number("margin", found->has_margin, found->margin);
        print_number("threshold", found->has_threshold, found->threshold);
        print_number("scale", true, found->scale);
        printf("\tgallery_faces=%" PRIu64 "\tanswered_by=%s\tmodel_id=%s", found->gallery_faces, found->answered_by,
               found->model_id);
        print_warnings("warnings", found->probe);
        print_source(found->probe);
    }
    fb_candidate_list_free(found);
    free(picture.bytes);
    return status;
}

static fb_status identify_embeddings(fb_client *client, const struct fields *fields, fb_error **error) {
    struct picture pictures[2] = {picture_of(fields, "a"), picture_of(fields, "b")};
    fb_embedding *embeddings[2] = {NULL, NULL};
    fb_identify_options options;
    fb_candidate_list_list *lists = NULL;
    fb_status status = FB_OK;
    identify_options(fields, &options);
    for (int i = 0; i < 2 && status == FB_OK; ++i) {
        status = fb_client_embed(client, &pictures[i].image, &embeddings[i], error);
    }
    if (status == FB_OK) {
        const fb_embedding probes[2] = {*embeddings[0], *embeddings[1]};
        status = fb_client_identify_embeddings(client, get(fields, "gallery"), probes, 2, &options, &lists, error);
    }
    if (status == FB_OK) {
        printf("\tlists=");
        for (size_t i = 0; i < lists->count; ++i) {
            printf("%s%s/", i > 0 ? "|" : "", fb_decision_name(lists->items[i].decision));
            print_candidates(&lists->items[i]);
        }
    }
    fb_candidate_list_list_free(lists);
    for (int i = 0; i < 2; ++i) {
        fb_embedding_free(embeddings[i]);
        free(pictures[i].bytes);
    }
    return status;
}

static void export_options(const struct fields *fields, fb_export_options *options) {
    fb_export_options_init(options, sizeof *options);
    options->key = find(fields, "export_key");
}

/* Waits for a job that was begun, and closes it. */
static fb_status transferred(fb_status status, fb_transfer_job *job, fb_error **error) {
    fb_transfer_report *report = NULL;
    bool ended = false;
    if (status == FB_OK) {
        status = fb_transfer_job_wait(job, NULL, &ended, error);
    }
    if (status == FB_OK) {
        status = fb_transfer_job_result(job, &report, error);
    }
    if (status == FB_OK) {
        printf("\tsubjects=%" PRIu64 "\tenrolled=%" PRIu64 "\tstored=%" PRIu64 "\tthere=%" PRIu64 "\trefused=",
               report->subjects, report->faces, report->stored, report->already_there);
        for (size_t i = 0; i < report->refused_count; ++i) {
            const fb_refused_faces *refused = &report->refused[i];
            printf("%s%s:%" PRIu64, i > 0 ? "," : "", fb_transfer_refusal_name(refused->reason), refused->faces);
        }
    }
    fb_transfer_report_free(report);
    if (job != NULL) {
        fb_transfer_job_close(job);
    }
    return status;
}

static fb_status export_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_export_options options;
    fb_transfer_job *job = NULL;
    export_options(fields, &options);
    const fb_status status =
        fb_client_export_gallery(client, get(fields, "gallery"), get(fields, "to"), &options, &job, error);
    return transferred(status, job, error);
}

static fb_status import_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_export_options options;
    fb_transfer_job *job = NULL;
    export_options(fields, &options);
    const fb_status status =
        fb_client_import_gallery(client, get(fields, "gallery"), get(fields, "from"), &options, &job, error);
    return transferred(status, job, error);
}

static fb_status check_galleries(fb_client *client, const struct fields *fields, fb_error **error) {
    (void)fields;
    return print_flag(fb_client_check_galleries(client, error), "done", true);
}

static fb_status backup_galleries(fb_client *client, const struct fields *fields, fb_error **error) {
    return print_flag(fb_client_backup_galleries(client, get(fields, "to"), error), "done", true);
}

static fb_status change_gallery_key(fb_client *client, const struct fields *fields, fb_error **error) {
    return print_flag(fb_client_change_gallery_key(client, get(fields, "new_key"), error), "done", true);
}

static fb_status reseal_gallery(fb_client *client, const struct fields *fields, fb_error **error) {
    return print_flag(fb_client_reseal_gallery(client, get(fields, "gallery"), error), "done", true);
}

static fb_status restore_galleries(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_gallery_options options;
    (void)client;
    gallery_options(fields, &options);
    return print_flag(fb_restore_galleries(get(fields, "from"), get(fields, "to"), &options, error), "done", true);
}

static fb_status verify_audit_log(fb_client *client, const struct fields *fields, fb_error **error) {
    fb_gallery_options options;
    fb_audit_report *report = NULL;
    (void)client;
    gallery_options(fields, &options);
    const fb_status status = fb_verify_audit_log(get(fields, "audit_log"), &options, &report, error);
    if (status == FB_OK) {
        printf("\trecords=%" PRIu64 "\tunsealed=%d\tunfinished_bytes=%" PRIu64, report->records, report->unsealed,
               report->unfinished_bytes);
    }
    fb_audit_report_free(report);
    return status;
}

/* The client of the store that was used last. */
static struct {
    fb_client *client;
    char place[4096];
} stored;

static void close_store(void) {
    if (stored.client != NULL) {
        fb_client_close(stored.client);
        stored.client = NULL;
    }
}

/* Finds the client for a case: that of its store, or the one without a gallery. */
static fb_status client_for(const struct fields *fields, fb_client **client, fb_error **error) {
    char place[sizeof stored.place];
    fb_engine_options options;
    fb_gallery_options gallery;
    if (find(fields, "store") == NULL) {
        return FB_OK;
    }
    snprintf(place, sizeof place, "%s %s", get(fields, "store"), get(fields, "key"));
    if (stored.client == NULL || strcmp(place, stored.place) != 0) {
        close_store();
        gallery_options(fields, &gallery);
        fb_engine_options_init(&options, sizeof options);
        options.gallery = &gallery;
        const fb_status status = fb_client_local(&options, &stored.client, error);
        if (status != FB_OK) {
            stored.client = NULL;
            return status;
        }
        strcpy(stored.place, place);
    }
    *client = stored.client;
    return FB_OK;
}

static const struct {
    const char *name;
    fb_status (*run)(fb_client *, const struct fields *, fb_error **);
} operations[] = {
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

static void print_failure(fb_status status, const fb_error *error) {
    uint32_t check_code = 0;
    printf("\terror=");
    print_kind(status);
    if (fb_error_check_code(error, &check_code)) {
        printf("\terror_check_code=%" PRIu32, check_code);
    }
    printf("\tmessage=");
    for (const char *letter = fb_error_message(error); *letter != '\0'; ++letter) {
        putchar(strchr("\t\n\r", *letter) != NULL ? ' ' : *letter);
    }
}

static void answer(fb_client *client, char *line) {
    struct fields fields;
    char *parts[MOST_FIELDS + 2];
    const size_t count = split(line, '\t', parts, MOST_FIELDS + 2);
    fb_error *error = NULL;
    if (count < 2) {
        give_up("a case has no operation");
    }
    fields.count = count - 2;
    memcpy(fields.texts, parts + 2, fields.count * sizeof *parts);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; ++i) {
        if (strcmp(operations[i].name, parts[1]) == 0) {
            printf("%s", parts[0]);
            const bool alone = strcmp(parts[1], "restore_galleries") == 0 || strcmp(parts[1], "verify_audit_log") == 0;
            fb_status status = alone ? FB_OK : client_for(&fields, &client, &error);
            if (status == FB_OK) {
                status = operations[i].run(client, &fields, &error);
            }
            if (status != FB_OK) {
                print_failure(status, error);
            }
            fb_error_free(error);
            printf("\n");
            fflush(stdout);
            return;
        }
    }
    give_up("a case has an unknown operation");
}

int main(int argc, char **argv) {
    fb_client *client = NULL;
    fb_error *error = NULL;
    size_t length = 0;
    if (argc != 2) {
        give_up("driver PLAN_FILE");
    }
    if (fb_client_local(NULL, &client, &error) != FB_OK) {
        give_up(fb_error_message(error));
    }
    uint8_t *bytes = read_file(argv[1], &length);
    char *plan = malloc(length + 1);
    if (plan == NULL) {
        give_up("out of memory");
    }
    memcpy(plan, bytes, length);
    plan[length] = '\0';
    free(bytes);
    for (char *line = plan, *next = NULL; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (line[0] != '\0' && line[0] != '#') {
            answer(client, line);
        }
    }
    free(plan);
    close_store();
    fb_client_close(client);
    return 0;
}
