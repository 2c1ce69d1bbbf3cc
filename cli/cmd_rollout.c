/* cmd_rollout.c - gibbs rollout: steps as JSON lines, from random actions, a file of actions, or a
 * trained policy. A step that is not sound is an error, and not printed. */
#include "cli.h"
#include "player.h"
#include "space.h"
#include "step_lines.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rollout {
    gb_player player;
    FILE *actions; /* NULL: none given */
    const char *actions_path;
    int line; /* of actions */
};

/* --- input ------------------------------------------------------------------------------------*/

/* Opens the file of actions. A folder would open too, and a device such as /dev/zero never end. */
static int open_actions(struct rollout *r, const char *path, gb_err *err) {
    struct stat info;
    r->actions_path = path;
    r->actions = fopen(path, "r");
    bool fit = r->actions && !fstat(fileno(r->actions), &info) &&
               (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode) || isatty(fileno(r->actions)));
    if (fit) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: %s; give a file with one action a line", path,
                   r->actions ? "it is neither a file nor a pipe" : strerror(errno));
}

/* Reads the next action: numbers with blanks, commas or brackets between them. Returns GB_CONTINUE
 * at the end of the file. */
static int read_action(struct rollout *r, gb_err *err) {
    char line[65536];
    const gb_space *act = &r->player.env->spec.act;
    float *action = r->player.action;
    int n = gb_space_size(act), k = 0;
    do {
        if (!fgets(line, sizeof line, r->actions)) {
            if (!ferror(r->actions)) return GB_CONTINUE;
            return gb_fail(err, GB_FAIL, "%s:%d: cannot be read: %s; check the file",
                           r->actions_path, r->line + 1, strerror(errno));
        }
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
        action[k++] = (float)value;
        at = end;
    }
    if (k < n)
        return gb_fail(err, GB_USAGE, "%s:%d: %d numbers, not %d; write one action a line",
                       r->actions_path, r->line, k, n);
    if (act->kind == GB_DISCRETE && !gb_space_contains(act, action))
        return gb_fail(err, GB_USAGE, "%s:%d: %g is no action; choose one of 0..%d",
                       r->actions_path, r->line, (double)action[0], act->n - 1);
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
static int set_state(gb_player *player, const char *text, gb_err *err) {
    const gb_env *env = player->env;
    char fault[160];
    char copy[4096], *next = NULL;
    if (strlen(text) >= sizeof copy) return gb_fail(err, GB_USAGE, "--state: too long");
    gb_format(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, ",", &next); word; word = strtok_r(NULL, ",", &next)) {
        char *value = strchr(word, '='), *end;
        int k;
        if (!value) return gb_fail(err, GB_USAGE, "--state: %s: write name=value", word);
        *value++ = 0;
        const gb_field *field = find_field(env, word, &k);
        if (!field)
            return gb_fail(err, GB_USAGE, "--state: %s has no variable %s; see 'gibbs help %s'",
                           env->type->name, word, env->type->name);
        double number = strtod(value, &end);
        if (end == value || *end || !isfinite(number))
            return gb_fail(err, GB_USAGE, "--state: %s: %s is not a number", word, value);
        gb_field_set(field, player->state, k, number);
    }
    if (env->type->settle) env->type->settle(player->state, env->config);
    if (!gb_player_observe(player, fault, sizeof fault)) return GB_OK;
    return gb_fail(err, GB_USAGE, "--state: with these values %s; choose others", fault);
}

/* --- stepping ---------------------------------------------------------------------------------*/

/* Plays `steps` steps, or one episode if steps is 0. */
static int play(struct rollout *r, int64_t steps, gb_err *err) {
    gb_player *player = &r->player;
    for (int64_t t = 0; !steps || t < steps; t++) {
        int code = GB_OK;
        if (player->terminal || player->truncated) {
            if (!steps && !r->actions) return GB_OK;
            code = gb_player_reset(player, err);
        }
        if (!code && r->actions) code = read_action(r, err);
        if (!code && !r->actions) gb_player_choose(player);
        if (!code) code = gb_player_step(player, err);
        if (code) return code == GB_CONTINUE ? GB_OK : code;
        step_write(stdout, player, t);
    }
    return GB_OK;
}

int cmd_rollout(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    struct rollout rollout = {0};
    gb_run run = {0};
    gb_err err;
    int64_t steps = 0, seed = 0;
    bool trained = false;
    const char *actions = NULL;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = args_take_int(&args, "steps", 1, (int64_t)1e15, &steps, &err);
    if (!code) code = args_take_int(&args, "seed", 0, (int64_t)9e15, &seed, &err);
    if (!code) code = args_take_file(&args, "actions", &actions, &err);
    const char *state = args_take(&args, "state");
    if (!code) code = session_open_played(session, &args, "rollout", &run, &trained, &err);
    if (!code && actions) code = open_actions(&rollout, actions, &err);
    if (!code) code = gb_player_init(&rollout.player, &run.env, trained ? &run.agent : NULL, &err);
    if (!code) code = gb_player_start(&rollout.player, (uint64_t)seed, &err);
    if (!code && state) code = set_state(&rollout.player, state, &err);
    if (!code && !steps && !run.env.spec.max_steps && !actions) steps = 1000;
    if (!code) code = play(&rollout, steps, &err);
    if (rollout.actions) fclose(rollout.actions);
    gb_player_free(&rollout.player);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
