/* cmd_rollout.c - gibbs rollout: steps as JSON lines, from random actions, a file of actions, or a
 * trained policy. It steps the environment itself, to print rewards and states as doubles. */
#include "cli.h"
#include "rng.h"
#include "space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rollout {
    const gb_env *env;
    gb_agent *agent; /* NULL: random actions */
    FILE *actions;   /* NULL: none given */
    const char *actions_path;
    int line; /* of actions */
    void *state;
    gb_rng rng;
    float *obs, *next_obs, *action;
};

/* --- input ------------------------------------------------------------------------------------*/

/* Reads the next action: numbers with blanks, commas or brackets between them. Returns GB_CONTINUE
 * at the end of the file. */
static int read_action(struct rollout *r, gb_err *err) {
    char line[65536];
    const gb_space *act = &r->env->spec.act;
    int n = gb_space_size(act), k = 0;
    do {
        if (!fgets(line, sizeof line, r->actions)) return GB_CONTINUE;
        r->line++;
    } while (!line[strspn(line, " \t\r\n")]);
    for (char *at = line;;) {
        char *end;
        at += strspn(at, " \t\r\n,[]");
        if (!*at) break;
        double value = strtod(at, &end);
        if (end == at || !isfinite(value) || k == n)
            return gb_fail(err, GB_USAGE, "%s:%d: %s; write %d number%s a line", r->actions_path,
                           r->line, k == n ? "too many numbers" : "not a number", n,
                           n == 1 ? "" : "s");
        r->action[k++] = (float)value;
        at = end;
    }
    if (k < n)
        return gb_fail(err, GB_USAGE, "%s:%d: %d numbers, not %d; write one action a line",
                       r->actions_path, r->line, k, n);
    if (act->kind == GB_DISCRETE && !gb_space_contains(act, r->action))
        return gb_fail(err, GB_USAGE, "%s:%d: %g is no action; choose one of 0..%d",
                       r->actions_path, r->line, (double)r->action[0], act->n - 1);
    return GB_OK;
}

/* Finds element `name` of the state: field and index. */
static const gb_field *find_field(const gb_env *env, const char *name, int *k) {
    char element[80];
    for (const gb_field *f = env->type->fields; f && f->name; f++) {
        int n = gb_field_elements(f);
        for (*k = 0; *k < n; ++*k) {
            gb_format(element, sizeof element, n == 1 ? "%s" : "%s%d", f->name, *k);
            if (!strcmp(element, name)) return f;
        }
    }
    return NULL;
}

/* Sets state variables from "name=v,name=v". */
static int set_state(struct rollout *r, const char *text, gb_err *err) {
    char copy[4096], *next = NULL;
    if (strlen(text) >= sizeof copy) return gb_fail(err, GB_USAGE, "--state: too long");
    gb_format(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, ",", &next); word; word = strtok_r(NULL, ",", &next)) {
        char *value = strchr(word, '='), *end;
        int k;
        if (!value) return gb_fail(err, GB_USAGE, "--state: %s: write name=value", word);
        *value++ = 0;
        const gb_field *field = find_field(r->env, word, &k);
        if (!field)
            return gb_fail(err, GB_USAGE, "--state: %s has no variable %s; see 'gibbs help %s'",
                           r->env->type->name, word, r->env->type->name);
        double number = strtod(value, &end);
        if (end == value || *end || !isfinite(number))
            return gb_fail(err, GB_USAGE, "--state: %s: %s is not a number", word, value);
        gb_field_set(field, r->state, k, number);
    }
    return GB_OK;
}

/* --- output -----------------------------------------------------------------------------------*/

static void print_floats(const char *name, const float *x, int n) {
    printf(",\"%s\":[", name);
    for (int i = 0; i < n; i++) printf(i ? ",%.9g" : "%.9g", (double)x[i]);
    putchar(']');
}

static void print_state(const gb_env *env, const void *state) {
    const char *comma = "";
    printf(",\"state\":{");
    for (const gb_field *f = env->type->fields; f && f->name; f++) {
        int n = gb_field_elements(f);
        for (int k = 0; k < n; k++, comma = ",") {
            printf("%s\"%s", comma, f->name);
            if (n > 1) printf("%d", k);
            printf("\":%.17g", gb_field_get(f, state, k));
        }
    }
    putchar('}');
}

static int check_finite(const struct rollout *r, double reward, int64_t t, gb_err *err) {
    const char *bad = isfinite(reward) ? NULL : "reward";
    for (int i = 0; i < gb_space_size(&r->env->spec.obs); i++)
        if (!isfinite(r->next_obs[i])) bad = "observation";
    if (!bad) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: step %lld: %s is not finite; mend the environment",
                   r->env->type->name, (long long)t, bad);
}

