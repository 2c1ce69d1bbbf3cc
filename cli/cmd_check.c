/* cmd_check.c - gibbs check: the conformance checks, each in a process of its own, so that an
 * environment that crashes, exits or hangs is reported like any other failure. */
#include "cli.h"
#include "conform.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CPU_SECONDS = 60,  /* of processor time for one check; a lower limit of the shell holds */
    WALL_SECONDS = 600 /* for one that waits for something */
};

/* --- a process of its own ---------------------------------------------------------------------*/

/* What the child process hands back. */
struct outcome {
    int code;
    gb_err why;
};

typedef int work(void *context, gb_err *why);

/* A lower soft than hard limit, so that the end comes as SIGXCPU. */
static void limit_process(void) {
    struct rlimit cpu, core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    if (getrlimit(RLIMIT_CPU, &cpu)) return;
    if (cpu.rlim_cur == RLIM_INFINITY || cpu.rlim_cur > CPU_SECONDS) cpu.rlim_cur = CPU_SECONDS;
    if (cpu.rlim_cur == cpu.rlim_max && cpu.rlim_max > 1) cpu.rlim_cur = cpu.rlim_max - 1;
    setrlimit(RLIMIT_CPU, &cpu);
    signal(SIGXCPU, SIG_DFL);
}

static _Noreturn void child(work *run, void *context, int out) {
    struct outcome outcome = {0};
    limit_process();
    outcome.code = run(context, &outcome.why);
    bool written = write(out, &outcome, sizeof outcome) == (ssize_t)sizeof outcome;
    _exit(written ? 0 : 1);
}

/* Reads the outcome from the child. Returns whether there was one; *late: it took too long. */
static bool receive(int in, struct outcome *outcome, bool *late) {
    struct pollfd wait = {.fd = in, .events = POLLIN};
    int ready;
    do ready = poll(&wait, 1, WALL_SECONDS * 1000);
    while (ready < 0 && errno == EINTR);
    *late = ready == 0;
    return ready > 0 && read(in, outcome, sizeof *outcome) == (ssize_t)sizeof *outcome;
}

static void describe_end(int status, bool late, gb_err *why) {
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (late || number == SIGXCPU)
        gb_fail(why, GB_FAIL, "it did not come to an end; look for an endless loop");
    else if (number)
        gb_fail(why, GB_FAIL,
                "it crashed (signal %d, %s); build it with -g -fsanitize=address or use a debugger",
                number, strsignal(number));
    else
        gb_fail(why, GB_FAIL, "it ended the process (exit code %d); an environment must not exit",
                WEXITSTATUS(status));
}

/* Runs `run` in a child process and returns what it returned, with its message; GB_FAIL and *died
 * set if it did not return. */
static int run_apart(work *run, void *context, bool *died, gb_err *why) {
    int ends[2];
    *died = false;
    if (pipe(ends))
        return gb_fail(why, GB_FAIL, "no pipe: %s; close some programs", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(run, context, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return gb_fail(why, GB_FAIL, "no process: %s; close some programs", strerror(errno));
    }
    struct outcome outcome;
    bool late, received = receive(ends[0], &outcome, &late);
    int status = 0;
    close(ends[0]);
    if (late) kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (received) {
        *why = outcome.why;
        return outcome.code;
    }
    *died = true;
    describe_end(status, late, why);
    return GB_FAIL;
}

/* --- the checks -------------------------------------------------------------------------------*/

struct job {
    const gb_check *check;
    const gb_env *env;
    uint64_t seed;
};

static int run_check(void *context, gb_err *why) {
    const struct job *job = context;
    return (int)job->check->run(job->env, job->seed, why);
}

/* Prints a line for each check and one with the counts; returns how many failed. */
static int check_all(const gb_env *env, uint64_t seed, FILE *out) {
    int count[3] = {0};
    for (const gb_check *check = gb_checks; check->name; check++) {
        struct job job = {check, env, seed};
        bool died;
        gb_err why = {""};
        int code = run_apart(run_check, &job, &died, &why);
        if (code == GB_PASSED)
            fprintf(out, "ok   %s\n", check->help);
        else if (code == GB_INAPPLICABLE)
            fprintf(out, "-    %s: %s\n", check->name, why.msg);
        else
            fprintf(out, "FAIL %s: %s%s\n", check->name, died ? "during this check " : "", why.msg);
        fflush(out);
        count[code < 0 ? GB_FAILED : code]++;
    }
    fprintf(out, "%s: %d passed, %d failed, %d not applicable\n", env->type->name, count[GB_PASSED],
            count[GB_FAILED], count[GB_INAPPLICABLE]);
    return count[GB_FAILED];
}

int check_environment(const gb_env *env, uint64_t seed) {
    return check_all(env, seed, stdout);
}

/* --- the command ------------------------------------------------------------------------------*/

struct opening {
    struct session *session;
    struct args *args;
    gb_env *env;
};

static int open_env(void *context, gb_err *why) {
    struct opening *opening = context;
    return session_open_env(opening->session, opening->args, opening->args->words[0], opening->env,
                            why);
}

/* Opens the environment named by the first word; first in a process of its own, where its own code
 * may fail as it likes. */
static int open_guarded(struct opening *opening, gb_err *err) {
    bool died;
    gb_err why;
    int code = run_apart(open_env, opening, &died, &why);
    if (died)
        return gb_fail(err, GB_FAIL, "%.64s: while it was loaded and configured %.300s",
                       opening->args->words[0], why.msg);
    if (!code) return open_env(opening, err);
    *err = why;
    return code;
}

int cmd_check(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    gb_env env = {0};
    gb_err err;
    int64_t seed = 1;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = args_take_int(&args, "seed", 0, INT64_MAX, &seed, &err);
    if (!code && args.n_words != 1) code = args_finish(&args, 1, 1, usage_of("check"), &err);
    if (!code) code = open_guarded(&(struct opening){session, &args, &env}, &err);
    if (!code) code = args_finish(&args, 1, 1, usage_of("check"), &err);
    if (code) {
        gb_env_free(&env);
        return complain(code, &err);
    }
    int failed = check_environment(&env, (uint64_t)seed);
    gb_env_free(&env);
    return failed ? 1 : 0;
}
