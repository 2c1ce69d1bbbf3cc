/* cmd_train.c - gibbs train: from the command line to a run in its folder. */
#include "cli.h"
#include "plugin.h"
#ifdef GB_SDL
#include "watch.h"
#endif

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

/* The first Ctrl-C asks for an orderly end; a second one gets the usual one. */
static void ask_to_stop(int number) {
    stop = 1;
    signal(number, SIG_DFL);
}

/* --- progress ---------------------------------------------------------------------------------*/

struct progress {
    bool terminal, quiet;
};

/* "1,234,567" */
static const char *grouped(int64_t value, char text[32]) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value), out = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = 0;
    return text;
}

static const char *duration(double seconds, char text[32]) {
    long s = seconds < 1e9 ? lround(seconds) : 0;
    if (s < 60)
        snprintf(text, 32, "%lds", s);
    else if (s < 3600)
        snprintf(text, 32, "%ldm%02lds", s / 60, s % 60);
    else
        snprintf(text, 32, "%ldh%02ldm", s / 3600, s / 60 % 60);
    return text;
}

static bool is_shown(const char *name) {
    return strcmp(name, "episodes") && strcmp(name, "length_mean") && strcmp(name, "updates") &&
           strcmp(name, "eval_return_std");
}

/* Returns how many columns a line may have: one less than a terminal's, which would wrap. */
static size_t line_room(bool terminal, size_t most) {
    struct winsize size;
    if (!terminal) return most;
    bool known = !ioctl(1, TIOCGWINSZ, &size) && size.ws_col > 1;
    size_t columns = known ? size.ws_col : 80;
    return columns - 1 < most ? columns - 1 : most;
}

/* Adds text to line, unless that would make it longer than room. */
static void add_part(char *line, size_t room, const char *text) {
    size_t n = strlen(line);
    if (n + strlen(text) <= room) strcpy(line + n, text);
}

/* Adds the figures that are returns, or those that are not. */
static void add_figures(char *line, size_t room, const gb_train *train, bool returns) {
    char part[160];
    for (int i = 0; i < train->n_figures; i++) {
        const gb_metric *figure = &train->figures[i];
        bool is_return = strstr(figure->name, "return_mean") != NULL;
        if (!is_shown(figure->name) || !isfinite(figure->value) || is_return != returns) continue;
        snprintf(part, sizeof part, "  %s %.4g", figure->name, figure->value);
        add_part(line, room, part);
    }
}

/* The most useful first: how far, how good, how long to go; then the rest, as far as it fits. */
static void report(void *context, const gb_train *train) {
    const struct progress *progress = context;
    char line[2048], part[160], steps[32], total[32], left[32];
    if (progress->quiet) return;
    const size_t room = line_room(progress->terminal, sizeof line - 1);
    double speed = gb_train_speed(train);
    grouped(train->config.steps, total);
    snprintf(part, sizeof part, "%*s/%s %3.0f%%", (int)strlen(total), grouped(train->step, steps),
             total, 100.0 * (double)train->step / (double)train->config.steps);
    line[0] = 0;
    add_part(line, room, part);
    add_figures(line, room, train, true);
    duration((double)(train->config.steps - train->step) / speed, left);
    snprintf(part, sizeof part, "  %6s left %7.0f steps/s", left, speed);
    add_part(line, room, part);
    add_figures(line, room, train, false);
    printf("%s%s%s", progress->terminal ? "\r\033[K" : "", line, progress->terminal ? "" : "\n");
    fflush(stdout);
}

/* --- the run ----------------------------------------------------------------------------------*/

/* What the command line says, apart from options of agent and environment. */
struct request {
    const char *out, *config, *resume;
    bool no_preset, quiet, watch;
};

/* Sets what is left of args as options of the run. */
static int set_rest(struct args *args, gb_run *run, gb_err *err) {
    for (int i = 0; i < args->n_options; i++) {
        struct option *option = &args->options[i];
        if (option->taken) continue;
        int code = gb_run_set(run, option->name, option->value, option->shown, err);
        if (code) return code;
        option->taken = true;
    }
    return GB_OK;
}

/* Options that may differ when a run goes on. None changes a number, but that a run which is given
 * more steps keeps the row it had written at its former end. */
static bool may_change(const char *name) {
    return !strcmp(name, "steps") || !strcmp(name, "threads") || !strcmp(name, "save_every");
}

static int make_resumed(struct session *session, struct args *args, const struct request *request,
                        gb_run *run, gb_err *err) {
    if (args->n_words || request->out || request->config)
        return gb_fail(err, GB_USAGE,
                       "--resume: the folder says what the run is; leave agent, environment, --out "
                       "and --config out");
    for (int i = 0; i < args->n_options; i++)
        if (!args->options[i].taken && !may_change(args->options[i].name))
            return gb_fail(err, GB_USAGE,
                           "%s: cannot change in a run that goes on; only --steps, --threads and "
                           "--save_every can",
                           args->options[i].shown);
    int code = gb_run_load(run, &session->registry, request->resume, err);
    if (code) return code;
    const char *plugin = session_plugin_path(session, run->env.type);
    if (plugin[0]) code = gb_run_set_plugin(run, plugin, err);
    return code ? code : set_rest(args, run, err);
}