/* --- stepping ---------------------------------------------------------------------------------*/

static int choose(struct rollout *r, gb_err *err) {
    if (r->actions) return read_action(r, err);
    if (r->agent)
        r->agent->type->act(r->agent->state, 1, r->obs, r->action, false);
    else
        gb_space_sample(&r->env->spec.act, &r->rng, r->action);
    return GB_OK;
}

static void begin(struct rollout *r) {
    r->env->type->reset(r->state, r->env->config, &r->rng);
    r->env->type->observe(r->state, r->env->config, r->obs);
}

/* Plays `steps` steps, or one episode if steps is 0. */
static int play(struct rollout *r, int64_t steps, gb_err *err) {
    const gb_env *env = r->env;
    int obs_size = gb_space_size(&env->spec.obs), act_size = gb_space_size(&env->spec.act), age = 0;
    for (int64_t t = 0; !steps || t < steps; t++) {
        int code = choose(r, err);
        if (code) return code == GB_CONTINUE ? GB_OK : code;
        printf("{\"t\":%lld", (long long)t);
        print_state(env, r->state);
        print_floats("obs", r->obs, obs_size);
        print_floats("action", r->action, act_size);
        gb_step step = env->type->step(r->state, env->config, r->action, &r->rng);
        env->type->observe(r->state, env->config, r->next_obs);
        bool truncated = !step.terminal && ++age == env->spec.max_steps;
        printf(",\"reward\":%.17g", isfinite(step.reward) ? step.reward : 0);
        print_floats("next_obs", r->next_obs, obs_size);
        printf(",\"terminal\":%s,\"truncated\":%s}\n", step.terminal ? "true" : "false",
               truncated ? "true" : "false");
        if (check_finite(r, step.reward, t, err)) return GB_FAIL;
        memcpy(r->obs, r->next_obs, (size_t)obs_size * sizeof *r->obs);
        if (!step.terminal && !truncated) continue;
        if (!steps && !r->actions) return GB_OK;
        age = 0;
        begin(r);
    }
    return GB_OK;
}

static int run_rollout(struct rollout *r, const char *state, int64_t steps, gb_err *err) {
    size_t obs = (size_t)gb_space_size(&r->env->spec.obs),
           act = (size_t)gb_space_size(&r->env->spec.act);
    r->state = gb_alloc(1, r->env->type->state_size, err);
    r->obs = gb_alloc(2 * obs + act, sizeof *r->obs, err);
    int code = r->state && r->obs ? GB_OK : GB_FAIL;
    if (!code) {
        r->next_obs = r->obs + obs, r->action = r->next_obs + obs;
        begin(r);
        if (state) code = set_state(r, state, err);
        r->env->type->observe(r->state, r->env->config, r->obs);
        const gb_space *space = &r->env->spec.obs;
        if (!code && space->kind == GB_DISCRETE && !gb_space_contains(space, r->obs))
            code = gb_fail(err, GB_USAGE, "--state: gives observation %g, not one of 0..%d",
                           (double)r->obs[0], space->n - 1);
    }
    if (!code && !steps && !r->env->spec.max_steps && !r->actions) steps = 1000;
    if (!code) code = play(r, steps, err);
    gb_dealloc(r->state);
    gb_dealloc(r->obs);
    return code;
}

int cmd_rollout(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    gb_run run = {0};
    gb_err err;
    int64_t steps = 0, seed = 0;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = session_take_plugin(session, &args, &err);
    if (!code) code = args_take_int(&args, "steps", 1, (int64_t)1e15, &steps, &err);
    if (!code) code = args_take_int(&args, "seed", 0, (int64_t)9e15, &seed, &err);
    const char *actions = args_take(&args, "actions"), *state = args_take(&args, "state");
    if (!code && args.n_words < 1) code = args_finish(&args, 1, 1, usage_of("rollout"), &err);
    bool trained = !code && is_run(args.words[0]);
    if (trained) code = gb_run_load(&run, &session->registry, args.words[0], &err);
    if (trained && !code) code = gb_run_load_policy(&run, &err);
    if (!trained && !code) code = session_open_env(session, &args, args.words[0], &run.env, &err);
    if (!code) code = args_finish(&args, 1, 1, usage_of("rollout"), &err);

    struct rollout rollout = {.env = &run.env,
                              .agent = trained ? &run.agent : NULL,
                              .actions_path = actions,
                              .rng = gb_rng_stream((uint64_t)seed, GB_STREAM_EVAL)};
    if (!code && actions && !(rollout.actions = fopen(actions, "r")))
        code = gb_fail(&err, GB_FAIL, "%s: cannot be read; give a file with one action a line",
                       actions);
    if (!code) code = run_rollout(&rollout, state, steps, &err);
    if (rollout.actions) fclose(rollout.actions);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
