/* rda.c - regularised dual averaging on policies (Xiao 2010; Geist, Scherrer and Pietquin 2019;
 * Vieillard et al. 2020): policies answer to the sum of all past action values,
 *
 *     pi_{k+1} = argmax_p <p, sum_{j<=k} w_j q_j> - W_k Omega(p),    q_j = r + gamma P v_j
 *
 * with weights w_j = growth^j. Growing (the default): W_k = sum_j w_j, and v_j is the value of pi_j
 * with Omega; policies answer to an average and tend to the regularised optimum, at a rate of 1/k
 * in q for growth 1 (plain average) and geometrically above. Fixed: W_k = 1, and values are without
 * regularisation; the policies tend to the unregularised optimum (with the entropy: multiplicative
 * weights, "follow the regularised leader" in every state).
 *
 * After each iteration, and at the start, v and q are the values of log_policy; the start is the
 * uniform policy. The residual is that of ascent.h, with Omega 0 for fixed.
 */
#include "ascent.h"

#include <math.h>
#include <string.h>

#define LARGEST_WEIGHT 1e100 /* sums of q over it stay finite */

struct config {
    char temperature[16], regularizer[32];
    double growth, tau, lambda, index;
    int m;
};

#define T struct config
static const gb_opt opts[] = {
    {"temperature", GB_TEXT(T, temperature), 0, 0, 0, "weight of the regulariser beside the sum",
     "growing", "growing|fixed"},
    {"growth", GB_F64(T, growth), 1, 1, 1e6, "of the weights of newer action values"},
    {"regularizer", GB_TEXT(T, regularizer), 0, 0, 0, "what is subtracted from the sum", "entropy",
     NULL},
    {"tau", GB_F64(T, tau), 0.1, 0, 1e9, "weight of an entropy, if the regulariser has one"},
    {"lambda", GB_F64(T, lambda), 0.1, 0, 1e9,
     "weight of a divergence from the uniform policy, if the regulariser is one"},
    {"index", GB_F64(T, index), 2, -10, 10, "of tsallis and alpha_divergence"},
    {"m", GB_INT(T, m), 0, 0, 1000000, "sweeps of evaluation; 0: exact"},
    {0},
};
#undef T

struct state {
    gb_ascent ascent;     /* its regulariser is that of the values */
    gb_regularizer omega; /* of the step */
    bool fixed;
    double *answer; /* (states, actions) what the policy answers to: growing, the weighted mean of
                       all q; fixed, the weighted sum of all q - v */
    double weight;  /* fixed: w_k; growing: W_k / w_k */
};

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const struct config *config = solver->config;
    gb_regularizer none;
    int code = gb_regularizer_make(&state->omega, config->regularizer, config->tau, config->lambda,
                                   config->index, err);
    if (!code) code = gb_regularizer_init(&none, "none", err);
    if (code) return code;
    state->fixed = !strcmp(config->temperature, "fixed");
    state->weight = 1;
    state->answer = gb_alloc(gb_mdp_pairs(solver->mdp), sizeof *state->answer, err);
    if (!state->answer) return GB_FAIL;
    code = gb_ascent_init(&state->ascent, solver, state->fixed ? &none : &state->omega, config->m,
                          err);
    return code ? code : gb_ascent_evaluate(&state->ascent, err);
}

/* Counts the present q in. */
static void gather(struct state *state, double growth) {
    const gb_solver *solver = state->ascent.tables.solver;
    const gb_mdp *mdp = solver->mdp;
    for (int s = 0; s < mdp->states; s++)
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            double q = solver->q[i], *answer = &state->answer[i];
            if (q == -INFINITY)
                *answer = q;
            else if (state->fixed) /* less v, which changes no policy, so that it stays small */
                *answer += state->weight * (q - solver->v[s]);
            else
                *answer += (q - *answer) / state->weight;
        }
    if (state->fixed)
        state->weight = fmin(state->weight * growth, LARGEST_WEIGHT);
    else
        state->weight = 1 + state->weight / growth;
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    gb_ascent *ascent = &state->ascent;
    gather(state, ((const struct config *)solver->config)->growth);
    gb_regular_greedy(&ascent->tables, &state->omega, NULL, state->answer, NULL, ascent->next);
    gb_ascent_take(ascent);
    return gb_ascent_evaluate(ascent, err);
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_ascent_free(&state->ascent);
    gb_dealloc(state->answer);
}

const gb_solver_type gb_solver_rda = {
    .name = "rda",
    .help = "regularised dual averaging: policies that answer to the mean of all action values",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .init = init,
    .iterate = iterate,
    .free = free_state};
