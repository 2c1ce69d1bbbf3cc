/* Names to types: what is refused, what is found, and what is said about names that are not. */
#include "env.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

/* --- a sound type to spoil --------------------------------------------------------------------*/

struct state {
    double x;
    int n[3];
};
struct config {
    double force;
};

static const gb_opt opts[] = {{"force", GB_F64(struct config, force), 1, 0, 2, "N"}, {0}};
static const gb_field fields[] = {{"x", GB_F64(struct state, x), "m"},
                                  {"n", GB_INT(struct state, n), NULL},
                                  {0}};

static void spec(const void *config, gb_spec *out) {
    (void)config;
    out->obs = (gb_space){.kind = GB_BOX, .n = 1};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2};
}
static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    ((struct state *)state)->x = 0;
}
static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)state, (void)config, (void)action, (void)rng;
    return (gb_step){0};
}
static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->x;
}

#define SOUND                                                                                      \
    GB_ENV_HEADER, .help = "a thing", .state_size = sizeof(struct state),                          \
                   .config_size = sizeof(struct config), .opts = opts, .fields = fields,           \
                   .spec = spec, .reset = reset, .step = step, .observe = observe

static const gb_env_type pendulum = {SOUND, .name = "pendulum", .gym_id = "Pendulum-v1"};
static const gb_env_type cartpole = {SOUND, .name = "cartpole", .gym_id = "CartPole-v1"};
static const gb_env_type corridor = {SOUND, .name = "corridor"};
static const gb_env_type *const three[] = {&pendulum, &cartpole, &corridor, NULL};

static void assert_has(const char *text, const char *part) {
    ck_assert_msg(strstr(text, part) != NULL, "'%s' does not say '%s'", text, part);
    ck_assert_msg(!strchr(text, '\n'), "not one line: %s", text);
}

/* --- faults -----------------------------------------------------------------------------------*/

START_TEST(sound_type_has_no_fault) {
    char fault[256];
    ck_assert_ptr_null(gb_env_type_fault(&pendulum, fault, sizeof fault));
    gb_env_type plain = corridor;
    plain.opts = NULL;
    plain.fields = NULL;
    plain.config_size = 0;
    ck_assert_ptr_null(gb_env_type_fault(&plain, fault, sizeof fault));
}
END_TEST

START_TEST(names_are_checked) {
    static const char *const bad[] = {"", "Pole", "pole-v1", "1pole", "_x", "p\xc3\xb6l", "a b"};
    char fault[256], text[80] = {0};
    for (int i = 0; i < 7; i++) {
        gb_env_type type = corridor;
        type.name = bad[i];
        ck_assert_msg(gb_env_type_fault(&type, fault, sizeof fault) != NULL, "%s", bad[i]);
        assert_has(fault, "name");
    }
    gb_env_type type = corridor;
    type.name = NULL;
    ck_assert_ptr_nonnull(gb_env_type_fault(&type, fault, sizeof fault));
    type.name = memset(text, 'a', 64); /* one more than checkpoints and config.ini hold */
    ck_assert_ptr_nonnull(gb_env_type_fault(&type, fault, sizeof fault));
    text[63] = 0;
    ck_assert_ptr_null(gb_env_type_fault(&type, fault, sizeof fault));
}
END_TEST

START_TEST(missing_parts_are_named) {
    char fault[256];
    gb_env_type type = corridor;
    type.spec = NULL;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "spec");
    type = corridor, type.reset = NULL;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "reset");
    type = corridor, type.step = NULL;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "step");
    type = corridor, type.observe = NULL;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "observe");
    type = corridor, type.state_size = 0;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "state_size");
    type = corridor, type.help = NULL;
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "help");
    type = corridor, type.help = "two\nlines";
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "help");
    type = corridor, type.gym_id = "";
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "gym_id");
    type = corridor, type.config_size = 4; /* the option no longer fits */
    assert_has(gb_env_type_fault(&type, fault, sizeof fault), "force");
}
END_TEST

