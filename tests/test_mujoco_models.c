/* MuJoCo models against those of the published tasks: compiled by the engine, every field that
 * moves anything has the number recorded in tests/golden/mujoco_models (made by
 * make_mujoco_models.py), derived ones such as inertias included. */
#include "support.h"

#include <math.h>
#include <mujoco/mjxmacro.h>
#include <mujoco/mujoco.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = {
    "half_cheetah",
    "hopper",
    "walker2d",
    "inverted_pendulum",
    "inverted_double_pendulum",
    "reacher",
    "swimmer",
    "ant",
    "pusher",
    "humanoid",
};
enum { MODELS = sizeof models / sizeof *models };

/* A field of mjModel: its name there and where its numbers are. */
typedef enum number_kind { kind_int, kind_mjtNum, kind_mjtByte, kind_float, kind_char } number_kind;
typedef struct field {
    const char *name;
    const void *at;
    number_kind kind;
    int n, each; /* numbers in all, and of one object */
} field;
enum { FIELDS = 500 };

/* A model of ours, with all its fields. */
typedef struct subject {
    const char *name; /* of its file */
    mjModel *model;
    field fields[FIELDS];
    int n;
} subject;

static void add(subject *s, const char *name, const void *at, number_kind kind, int n, int each) {
    ck_assert_int_lt(s->n, FIELDS);
    s->fields[s->n++] = (field){name, at, kind, n, each};
}

/* Lists all fields of the model and its options, with the engine's own macros. */
static void list_fields(subject *s) {
    const mjModel *model = s->model;
    MJMODEL_POINTERS_PREAMBLE(model)
    s->n = 0;
#define X(type, name) add(s, #name, &model->opt.name, kind_##type, 1, 1);
    MJOPTION_SCALARS
#undef X
#define X(name, size) add(s, #name, model->opt.name, kind_mjtNum, size, size);
    MJOPTION_VECTORS
#undef X
#define X(name) add(s, #name, &model->name, kind_int, 1, 1);
    MJMODEL_INTS
#undef X
#define X(type, name, rows, columns)                                                               \
    add(s, #name, model->name, kind_##type, model->rows *(columns), columns);
    MJMODEL_POINTERS
#undef X
    add(s, "meaninertia", &model->stat.meaninertia, kind_mjtNum, 1, 1);
    add(s, "meanmass", &model->stat.meanmass, kind_mjtNum, 1, 1);
    add(s, "meansize", &model->stat.meansize, kind_mjtNum, 1, 1);
    add(s, "extent", &model->stat.extent, kind_mjtNum, 1, 1);
}

static double number(const field *f, int k) {
    switch (f->kind) {
    case kind_int:
        return ((const int *)f->at)[k];
    case kind_mjtNum:
        return ((const mjtNum *)f->at)[k];
    case kind_mjtByte:
        return ((const mjtByte *)f->at)[k];
    case kind_float:
        return (double)((const float *)f->at)[k];
    default:
        return ((const char *)f->at)[k];
    }
}

/* The engine's number for the kind of object that a key is of: geom_size, geom_names. */
static int object_type(const char *key) {
    static const struct {
        const char *prefix;
        int type;
    } kinds[] = {
        {"body_", mjOBJ_BODY}, {"jnt_", mjOBJ_JOINT},     {"geom_", mjOBJ_GEOM},
        {"site_", mjOBJ_SITE}, {"tendon_", mjOBJ_TENDON}, {"actuator_", mjOBJ_ACTUATOR},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strncmp(key, kinds[i].prefix, strlen(kinds[i].prefix))) return kinds[i].type;
    return mjOBJ_UNKNOWN;
}

/* The name of an object, "-" if it has none. */
static const char *object_name(const mjModel *model, int type, int id) {
    const char *name = type == mjOBJ_UNKNOWN ? NULL : mj_id2name(model, type, id);
    return name && *name ? name : "-";
}

static void compare_names(const subject *s, const char *key, char *rest) {
    int k = 0;
    for (char *name = strtok(rest, " "); name; name = strtok(NULL, " "), k++) {
        const char *here = object_name(s->model, object_type(key), k);
        ck_assert_msg(!strcmp(here, name), "%s: %s %d is %s, not %s", s->name, key, k, here, name);
    }
}

/* The record has nine digits. What is below 1e-15 there is a rounding error of the engine. */
static bool agree(double here, double recorded) {
    return fabs(here - recorded) <= 1e-8 * fabs(recorded) + 1e-15;
}

static void compare_numbers(const subject *s, const field *f, char *rest) {
    int k = 0;
    for (char *word = strtok(rest, " "); word; word = strtok(NULL, " "), k++) {
        char *end;
        const double recorded = strtod(word, &end);
        ck_assert_msg(end != word && !*end, "%s: not a number: %s", f->name, word);
        ck_assert_msg(k < f->n, "%s: %s: %d numbers, more are recorded", s->name, f->name, f->n);
        if (agree(number(f, k), recorded)) continue;
        const int object = k / f->each;
        ck_abort_msg("%s: %s of object %d (%s), number %d: %.9g, not %s", s->name, f->name, object,
                     object_name(s->model, object_type(f->name), object), k % f->each, number(f, k),
                     word);
    }
    ck_assert_msg(k == f->n, "%s: %s: %d numbers, not %d", s->name, f->name, f->n, k);
}

/* Compares one line of a record: a key, then numbers or names. */
static void compare(const subject *s, char *line) {
    char *rest = line + strcspn(line, " ");
    if (*rest) *rest++ = 0;
    if (!strcmp(line, "model")) {
        ck_assert_str_eq(s->model->names, rest);
    } else if (strstr(line, "_names")) {
        compare_names(s, line, rest);
    } else {
        int k = 0;
        while (k < s->n && strcmp(s->fields[k].name, line)) k++;
        ck_assert_msg(k < s->n, "the engine has no field %s", line);
        compare_numbers(s, &s->fields[k], rest);
    }
}

static void load(subject *s, const char *name) {
    char path[64], err[1000] = "";
    gb_format(path, sizeof path, "envs/mujoco/%s.xml", name);
    s->name = name;
    s->model = mj_loadXML(path, NULL, err, sizeof err);
    ck_assert_msg(s->model && !*err, "%s: %s", path, err); /* warnings too */
    list_fields(s);
}

START_TEST(agrees_with_the_published_model) {
    subject s;
    load(&s, models[_i]);
    char path[64];
    gb_format(path, sizeof path, "tests/golden/mujoco_models/%s.txt", s.name);
    char *text = test_read(path, NULL), *next = text;
    for (int lines = 0;; lines++) {
        char *line = next;
        ck_assert_msg(*line, "%s: no last line", path);
        next += strcspn(next, "\n");
        if (*next) *next++ = 0;
        if (!strncmp(line, "lines ", 6)) {
            ck_assert_int_eq(lines, atoi(line + 6));
            break;
        }
        compare(&s, line);
    }
    free(text);
    mj_deleteModel(s.model);
}
END_TEST

Suite *mujoco_models_suite(void);
Suite *mujoco_models_suite(void) {
    Suite *suite = suite_create("mujoco_models");
    TCase *tcase = tcase_create("mujoco_models");
    tcase_add_loop_test(tcase, agrees_with_the_published_model, 0, MODELS);
    suite_add_tcase(suite, tcase);
    return suite;
}
