/* Shared libraries: what loads, and with what words the rest is refused. */
#include "env.h"
#include "plugin.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLUGIN(name) GB_BUILD "/tests/plugins/" name ".so"

static gb_registry registry;
static gb_err err;

static void assert_says(const char *part) {
    ck_assert_msg(strstr(err.msg, part) != NULL, "'%s' does not say '%s'", err.msg, part);
    ck_assert_msg(!strchr(err.msg, '\n'), "not one line: %s", err.msg);
}

/* Asserts that path is refused with a message that names it and says each of the parts. */
static void assert_refused(const char *path, const char *first, const char *second) {
    int before = registry.n_envs;
    const gb_env_type *type = (const gb_env_type *)&registry;
    err.msg[0] = 0;
    ck_assert_msg(gb_plugin_load(&registry, path, &type, &err) == GB_FAIL, "%s loads", path);
    ck_assert_int_eq(registry.n_envs, before);
    ck_assert_ptr_eq(type, (const gb_env_type *)&registry); /* untouched */
    assert_says(path);
    assert_says(first);
    assert_says(second);
}

START_TEST(a_plugin_loads_and_works) {
    const gb_env_type *type = NULL;
    ck_assert_msg(gb_plugin_load(&registry, PLUGIN("good"), &type, &err) == GB_OK, "%s", err.msg);
    ck_assert_ptr_eq(gb_registry_env(&registry, "tiny", &err), type);
    ck_assert(type->model && type->draw);
    gb_env env;
    ck_assert_int_eq(gb_env_init(&env, type, &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    ck_assert_int_eq(env.spec.obs.n, 7);
    gb_env_free(&env);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(an_older_plugin_loads_without_newer_functions) {
    const gb_env_type *type = NULL;
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("older_struct"), &type, &err), GB_OK);
    ck_assert(type->observe && !type->model && !type->draw && !type->prepare && !type->start);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(each_refusal_says_why) {
    char newer[80], longer[80]; /* by one function pointer; by one number */
    snprintf(newer, sizeof newer, "has %zu bytes, ours %zu", sizeof(gb_env_type) + sizeof(void *),
             sizeof(gb_env_type));
    snprintf(longer, sizeof longer, "gb_spec has %zu bytes, ours %zu",
             sizeof(gb_spec) + sizeof(int), sizeof(gb_spec));
    const struct {
        const char *path, *first, *second;
    } rows[] = {
        {PLUGIN("wrong_abi"), "ABI 99", "has ABI 1; rebuild it"},
        {PLUGIN("newer_struct"), newer, "rebuild it"},
        {PLUGIN("newer_spec"), longer, "rebuild it"},
        {PLUGIN("too_short"), "has 88 bytes", "(96)"},
        {PLUGIN("no_symbol"), "gb_plugin_env", "GB_ENV"},
        {PLUGIN("no_pointer"), "does not point", "GB_ENV"},
        {PLUGIN("missing_function"), "function step is missing", "build it again"},
        {PLUGIN("bad_name"), "'Tiny-v1'", "[a-z][a-z0-9_]*"},
        {PLUGIN("no_state"), "state_size is 0", "build it again"},
        {PLUGIN("bad_option"), "wind", "7"},
        {PLUGIN("bad_field"), "outside", "state_size 4"},
        {PLUGIN("there_is_none"), "No such file", "check the path"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].path, rows[i].first, rows[i].second);
    /* and none of that stands in the way of a good one */
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), NULL, &err), GB_OK);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(a_taken_name_is_refused) {
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), NULL, &err), GB_OK);
    assert_refused(PLUGIN("duplicate"), "tiny is taken", PLUGIN("good"));
    gb_registry_free(&registry);
}
END_TEST

START_TEST(the_same_file_again_is_fine) {
    const gb_env_type *first = NULL, *again = NULL, *linked = NULL;
    char path[200], target[4096];
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), &first, &err), GB_OK);
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), &again, &err), GB_OK);
    ck_assert_ptr_eq(first, again);
    ck_assert_ptr_nonnull(realpath(PLUGIN("good"), target));
    snprintf(path, sizeof path, "%s/link.so", test_folder());
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(gb_plugin_load(&registry, path, &linked, &err), GB_OK);
    ck_assert_ptr_eq(first, linked);
    ck_assert_int_eq(registry.n_envs, 1);
    gb_registry_free(&registry);
    /* and in another registry it is new */
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), &again, &err), GB_OK);
    ck_assert_int_eq(registry.n_envs, 1);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(what_is_no_library_is_refused) {
    char path[200];
    const char *folder = test_folder();
    snprintf(path, sizeof path, "%s/text.so", folder);
    test_write(path, "int main(void) { return 0; }\n", 29);
    assert_refused(path, "not a shared library", "-shared");
    snprintf(path, sizeof path, "%s/empty.so", folder);
    test_write(path, "", 0);
    assert_refused(path, "not a shared library", "-shared");
    assert_refused(folder, "not a file", "-shared");
    assert_refused("/dev/null", "not a file", "-shared");
    assert_refused("", "No such file", "check the path");
    assert_refused(PLUGIN("good") "/x", "Not a directory", "check the path");

    char longest[6000];
    memset(longest, 'x', sizeof longest);
    memcpy(longest + sizeof longest - 4, ".so", 4);
    ck_assert_int_eq(gb_plugin_load(&registry, longest, NULL, &err), GB_FAIL);
    assert_says("check the path");
}
END_TEST

