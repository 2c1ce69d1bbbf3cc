/* mdp_source.c - the MDP that an environment's model() describes. */
#include "mdp.h"
#include "rng.h"

#define RESETS 10000 /* to see where episodes begin, if the environment does not say */

/* A model read row by row into a buffer that grows to the longest row. */
typedef struct reader {
    const gb_env *env;
    gb_outcome *out; /* (room) */
    int room;
} reader;

/* Reads the row of s and a; returns its length, or a negative code. */
static int read_row(reader *from, int s, int a, gb_err *err) {
    const gb_env *env = from->env;
    int n = env->type->model(env->config, s, a, from->out, from->room);
    if (n > from->room) {
        gb_outcome *larger = gb_alloc((size_t)n, sizeof *larger, err);
        if (!larger) return GB_FAIL;
        gb_dealloc(from->out);
        from->out = larger;
        from->room = n;
        n = env->type->model(env->config, s, a, from->out, from->room);
    }
    if (n >= 0 && n <= from->room) return n;
    return gb_fail(err, GB_FAIL, "state %d, action %d: the model has %d outcomes; mend model", s, a,
                   n);
}

static int count_outcomes(reader *from, size_t *outcomes, gb_err *err) {
    *outcomes = 0;
    for (int s = 0; s < from->env->spec.obs.n; s++)
        for (int a = 0; a < from->env->spec.act.n; a++) {
            int n = read_row(from, s, a, err);
            if (n < 0) return n;
            *outcomes += (size_t)n;
        }
    return GB_OK;
}

static int add_outcomes(reader *from, gb_mdp_builder *b, gb_err *err) {
    int code = GB_OK;
    for (int s = 0; s < from->env->spec.obs.n; s++)
        for (int a = 0; a < from->env->spec.act.n; a++) {
            int n = read_row(from, s, a, err);
            for (int k = 0; k < n && !code; k++) code = gb_mdp_add(b, s, a, from->out[k], err);
            if (n < 0 || code) return n < 0 ? n : code;
        }
    return GB_OK;
}

/* Counts the states that resets lead to as equally likely. */
static int start_where_reset_leads(const gb_env *env, gb_mdp_builder *b, gb_err *err) {
    const int states = env->spec.obs.n;
    void *state = gb_alloc(1, env->type->state_size, err);
    uint8_t *seen = gb_alloc((size_t)states, 1, err);
    gb_rng rng = gb_rng_stream(0, GB_STREAM_BENCH);
    int code = state && seen ? GB_OK : GB_FAIL, n = 0;
    for (int i = 0; i < RESETS && !code; i++) {
        float obs = -1;
        env->type->reset(state, env->config, &rng);
        env->type->observe(state, env->config, &obs);
        if (!(obs >= 0 && obs < (float)states)) {
            code = gb_fail(err, GB_FAIL, "reset leads to state %g; mend reset or observe",
                           (double)obs);
        } else if (!seen[(int)obs]) {
            seen[(int)obs] = 1;
            n++;
        }
    }
    for (int s = 0; s < states && !code; s++)
        if (seen[s]) code = gb_mdp_start(b, s, 1.0 / n, err);
    gb_dealloc(state);
    gb_dealloc(seen);
    return code;
}

static int add_start(const gb_env *env, gb_mdp_builder *b, gb_err *err) {
    int code = GB_OK;
    if (!env->type->start) return start_where_reset_leads(env, b, err);
    for (int s = 0; s < env->spec.obs.n && !code; s++)
        code = gb_mdp_start(b, s, env->type->start(env->config, s), err);
    return code;
}

int gb_mdp_from_env(gb_mdp *mdp, const gb_env *env, double gamma, gb_err *err) {
    const char *name = env->type->name;
    *mdp = (gb_mdp){0};
    if (!env->type->model)
        return gb_fail(err, GB_USAGE,
                       "%s: has no model of its transitions; choose a finite environment that has "
                       "one",
                       name);
    gb_err why = {""};
    gb_mdp_builder b = {0};
    reader from = {.env = env, .room = GB_MAX_OUTCOMES};
    size_t outcomes = 0;
    from.out = gb_alloc((size_t)from.room, sizeof *from.out, &why);
    int code = from.out ? count_outcomes(&from, &outcomes, &why) : GB_FAIL;
    if (!code) code = gb_mdp_begin(&b, env->spec.obs.n, env->spec.act.n, gamma, outcomes, &why);
    if (!code) code = add_outcomes(&from, &b, &why);
    if (!code) code = add_start(env, &b, &why);
    if (!code) code = gb_mdp_finish(&b, mdp, &why);
    if (code) gb_mdp_abandon(&b);
    gb_dealloc(from.out);
    return code ? gb_fail(err, code, "%s: %.400s", name, why.msg) : GB_OK;
}
