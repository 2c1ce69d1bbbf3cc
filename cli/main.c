/* main.c - the program: starts the libraries, finds the command, hands it the rest. */
#include "cli.h"
#include "opt.h"

#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
    {"train", "train an agent on an environment",
     "gibbs train AGENT ENV [--steps N] [--seed S] [--envs N] [--threads N] [--out DIR] "
     "[--plugin F.so] [--config F.ini] [--no-preset] [--resume DIR] [--quiet] [--watch] [--OPTION "
     "V] "
     "[--env.OPTION V]",
     cmd_train},
    {"eval", "evaluate a trained agent on fresh episodes",
     "gibbs eval RUN [--episodes N] [--seed S] [--json] [--plugin F.so]", cmd_eval},
    {"rollout", "play steps and print them as JSON lines",
     "gibbs rollout RUN|ENV [--steps N] [--seed S] [--actions F] [--state name=v,...] "
     "[--plugin F.so]; with ENV also [--env.OPTION V]",
     cmd_rollout},
#ifdef GB_SDL
    {"watch", "show an environment, a trained agent or a solver in a window; h lists the keys",
     "gibbs watch RUN|ENV [--steps N] [--seed S] [--sampled] [--map value|entropy|visits|none] "
     "[--size WxH] [--scale X] [--theme light|dark] [--shot FILE.png] [--plugin F.so]; with ENV "
     "also [--env.OPTION V] and [--solve SOLVER [--iteration N] [--gamma G] [--OPTION V]]",
     cmd_watch},
    {"play", "play an environment with the keyboard",
     "gibbs play ENV [--seed S] [--steps N] [--speed X] [--save FILE.jsonl] [--size WxH] "
     "[--theme light|dark] [--plugin F.so] [--env.OPTION V]",
     cmd_play},
#endif
    {"record", "make a film or a picture of episodes",
     "gibbs record RUN|ENV -o FILE.mp4|FILE.gif|FILE.png [--episodes N] [--steps N] [--seed S] "
     "[--size WxH] [--fps F] [--theme light|dark] [--panel] [--map none|value|entropy|visits] "
     "[--sampled] [--deterministic] [--frames N] [--plugin F.so]; with ENV also [--env.OPTION V]",
     cmd_record},
#ifdef GB_CAIRO
    {"plot", "draw learning curves",
     "gibbs plot RUN|FILE.csv... -o FILE.svg|FILE.png [--y COLUMN,...] [--x step|wall|COLUMN] "
     "[--center mean|iqm|median] [--band 95] [--smooth N] [--panels env|one] [--log x|y|xy] "
     "[--title TEXT] [--theme light|dark] [--size WxH] [--csv FILE]",
     cmd_plot},
#endif
    {"solve", "plan on a finite environment",
     "gibbs solve SOLVER ENV [--gamma G] [--tau T] [--lambda L] [--tol X] [--iterations N] "
     "[--out DIR] [--json] [--plugin F.so] [--OPTION V] [--env.OPTION V]",
     cmd_solve},
    {"study", "compute a published result again: csv, picture, verdicts",
     "gibbs study NAME [--seed S] [--threads N] [--picture png|svg|none] [--out DIR] [--json] "
     "[--OPTION V]",
     cmd_study},
    {"check", "conformance tests for environment authors",
     "gibbs check ENV|PLUGIN.so [--seed S] [--env.OPTION V]", cmd_check},
    {"bench", "measure speed",
     "gibbs bench env ENV [--envs N] [--threads N] [--seconds T] [--json] [--plugin F.so] "
     "[--env.OPTION V] | gibbs bench update AGENT [--obs N|HxWxC] [--act N] [--hidden 256,256] "
     "[--batch "
     "B] [--threads T] [--seconds T] [--json] [--OPTION V] | gibbs bench act AGENT [--envs N] "
     "[--obs N] [--act N] [--hidden 256,256] [--seconds T] [--json] [--OPTION V] | gibbs bench "
     "solve [--states N] [--actions N] [--branching N] [--seed S] [--threads T] [--seconds T] "
     "[--json] | gibbs bench products [--seconds T] [--json] [--out roofline.png]",
     cmd_bench},
    {"list", "what there is, one line each",
     "gibbs list [envs|agents|solvers|studies] [--plugin F.so]", cmd_list},
    {"help", "options of a command, agent, environment, solver or study",
     "gibbs help [NAME ...] [--plugin F.so]", cmd_help},
    {0},
};

const char *usage_of(const char *name) {
    const struct command *command = commands;
    while (strcmp(command->name, name)) command++;
    return command->usage;
}

static int unknown_command(const char *name) {
    gb_near near;
    gb_err err;
    char text[256];
    gb_near_init(&near, name);
    for (const struct command *command = commands; command->name; command++)
        gb_near_add(&near, command->name);
    gb_fail(&err, GB_USAGE, "%s: no such command%s; see 'gibbs help'", *name ? name : "''",
            gb_near_text(&near, text, sizeof text));
    return complain(GB_USAGE, &err);
}

static int dispatch(struct session *session, int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "help";
    if (!strcmp(name, "--version")) return printf("gibbs %s\n", GB_VERSION) < 0;
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) name = "help";
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return cmd_help(session, 1, &argv[1]);
    for (const struct command *command = commands; command->name; command++)
        if (!strcmp(command->name, name))
            return command->run(session, argc > 2 ? argc - 2 : 0, argv + 2);
    return unknown_command(name);
}

/* A descriptor of standard input, output or error that is closed would be given to the next file,
 * and our messages would go there. */
static void hold_standard_files(void) {
    int opened = open("/dev/null", O_RDWR);
    while (opened >= 0 && opened <= STDERR_FILENO) opened = open("/dev/null", O_RDWR);
    if (opened > STDERR_FILENO) close(opened);
}

int main(int argc, char **argv) {
    struct session session = {0};
    gb_err err;
    hold_standard_files();
    gsl_set_error_handler_off();
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error we report, not a death */
    if (gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents, gb_builtin_presets,
                         &err))
        return complain(GB_FAIL, &err);
    int code = dispatch(&session, argc, argv);
    gb_registry_free(&session.registry);
    if (fflush(stdout) || ferror(stdout)) {
        gb_fail(&err, GB_FAIL, "standard output: cannot be written; free space there");
        return complain(GB_FAIL, &err);
    }
    return code;
}