/* A copy that was interrupted: dlopen would map, and read, what is not there. */
START_TEST(cut_files_are_refused) {
    char path[200];
    const char *folder = test_folder();
    size_t n;
    char *bytes = test_read(PLUGIN("good"), &n);
    int refused = 0, step = (int)(n / 150) + 1;
    for (size_t cut = 1; cut < n; cut += step) {
        snprintf(path, sizeof path, "%s/cut%zu.so", folder, cut);
        test_write(path, bytes, cut);
        if (gb_plugin_load(&registry, path, NULL, &err)) {
            refused++;
            assert_says(path);
        }
        gb_registry_free(&registry);
        remove(path);
    }
    free(bytes);
    ck_assert_int_ge(refused, 10); /* the rest lacks only what is not needed to run */
}
END_TEST

START_TEST(a_bare_name_is_a_file_here) {
    ck_assert_int_eq(chdir(GB_BUILD "/tests/plugins"), 0);
    ck_assert_msg(gb_plugin_load(&registry, "good.so", NULL, &err) == GB_OK, "%s", err.msg);
    assert_refused("libm.so.6", "No such file", "check the path"); /* not the system's */
    gb_registry_free(&registry);
}
END_TEST

START_TEST(a_library_of_the_system_is_no_plugin) {
    static const char *const places[] = {"/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/libm.so.6",
                                         "/lib64/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"};
    for (int i = 0; i < 4; i++)
        if (!access(places[i], R_OK)) {
            assert_refused(places[i], "gb_plugin_env", "-DGB_PLUGIN");
            return;
        }
}
END_TEST

START_TEST(out_of_memory_is_reported) {
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), NULL, &err), GB_FAIL);
    gb_alloc_fail_after(-1);
    assert_says("out of memory");
    ck_assert_int_eq(gb_plugin_load(&registry, PLUGIN("good"), NULL, &err), GB_OK);
    gb_registry_free(&registry);
}
END_TEST

START_TEST(names_and_paths_are_told_apart) {
    ck_assert(gb_plugin_is_path("./x"));
    ck_assert(gb_plugin_is_path("x.so"));
    ck_assert(gb_plugin_is_path("/a/b"));
    ck_assert(!gb_plugin_is_path("pendulum"));
    ck_assert(!gb_plugin_is_path("Pendulum-v1"));
    ck_assert(!gb_plugin_is_path(".so"));
    ck_assert(!gb_plugin_is_path(""));
}
END_TEST

START_TEST(plugins_are_searched_for) {
    char path[512], search[512], small[16];
    snprintf(search, sizeof search, "/nowhere::%s:%s/tests/plugins", test_folder(), GB_BUILD);
    ck_assert(gb_plugin_find(search, "good", path, sizeof path));
    ck_assert_str_eq(path, PLUGIN("good"));
    ck_assert(!gb_plugin_find(search, "there_is_none", path, sizeof path));
    ck_assert(!gb_plugin_find(search, "../plugins/good", path, sizeof path));
    ck_assert(!gb_plugin_find(search, "good", small, sizeof small));
    ck_assert(!gb_plugin_find(NULL, "good", path, sizeof path));
    ck_assert(!gb_plugin_find("", "good", path, sizeof path));
}
END_TEST

Suite *plugin_suite(void);
Suite *plugin_suite(void) {
    static const TTest *tests[20];
    int n = 0;
    tests[n++] = a_plugin_loads_and_works;
    tests[n++] = an_older_plugin_loads_without_newer_functions;
    tests[n++] = each_refusal_says_why;
    tests[n++] = a_taken_name_is_refused;
    tests[n++] = the_same_file_again_is_fine;
    tests[n++] = what_is_no_library_is_refused;
    tests[n++] = cut_files_are_refused;
    tests[n++] = a_bare_name_is_a_file_here;
    tests[n++] = a_library_of_the_system_is_no_plugin;
    tests[n++] = out_of_memory_is_reported;
    tests[n++] = names_and_paths_are_told_apart;
    tests[n++] = plugins_are_searched_for;
    return test_suite("plugin", tests, 30);
}
