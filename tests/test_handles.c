/* The pool of handles for simulators, and the example plugin that uses it. */
#include "conform.h"
#include "plugin.h"
#include "pool.h"
#include "simulator_things.h"

#include <stdlib.h>

/* A handle that knows whether somebody has it. */
typedef struct thing {
    int users;
} thing;

static int opened, closed;

static void *open_thing(const void *context) {
    if (!context) return NULL;
    __atomic_add_fetch(&opened, 1, __ATOMIC_RELAXED);
    return calloc(1, sizeof(thing));
}

static void close_thing(void *handle) {
    __atomic_add_fetch(&closed, 1, __ATOMIC_RELAXED);
    free(handle);
}

static gb_handles pool_of(const void *context) {
    opened = closed = 0;
    return (gb_handles){.open = open_thing, .close = close_thing, .context = context};
}

START_TEST(opens_where_none_is_idle) {
    gb_handles pool = pool_of("a context");
    void *a = gb_handles_take(&pool), *b = gb_handles_take(&pool);
    ck_assert(a && b && a != b);
    ck_assert_int_eq(opened, 2);
    gb_handles_give(&pool, a);
    ck_assert_ptr_eq(gb_handles_take(&pool), a);
    gb_handles_give(&pool, a);
    gb_handles_give(&pool, b);
    ck_assert_int_eq(opened, 2);
    ck_assert_int_eq(closed, 0);
    gb_handles_close(&pool);
    ck_assert_int_eq(closed, 2);
    gb_handles_give(&pool, gb_handles_take(&pool)); /* it goes on */
    gb_handles_close(&pool);
    gb_handles_close(&pool);
    ck_assert_int_eq(opened, 3);
    ck_assert_int_eq(closed, 3);
}
END_TEST

START_TEST(closes_what_it_cannot_keep) {
    enum { n = GB_HANDLES + 5 };
    gb_handles pool = pool_of("a context");
    void *all[n];
    for (int i = 0; i < n; i++) all[i] = gb_handles_take(&pool);
    ck_assert_int_eq(opened, n);
    for (int i = 0; i < n; i++) gb_handles_give(&pool, all[i]);
    ck_assert_int_eq(closed, 5);
    for (int i = 0; i < GB_HANDLES; i++) all[i] = gb_handles_take(&pool);
    ck_assert_int_eq(opened, n); /* all idle ones are found, wherever they are */
    for (int i = 0; i < GB_HANDLES; i++) gb_handles_give(&pool, all[i]);
    gb_handles_close(&pool);
    ck_assert_int_eq(closed, n);
}
END_TEST

START_TEST(says_when_there_is_none) {
    gb_handles pool = pool_of(NULL);
    ck_assert_ptr_null(gb_handles_take(&pool));
    gb_handles_close(&pool);
    ck_assert_int_eq(closed, 0);
}
END_TEST

/* How often somebody found a handle in use. */
static int clashes;

static void borrow(void *context, int part, int parts) {
    gb_handles *pool = context;
    (void)part, (void)parts;
    for (int i = 0; i < 20000; i++) {
        thing *t = gb_handles_take(pool);
        if (__atomic_add_fetch(&t->users, 1, __ATOMIC_ACQ_REL) != 1)
            __atomic_add_fetch(&clashes, 1, __ATOMIC_RELAXED);
        __atomic_sub_fetch(&t->users, 1, __ATOMIC_ACQ_REL);
        gb_handles_give(pool, t);
    }
}

START_TEST(nobody_shares_a_handle) {
    gb_handles pool = pool_of("a context");
    clashes = 0;
    gb_pool_run(4, borrow, &pool);
    ck_assert_int_eq(clashes, 0);
    ck_assert_int_ge(opened, 1);
    gb_handles_close(&pool);
    ck_assert_int_eq(closed, opened);
}
END_TEST

/* --- the example ------------------------------------------------------------------------------*/

static const gb_env_type *load_crane(gb_registry *registry) {
    static const gb_env_type *const none[] = {NULL};
    const gb_env_type *type;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_registry_init(registry, none, NULL, NULL, &err), GB_OK);
    ck_assert_msg(gb_plugin_load(registry, GB_BUILD "/plugins/crane.so", &type, &err) == GB_OK,
                  "%s", err.msg);
    return type;
}

START_TEST(crane_passes_all_checks) {
    gb_registry registry;
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(&env, load_crane(&registry), &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK); /* prepare may run again */
    for (const gb_check *check = gb_checks; check->name; check++)
        ck_assert_msg(check->run(&env, 1, &err) != GB_FAILED, "%s: %s", check->name, err.msg);
    gb_env_free(&env);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(crane_runs_on_any_handle) {
    gb_registry registry;
    const gb_env_type *type = load_crane(&registry);
    sim_threads_agree(type, 300);
    sim_copies_agree(type, 150);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(crane_is_measured_bare) {
    const test_run *run =
        test_shell("gibbs bench env " GB_BUILD "/plugins/crane.so --seconds 0.05 --json");
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_ptr_nonnull(strstr(run->out, "\"envs\":64,"));
    const char *rate = strstr(run->out, "\"steps_per_s\":");
    const char *bare = strstr(run->out, "\"bare_steps_per_s\":");
    ck_assert(rate && bare && atof(strchr(rate, ':') + 1) > 0 && atof(strchr(bare, ':') + 1) > 0);
}
END_TEST

Suite *handles_suite(void);
Suite *handles_suite(void) {
    const TTest *const tests[] = {opens_where_none_is_idle, closes_what_it_cannot_keep,
                                  says_when_there_is_none,  nobody_shares_a_handle,
                                  crane_passes_all_checks,  crane_runs_on_any_handle,
                                  crane_is_measured_bare,   NULL};
    return test_suite("handles", tests, 30);
}