START_TEST(faulty_fields_are_named) {
    static const gb_field bad[] = {
        {"X", GB_F64(struct state, x), NULL},
        {"words", GB_KIND_TEXT, 0, 8, NULL},
        {"outside", GB_KIND_F64, sizeof(struct state), 8, NULL},
        {"far", GB_KIND_F64, SIZE_MAX - 7, 8, NULL},
        {"crooked", GB_KIND_F64, 4, 8, NULL},
        {"odd", GB_KIND_INT, 0, 6, NULL},
        {"empty", GB_KIND_INT, 0, 0, NULL},
        {"x", GB_F64(struct state, x), NULL}, /* there already */
    };
    char fault[256];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const gb_field rows[3] = {fields[0], bad[i]};
        gb_env_type type = corridor;
        type.fields = rows;
        ck_assert_msg(gb_env_type_fault(&type, fault, sizeof fault) != NULL, "%s", bad[i].name);
        assert_has(fault, bad[i].name);
    }
}
END_TEST

/* --- finding ----------------------------------------------------------------------------------*/

START_TEST(found_by_name_and_gymnasium_id) {
    gb_registry registry;
    gb_err err;
    ck_assert_int_eq(gb_registry_init(&registry, three, NULL, NULL, &err), GB_OK);
    ck_assert_int_eq(registry.n_envs, 3);
    ck_assert_ptr_eq(gb_registry_env(&registry, "cartpole", &err), &cartpole);
    ck_assert_ptr_eq(gb_registry_env(&registry, "CartPole-v1", &err), &cartpole);
    ck_assert_ptr_eq(gb_registry_env(&registry, "corridor", &err), &corridor);
    gb_registry_free(&registry);
    ck_assert_int_eq(registry.n_envs, 0);
}
END_TEST

