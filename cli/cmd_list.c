/* cmd_list.c - gibbs list and gibbs help: what there is, from the registry and its tables. */
#include "cli.h"
#include "help_viewer.h"
#include "opt.h"
#include "plot.h"
#include "solver.h"
#include "space.h"
#include "study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- list -------------------------------------------------------------------------------------*/

static void list_envs(const gb_registry *registry) {
    struct plugin_files files;
    char also[256];
    for (int i = 0; i < registry->n_envs; i++) {
        const gb_env_type *type = registry->envs[i];
        const char *id = type->gym_id ? type->gym_id : "";
        session_aliases_of(type->name, also, sizeof also);
        printf("%-24s %s%s%s%s%s\n", type->name, type->help, *id ? " (" : "", id, *id ? also : "",
               *id ? ")" : "");
    }
    plugin_files_list(&files, registry);
    for (int i = 0; i < files.n; i++) printf("%-24s %s\n", files.file[i].name, files.file[i].path);
    plugin_files_free(&files);
}

static void list_agents(const gb_registry *registry) {
    for (int i = 0; i < registry->n_agents; i++)
        printf("%-24s %s\n", registry->agents[i]->name, registry->agents[i]->help);
}

static void list_solvers(void) {
    for (const gb_solver_type *const *type = gb_builtin_solvers; *type; type++)
        printf("%-24s %s\n", (*type)->name, (*type)->help);
}

static void list_studies(void) {
    for (const struct study *const *study = studies; *study; study++)
        printf("%-24s %s\n", (*study)->name, (*study)->help);
}

int cmd_list(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    gb_err err;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = session_take_plugin(session, &args, &err);
    if (!code) code = args_finish(&args, 0, 1, usage_of("list"), &err);
    const char *what = args.n_words ? args.words[0] : "";
    bool envs = !strcmp(what, "envs"), agents = !strcmp(what, "agents");
    bool solvers = !strcmp(what, "solvers"), of_studies = !strcmp(what, "studies");
    if (!code && *what && !envs && !agents && !solvers && !of_studies)
        code = gb_fail(&err, GB_USAGE, "%s: not envs, agents, solvers or studies; usage: %s", what,
                       usage_of("list"));
    if (code) return complain(code, &err);
    if (!*what) puts("environments:");
    if (!*what || envs) list_envs(&session->registry);
    if (!*what) puts("\nagents:");
    if (!*what || agents) list_agents(&session->registry);
    if (!*what) puts("\nsolvers:");
    if (!*what || solvers) list_solvers();
    if (!*what) puts("\nstudies:");
    if (!*what || of_studies) list_studies();
    return 0;
}

/* --- help -------------------------------------------------------------------------------------*/

/* A table of options with the values in config, which may hold a preset. */
static void print_options(const gb_opt *table, const void *config, const char *prefix) {
    char value[GB_OPT_TEXT_MAX], range[256];
    for (const gb_opt *row = table; row && row->name; row++) {
        gb_opt_range(row, range, sizeof range);
        printf("  --%s%-*s %-12s %s%s%s%s\n", prefix, 18 - (int)strlen(prefix), row->name,
               gb_opt_format(row, config, value, sizeof value), row->help, *range ? " [" : "",
               range, *range ? "]" : "");
    }
}

static int help_defaults(const gb_opt *table, size_t config_size, const char *prefix, gb_err *err) {
    void *config = gb_alloc(1, config_size, err);
    if (!config) return GB_FAIL;
    gb_opts_default(table, config);
    print_options(table, config, prefix);
    gb_dealloc(config);
    return GB_OK;
}

static void print_fields(const gb_env_type *type) {
    if (!type->fields || !type->fields->name) return;
    printf("state variables:");
    for (const gb_field *f = type->fields; f->name; f++)
        printf(" %s%s%s%s", f->name, f->unit ? " (" : "", f->unit ? f->unit : "",
               f->unit ? ")" : "");
    putchar('\n');
}

