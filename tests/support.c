#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_suite(const char *name, const TTest *const tests[], double seconds) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, seconds);
    for (int i = 0; tests[i]; i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

static char folder[64];

static void remove_folder(void) {
    char command[256];
    gb_format(command, sizeof command, "chmod -R u+w %s; rm -rf %s", folder, folder);
    if (system(command)) perror("removing the test folder");
}

const char *test_folder(void) {
    if (folder[0]) return folder;
    strcpy(folder, "/tmp/gibbs-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    atexit(remove_folder);
    return folder;
}

char *test_read(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    bytes[size] = 0;
    if (n) *n = (size_t)size;
    return bytes;
}

void test_write(const char *path, const void *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static void read_into(FILE *file, char *text, size_t size) {
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

const test_run *test_shell(const char *format, ...) {
    static test_run run;
    char line[4096], command[4300];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    bool ours = !strncmp(line, "gibbs ", 6);
    snprintf(command, sizeof command, "%s%s", ours ? GB_BUILD "/gibbs " : "",
             ours ? line + 6 : line);

    FILE *out = tmpfile(), *err = tmpfile();
    ck_assert(out && err);
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        dup2(fileno(out), 1);
        dup2(fileno(err), 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    read_into(out, run.out, sizeof run.out);
    read_into(err, run.err, sizeof run.err);
    return &run;
}

void test_one_line(const char *err) {
    ck_assert_msg(!strncmp(err, "gibbs: ", 7), "not an error line of ours: %s", err);
    const char *end = strchr(err, '\n');
    ck_assert_msg(end && !end[1], "not one line: %s", err);
}

bool test_has_display(void) {
    return !system("command -v Xvfb >/dev/null 2>&1 && command -v xdotool >/dev/null 2>&1");
}