/* Agent and environment from the words, or from the INI file where they are left out. */
static int make_new(struct session *session, struct args *args, const struct request *request,
                    gb_run *run, gb_err *err) {
    gb_run_names names = {0};
    int code = request->config ? gb_run_read_names(request->config, &names, err) : GB_OK;
    if (code) return code;
    if (args->n_words == 0 && !names.agent[0])
        return gb_fail(err, GB_USAGE, "which agent and environment? usage: %s", usage_of("train"));
    if (args->n_words == 1 || args->n_words > 2)
        return args_finish(args, 2, 2, usage_of("train"), err);
    const char *agent_name = args->n_words ? args->words[0] : names.agent;
    const char *env_name = args->n_words ? args->words[1] : names.env;
    if (!args->n_words && names.plugin[0]) env_name = names.plugin;

    const gb_agent_type *agent = gb_registry_agent(&session->registry, agent_name, err);
    if (!agent) return GB_USAGE;
    const gb_env_type *env;
    const char *alias; /* options that the name stands for, as FrozenLake8x8-v1 does */
    code = session_find_env(session, env_name, &env, &alias, err);
    if (!code) code = gb_run_init(run, agent, env, err);
    if (code) return code;
    code = gb_run_set_plugin(run, session_plugin_path(session, env), err);
    if (code) return code;
    const gb_preset *preset = gb_registry_preset(&session->registry, agent->name, env->name);
    if (preset && !request->no_preset) code = gb_run_preset(run, preset, err);
    if (!code) code = session_set_options(alias, &run->env, err);
    if (!code && request->config) code = gb_run_read_ini(run, request->config, err);
    if (!code) code = set_rest(args, run, err);
    if (!code) code = gb_env_open(&run->env, err);
    return code ? code : gb_agent_suits(agent, &run->env.spec, err);
}

static void print_end(const gb_train *train, bool terminal) {
    char text[32];
    if (terminal) putchar('\n');
    printf("%s after %s steps, %s; mean return of the last episodes %.5g\n",
           train->stopped ? "stopped" : "done", grouped(train->step, text),
           duration(train->seconds, (char[32]){0}), gb_stats_return(&train->stats));
    printf("run folder: %s\n", train->dir);
    if (train->stopped)
        printf("go on:      gibbs train --resume %s\n", train->dir);
    else
        printf("next:       gibbs eval %s\n", train->dir);
}

/* Opens a run that is new or goes on. Nothing in the folder changes before the checkpoint is in. */
static int open_run(gb_run *run, gb_train *train, bool resume, gb_err *err) {
    gb_err ignored;
    train->was_saved = resume && gb_run_was_saved(run);
    int code = gb_train_open(train, resume, err);
    if (!code && resume) code = gb_run_write_config(run, err);
    if (!code) code = gb_run_write_status(run, "running", NULL, train->step, train->seconds, err);
    if (code && !resume)
        gb_run_write_status(run, "failed", err->msg, train->step, train->seconds, &ignored);
    return code;
}

#ifdef GB_SDL
static int can_watch(gb_err *err) {
    return gb_window_possible(err);
}
#else
static int can_watch(gb_err *err) {
    return gb_fail(err, GB_USAGE, "--watch: this program was built without windows; leave it out");
}
static int watch_training(const gb_run *run, gb_train *train, gb_err *err) {
    (void)run;
    return gb_train_run(train, err);
}
#endif

static int train_run(gb_run *run, const struct request *request, gb_err *err) {
    struct progress progress = {.terminal = isatty(1), .quiet = request->quiet};
    gb_train train = {.config = run->train,
                      .env = &run->env,
                      .agent = &run->agent,
                      .dir = run->dir,
                      .stop = &stop,
                      .report = report,
                      .context = &progress};
    gb_err ignored;
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
    int code = open_run(run, &train, request->resume != NULL, err);
    if (!code) {
        code = request->watch ? watch_training(run, &train, err) : gb_train_run(&train, err);
        const char *status = code ? "failed" : train.stopped ? "interrupted" : "finished";
        gb_run_write_status(run, status, code ? err->msg : NULL, train.step, train.seconds,
                            &ignored);
    }
    if (!code && !request->quiet) print_end(&train, progress.terminal);
    if (code && progress.terminal && train.step) putchar('\n');
    gb_train_close(&train);
    return code;
}

int cmd_train(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"no-preset", "quiet", "watch", NULL};
    struct args args;
    gb_run run = {0};
    gb_err err;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = session_take_plugin(session, &args, &err);
    if (code) return complain(code, &err);
    struct request request = {.no_preset = args_take(&args, "no-preset") != NULL,
                              .quiet = args_take(&args, "quiet") != NULL,
                              .watch = args_take(&args, "watch") != NULL};
    if (request.watch) code = can_watch(&err);
    if (!code) code = args_take_file(&args, "out", &request.out, &err);
    if (!code) code = args_take_file(&args, "config", &request.config, &err);
    if (!code) code = args_take_file(&args, "resume", &request.resume, &err);
    if (code) return complain(code, &err);
    code = request.resume ? make_resumed(session, &args, &request, &run, &err)
                          : make_new(session, &args, &request, &run, &err);
    if (!code)
        code = request.resume ? gb_run_take_folder(&run, &err)
                              : gb_run_create_folder(&run, request.out, &err);
    if (!code) code = train_run(&run, &request, &err);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