/* "keys: a left, d right": what people press, and the action or the dimension and its value. */
static void print_keys(const gb_spec *spec) {
    const char *comma = "keys:";
    for (const gb_key *row = spec->keys; row && row->name; row++, comma = ",") {
        const char *name = row->name[0] ? row->name : "none";
        if (spec->act.kind == GB_BOX)
            printf("%s %s action%d = %g", comma, name, row->number, row->value);
        else if (row->number == GB_KEEP)
            printf("%s %s the last action", comma, name);
        else if (spec->act.names)
            printf("%s %s %s", comma, name, spec->act.names[row->number]);
        else
            printf("%s %s action %d", comma, name, row->number);
    }
    if (spec->keys) putchar('\n');
}

static int help_env(struct session *session, const char *name, gb_err *err) {
    gb_env env = {0};
    char text[256];
    const gb_env_type *type;
    const char *options;
    int code = session_find_env(session, name, &type, &options, err);
    if (!code) code = gb_env_init(&env, type, err);
    if (code) return code;
    code = session_set_options(options, &env, err);
    if (!code) code = gb_env_open(&env, err);
    if (!code) {
        printf("%s - %s\n", type->name, type->help);
        printf("observation: %s\n", gb_space_describe(&env.spec.obs, text, sizeof text));
        if (gb_spec_is_picture(&env.spec))
            printf("picture: %d x %d, %d channel%s\n", env.spec.obs_shape[0], env.spec.obs_shape[1],
                   env.spec.obs_shape[2], env.spec.obs_shape[2] == 1 ? "" : "s");
        printf("action: %s\n", gb_space_describe(&env.spec.act, text, sizeof text));
        if (env.spec.max_steps) printf("step limit: %d\n", env.spec.max_steps);
        if (isfinite(env.spec.reward_threshold))
            printf("solved at a return of %g\n", env.spec.reward_threshold);
        print_fields(type);
        print_keys(&env.spec);
        if (type->opts && type->opts->name) puts("options:");
        print_options(type->opts, env.config, "env.");
    }
    for (const gb_preset *p = session->registry.presets; !code && p->agent; p++)
        if (!strcmp(p->env, type->name))
            printf("preset for %s: %s\n  %s\n", p->agent, p->text, p->note);
    gb_env_free(&env);
    return code;
}

static int help_agent(const struct session *session, const gb_agent_type *type, gb_err *err) {
    printf("%s - %s\n", type->name, type->help);
    if (type->opts && type->opts->name) puts("options:");
    int code = help_defaults(type->opts, type->config_size, "", err);
    for (const gb_preset *p = session->registry.presets; !code && p->agent; p++)
        if (!strcmp(p->agent, type->name))
            printf("preset for %s: %s\n  %s\n", p->env, p->text, p->note);
    return code;
}

static int help_solver(const gb_solver_type *type, gb_err *err) {
    printf("%s - %s\n", type->name, type->help);
    if (type->opts && type->opts->name) puts("options:");
    int code = help_defaults(type->opts, type->config_size, "", err);
    puts("options of every solver:");
    return code ? code : help_defaults(gb_solver_common_opts, sizeof(gb_solver_common), "", err);
}

#ifdef GB_CAIRO
static int help_plot(gb_err *err) {
    puts("  -o FILE              the picture\n"
         "  --csv FILE           its numbers as a table: env,name,column,x,y,low,high,seeds\n"
         "options (default, meaning, range):");
    int code = help_defaults(plot_opts, sizeof(struct plot_options), "", err);
    puts("Runs of one environment, agent and options are one line, whatever their seeds. They are\n"
         "interpolated linearly to the rows of all of them, as far as all of them go. The name of "
         "a\n"
         "csv file stands for a run's: ENV-AGENT-sSEED.csv.");
    return code;
}
#endif

static int help_study(const struct study *study, gb_err *err) {
    printf("study %s - %s\n%s\noptions:\n", study->name, study->help, study->source);
    int code = help_defaults(study->opts, study->config_size, "", err);
    puts("options of every study:");
    if (!code) code = help_defaults(study_common_opts, sizeof(struct study_common), "", err);
    puts("  --out DIR            a new folder; else studies/NAME, studies/NAME-2, ...\n"
         "  --json               print study.json instead of the table");
    return code;
}