START_TEST(unknown_names_get_near_ones) {
    gb_registry registry;
    gb_err err;
    ck_assert_int_eq(gb_registry_init(&registry, three, NULL, NULL, &err), GB_OK);
    ck_assert_ptr_null(gb_registry_env(&registry, "pendlum", &err));
    assert_has(err.msg, "pendlum");
    assert_has(err.msg, "did you mean pendulum?");
    assert_has(err.msg, "gibbs list envs");
    ck_assert_ptr_null(gb_registry_env(&registry, "CartPole-v0", &err));
    assert_has(err.msg, "CartPole-v1");
    ck_assert_ptr_null(gb_registry_env(&registry, "xyzzy", &err));
    ck_assert_ptr_null(strstr(err.msg, "did you mean"));
    assert_has(err.msg, "gibbs list envs");
    ck_assert_ptr_null(gb_registry_agent(&registry, "sac", &err));
    assert_has(err.msg, "gibbs list agents");
    char longest[2000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    ck_assert_ptr_null(gb_registry_env(&registry, longest, &err));
    assert_has(err.msg, "gibbs list envs");
    ck_assert_ptr_null(gb_registry_env(&registry, "", &err));
    gb_registry_free(&registry);
}
END_TEST

START_TEST(presets_are_found_by_pair) {
    static const gb_preset presets[] = {{"sac", "pendulum", "lr=1e-3", ""},
                                        {"ppo", "pendulum", "lr=2e-3", ""},
                                        {0}};
    gb_registry registry;
    gb_err err;
    ck_assert_int_eq(gb_registry_init(&registry, three, NULL, presets, &err), GB_OK);
    ck_assert_ptr_eq(gb_registry_preset(&registry, "ppo", "pendulum"), &presets[1]);
    ck_assert_ptr_null(gb_registry_preset(&registry, "ppo", "cartpole"));
    gb_registry_free(&registry);
    ck_assert_int_eq(gb_registry_init(&registry, three, NULL, NULL, &err), GB_OK);
    ck_assert_ptr_null(gb_registry_preset(&registry, "ppo", "pendulum"));
    gb_registry_free(&registry);
}
END_TEST

/* --- adding -----------------------------------------------------------------------------------*/

START_TEST(taken_names_are_refused) {
    gb_registry registry;
    gb_err err;
    ck_assert_int_eq(gb_registry_init(&registry, three, NULL, NULL, &err), GB_OK);
    gb_env_type other = corridor;
    ck_assert_int_eq(gb_registry_add_env(&registry, &other, "./other.so", &err), GB_FAIL);
    assert_has(err.msg, "./other.so: corridor is taken");
    assert_has(err.msg, "built-in");
    other.name = "other";
    other.gym_id = "CartPole-v1";
    ck_assert_int_eq(gb_registry_add_env(&registry, &other, "./other.so", &err), GB_FAIL);
    assert_has(err.msg, "CartPole-v1 is taken by cartpole");
    other.gym_id = "pendulum"; /* would shadow a name */
    ck_assert_int_eq(gb_registry_add_env(&registry, &other, "./other.so", &err), GB_FAIL);
    other.gym_id = "Other-v0";
    ck_assert_int_eq(registry.n_envs, 3);
    ck_assert_int_eq(gb_registry_add_env(&registry, &other, "./other.so", &err), GB_OK);
    gb_env_type third = other;
    ck_assert_int_eq(gb_registry_add_env(&registry, &third, "./third.so", &err), GB_FAIL);
    assert_has(err.msg, "./other.so"); /* who has it */
    gb_registry_free(&registry);
}
END_TEST

START_TEST(many_are_kept) {
    static gb_env_type types[200];
    static char names[200][16];
    gb_registry registry = {0};
    gb_err err;
    for (int i = 0; i < 200; i++) {
        types[i] = corridor;
        snprintf(names[i], sizeof names[i], "env%d", i);
        types[i].name = names[i];
        ck_assert_int_eq(gb_registry_add_env(&registry, &types[i], names[i], &err), GB_OK);
    }
    ck_assert_int_eq(registry.n_envs, 200);
    for (int i = 0; i < 200; i++) {
        ck_assert_ptr_eq(gb_registry_env(&registry, names[i], &err), &types[i]);
        ck_assert_str_eq(registry.origins[i].from, names[i]);
    }
    gb_registry_free(&registry);
}
END_TEST

START_TEST(short_copies_lack_what_they_lack) {
    gb_registry registry = {0};
    gb_err err;
    gb_env_type type = corridor;
    const gb_env_type *copy = NULL;
    type.draw = (void (*)(const void *, const void *, gb_canvas *))0x1; /* lies behind the copy */
    ck_assert_int_eq(gb_registry_add_env_copy(&registry, &type, offsetof(gb_env_type, prepare),
                                              "old.so", &copy, &err),
                     GB_OK);
    ck_assert(copy != &type && copy->observe == observe);
    ck_assert(!copy->draw && !copy->model && !copy->prepare);
    ck_assert_ptr_eq(gb_registry_env(&registry, "corridor", &err), copy);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(out_of_memory_loses_nothing) {
    gb_err err;
    int failures = 0;
    for (long after = 0;; after++) {
        gb_registry registry;
        gb_alloc_fail_after(after);
        int code = gb_registry_init(&registry, three, NULL, NULL, &err);
        gb_alloc_fail_after(-1);
        if (!code) {
            gb_env_type other = corridor;
            other.name = "other";
            gb_alloc_fail_after(0);
            ck_assert_int_eq(gb_registry_add_env(&registry, &other, "a", &err), GB_FAIL);
            gb_alloc_fail_after(-1);
            ck_assert_int_eq(registry.n_envs, 3);
            ck_assert_int_eq(gb_registry_add_env(&registry, &other, "a", &err), GB_OK);
            gb_registry_free(&registry);
            break;
        }
        failures++;
        ck_assert_int_eq(code, GB_FAIL);
        assert_has(err.msg, "out of memory");
        ck_assert_int_eq(registry.n_envs, 0);
    }
    ck_assert_int_ge(failures, 5);
}
END_TEST

Suite *registry_suite(void);
Suite *registry_suite(void) {
    static const TTest *tests[20];
    int n = 0;
    tests[n++] = sound_type_has_no_fault;
    tests[n++] = names_are_checked;
    tests[n++] = missing_parts_are_named;
    tests[n++] = faulty_fields_are_named;
    tests[n++] = found_by_name_and_gymnasium_id;
    tests[n++] = unknown_names_get_near_ones;
    tests[n++] = presets_are_found_by_pair;
    tests[n++] = taken_names_are_refused;
    tests[n++] = many_are_kept;
    tests[n++] = short_copies_lack_what_they_lack;
    tests[n++] = out_of_memory_loses_nothing;
    return test_suite("registry", tests, 30);
}