static int help_command(const struct command *command, gb_err *err) {
    printf("gibbs %s - %s\nusage: %s\n", command->name, command->summary, command->usage);
#ifdef GB_CAIRO
    if (!strcmp(command->name, "plot")) return help_plot(err);
#endif
    if (help_viewer(command->name)) return GB_OK;
    if (!strcmp(command->name, "study")) {
        puts("studies:");
        list_studies();
        puts("Options of one: gibbs help NAME.");
    }
    if (strcmp(command->name, "train")) return GB_OK;
    puts("  --out DIR            where the run goes; else runs/ENV-AGENT-sSEED\n"
         "  --plugin F.so        load an environment first (also: give F.so as ENV)\n"
         "  --config F.ini       options from a file, such as config.ini of a run\n"
         "  --no-preset          leave the tuned settings for this pair out\n"
         "  --resume DIR         go on with the run in DIR, to the same numbers\n"
         "  --quiet              print errors only\n"
         "  --watch              show the policy in a window while it learns; the numbers do not "
         "change\n"
         "options of every run (default, meaning, range):");
    int code = help_defaults(gb_train_opts, sizeof(gb_train_config), "", err);
    puts("Options of the agent: gibbs help AGENT. Of the environment: gibbs help ENV.\n"
         "Precedence: default < preset < --config < command line.");
    return code;
}

static void help_all(void) {
    puts("gibbs - entropy- and KL-regularised reinforcement learning\n\ncommands:");
    for (const struct command *c = commands; c->name; c++)
        printf("  %-8s %s\n", c->name, c->summary);
    puts("\nStart with:  gibbs train sac pendulum\n"
         "More:        gibbs help COMMAND|AGENT|ENV|SOLVER|STUDY,  gibbs list");
}

/* Writes the message for a name that nothing has. */
static int unknown_name(const struct session *session, const char *name, gb_err *err) {
    const gb_registry *registry = &session->registry;
    struct plugin_files files;
    gb_near near;
    char text[256];
    gb_near_init(&near, name);
    for (const struct command *c = commands; c->name; c++) gb_near_add(&near, c->name);
    for (int i = 0; i < registry->n_envs; i++) gb_near_add(&near, registry->envs[i]->name);
    for (int i = 0; i < registry->n_agents; i++) gb_near_add(&near, registry->agents[i]->name);
    for (const gb_solver_type *const *type = gb_builtin_solvers; *type; type++)
        gb_near_add(&near, (*type)->name);
    for (const struct study *const *study = studies; *study; study++)
        gb_near_add(&near, (*study)->name);
    plugin_files_list(&files, registry);
    for (int i = 0; i < files.n; i++) gb_near_add(&near, files.file[i].name);
    gb_near_text(&near, text, sizeof text);
    plugin_files_free(&files);
    return gb_fail(err, GB_USAGE,
                   "%s: no command, agent, environment, solver or study%s; see 'gibbs list'", name,
                   text);
}

/* Agents, solvers and studies may go by one name: all of them are shown. */
static int help_name(struct session *session, const char *name, gb_err *err) {
    gb_err ignored;
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name)) return help_command(c, err);
    const gb_agent_type *agent = gb_registry_agent(&session->registry, name, &ignored);
    const gb_solver_type *solver = gb_solver_find(gb_builtin_solvers, name, &ignored);
    const struct study *study = study_find(name, &ignored);
    /* a solver may have the name of the agent that is its sampled form */
    int code = agent ? help_agent(session, agent, err) : GB_OK;
    if (!code && agent && solver) puts("\nand the solver");
    if (!code && solver) code = help_solver(solver, err);
    if (!code && (agent || solver) && study) puts("\nand the study");
    if (!code && study) code = help_study(study, err);
    if (agent || solver || study) return code;
    const gb_env_type *type;
    code = session_find_env(session, name, &type, NULL, err);
    if (code != GB_USAGE) return code ? code : help_env(session, name, err);
    return unknown_name(session, name, err);
}

int cmd_help(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    gb_err err;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = session_take_plugin(session, &args, &err);
    if (!code) code = args_finish(&args, 0, MOST_WORDS, usage_of("help"), &err);
    if (!code && !args.n_words) help_all();
    for (int i = 0; !code && i < args.n_words; i++) {
        if (i) putchar('\n');
        code = help_name(session, args.words[i], &err);
    }
    return code ? complain(code, &err) : 0;
}
