/* pmd.c - policy mirror descent (Geist, Scherrer and Pietquin 2019; Lan 2022; Xiao 2022; Zhan et
 * al. 2023): in every state, from the policy pi_k and its regularised action values q_k,
 *
 *     pi_{k+1} = argmax_p <p, q_k> - Omega(p) - D(p, pi_k) / eta_k
 *
 * with any regulariser Omega and as divergence D
 *     kl           KL(p||pi_k)
 *     euclidean    |p - pi_k|^2 / 2: a projection where Omega is 0
 *     regularizer  the Bregman divergence of Omega at weight 1 (generalised PMD); its subgradient
 * is carried along, so that Omega need not be smooth
 *
 * Steps, gamma being the discount:
 *     constant     eta
 *     geometric    eta gamma^-k
 *     adaptive     the least for which no state's value falls short of the greedy step's by more
 *                  than c_k = gamma^(2k+2) / eta: max_s D(greedy, pi_k) / c_k (as in Johnson, Pike-
 *                  Burke and Rebeschini 2023). Then |v* - v_k| <= gamma^k (|v* - v_0| + gamma /
 * (eta (1 - gamma))), by v_{k+1} >= T v_k - c_k approximate  Omega + tau_k D(., uniform) in the
 * place of Omega, tau_k = perturbation gamma^k and 1 + eta_k tau_k = 1 / gamma (Lan's approximate
 * PMD) staged       the same with tau_k = perturbation 2^-(floor(k / l) + 1), l = ceil(log_gamma
 * 1/4) The last two do not look at eta.
 *
 * After each iteration, and at the start, v and q are the values of log_policy with the regulariser
 * (and the perturbation); the start is the uniform policy. The residual is that of ascent.h, with
 * Omega alone.
 */
#include "ascent.h"
#include "mirror.h"
#include "pool.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LARGEST_ETA 1e100 /* differences in q over it stay finite */

struct config {
    char divergence[16], step[16], regularizer[32];
    double eta, perturbation, tau, lambda, index;
    int m;
};

#define T struct config
static const gb_opt opts[] = {
    {"divergence", GB_TEXT(T, divergence), 0, 0, 0, "from the last policy", "kl",
     "kl|euclidean|regularizer"},
    {"step", GB_TEXT(T, step), 0, 0, 0, "rule of the step sizes", "constant",
     "constant|adaptive|geometric|approximate|staged"},
    {"eta", GB_F64(T, eta), 1, 1e-9, 1e15, "step, or the first one"},
    {"perturbation", GB_F64(T, perturbation), 1, 1e-9, 1e9,
     "first weight of the falling regulariser of approximate and staged steps"},
    {"regularizer", GB_TEXT(T, regularizer), 0, 0, 0, "what is subtracted from action values",
     "none", NULL},
    {"tau", GB_F64(T, tau), 0.1, 0, 1e9, "weight of an entropy, if the regulariser has one"},
    {"lambda", GB_F64(T, lambda), 0.1, 0, 1e9,
     "weight of a divergence from the uniform policy, if the regulariser is one"},
    {"index", GB_F64(T, index), 2, -10, 10, "of tsallis and alpha_divergence"},
    {"m", GB_INT(T, m), 0, 0, 1000000, "sweeps of evaluation; 0: exact"},
    {0},
};
#undef T

struct state {
    gb_ascent ascent;
    enum { KL, EUCLIDEAN, REGULARIZER } divergence;
    enum { CONSTANT, ADAPTIVE, GEOMETRIC, APPROXIMATE, STAGED } step;
    double scale;   /* Omega is scale times the one of weight 1 */
    double pull;    /* tau_k, the weight of D(., uniform); 0 for the exact rules */
    double *dual;   /* (states, actions) REGULARIZER: a subgradient of Omega at the policy */
    double *lifted; /* (states, actions) q with what the divergence adds to it */
};

/* --- divergences ------------------------------------------------------------------------------*/

/* One state's tables. */
struct row {
    gb_actions actions;
    const double *log_policy, *dual; /* (actions) of the last policy */
};

static struct row row_of(const struct state *state, int s) {
    const gb_solver *solver = state->ascent.tables.solver;
    size_t first = gb_mdp_pair(solver->mdp, s, 0);
    return (struct row){gb_regular_actions(&state->ascent.tables, NULL, s),
                        solver->log_policy + first, state->dual ? state->dual + first : NULL};
}

static double dot_policy(const gb_actions *actions, const double *log_p, const double *x) {
    double sum = 0;
    for (int a = 0; a < actions->n; a++)
        if (log_p[a] > -INFINITY) sum += exp(log_p[a]) * x[a];
    return sum;
}

/* Returns D(p, pi_k) in a state. */
static double divergence_from(const struct state *state, const struct row *row,
                              const double *log_p) {
    const gb_regularizer *omega = &state->ascent.omega;
    double sum = 0;
    if (state->divergence == REGULARIZER) /* the regulariser's gap in Fenchel's inequality */
        return (gb_regularizer_value(omega, &row->actions, log_p) -
                gb_regularizer_value(omega, &row->actions, row->log_policy) -
                dot_policy(&row->actions, log_p, row->dual) +
                dot_policy(&row->actions, row->log_policy, row->dual)) /
               state->scale;
    for (int a = 0; a < row->actions.n; a++) {
        double p = exp(log_p[a]), gap = p - exp(row->log_policy[a]);
        if (state->divergence == EUCLIDEAN) sum += gap * gap / 2;
        if (state->divergence == KL && p > 0) sum += p * (log_p[a] - row->log_policy[a]);
    }
    return sum;
}

/* Returns D(pi_k, uniform); Omega is least at the uniform policy. */
static double divergence_from_uniform(const struct state *state, const struct row *row) {
    const gb_regularizer *omega = &state->ascent.omega;
    double least;
    if (state->divergence == REGULARIZER) {
        gb_regularizer_bounds(omega, &row->actions, &least, NULL);
        return (gb_regularizer_value(omega, &row->actions, row->log_policy) - least) / state->scale;
    }
    gb_prior uniform = gb_prior_make(&row->actions, 0);
    if (state->divergence == KL) return gb_divergence_value(1, &uniform, row->log_policy);
    return gb_divergence_value(2, &uniform, row->log_policy) * exp(-uniform.log_mass);
}

/* --- the step ---------------------------------------------------------------------------------*/

/* Returns max_s D(greedy policy, pi_k); the greedy policies are in next. */
static double largest_divergence(const struct state *state) {
    const gb_mdp *mdp = state->ascent.tables.solver->mdp;
    double worst = 0;
    for (int s = 0; s < mdp->states; s++) {
        struct row row = row_of(state, s);
        double d = divergence_from(state, &row, state->ascent.next + gb_mdp_pair(mdp, s, 0));
        worst = fmax(worst, d);
    }
    return worst;
}

/* Returns the step of this iteration. */
static double step_size(struct state *state) {
    gb_ascent *ascent = &state->ascent;
    const gb_solver *solver = ascent->tables.solver;
    const struct config *config = solver->config;
    double gamma = solver->mdp->gamma, eta = config->eta, k = (double)solver->iteration;
    if (state->step == GEOMETRIC) eta *= pow(gamma, -k);
    if (state->step == ADAPTIVE) {
        gb_regular_greedy(&ascent->tables, &ascent->omega, NULL, solver->q, NULL, ascent->next);
        eta *= largest_divergence(state) * pow(gamma, -2 * k - 2);
        eta = fmax(eta, 1 / LARGEST_ETA);
    }
    if (state->step >= APPROXIMATE) eta = (1 / gamma - 1) / state->pull;
    return eta < LARGEST_ETA ? eta : LARGEST_ETA; /* NaN too: 0 infinities */
}

/* Returns tau_k for the iteration that follows. */
static double pull_at(const struct state *state, const gb_solver *solver, int64_t k) {
    const struct config *config = solver->config;
    double gamma = solver->mdp->gamma;
    if (state->step == APPROXIMATE) return config->perturbation * pow(gamma, (double)k);
    if (state->step != STAGED) return 0;
    double length = fmax(ceil(log(0.25) / log(gamma)), 1);
    return config->perturbation * exp2(-(floor((double)k / length) + 1));
}

/* Writes the new policy of a state to log_policy, and its dual to lifted. */
static void step_row(const struct state *state, const struct row *row, double eta, const double *q,
                     double *lifted, double *log_policy) {
    const gb_regularizer *omega = &state->ascent.omega;
    gb_regularizer_form form = omega->type->form(omega, &row->actions);
    double keep = 1 / eta, weight = keep + state->pull;
    gb_mirror_term own = {form.index, form.weight}, held = {1, weight};
    if (state->divergence == EUCLIDEAN) /* |p|^2 / 2 = D_2(p||uniform) / n + constant */
        held = (gb_mirror_term){2, weight * exp(-form.prior.log_mass)};
    if (state->divergence == REGULARIZER) held = (gb_mirror_term){form.index, 0};
    for (int a = 0; a < row->actions.n; a++) {
        lifted[a] = -INFINITY;
        if (q[a] == -INFINITY) continue;
        if (state->divergence == KL)
            lifted[a] = fmax(q[a] + keep * row->log_policy[a], -DBL_MAX / 4);
        if (state->divergence == EUCLIDEAN) lifted[a] = q[a] + keep * exp(row->log_policy[a]);
        if (state->divergence == REGULARIZER)
            lifted[a] = (q[a] + keep / state->scale * row->dual[a]) / (1 + weight / state->scale);
    }
    gb_mirror_greedy(own, held, &row->actions, lifted, log_policy);
}

struct stepping {
    struct state *state;
    double eta;
};

static void step_part(void *context, int part, int parts) {
    struct stepping *s = context;
    struct state *state = s->state;
    const gb_solver *solver = state->ascent.tables.solver;
    const int64_t states = solver->mdp->states;
    for (int64_t k = states * part / parts; k < states * (part + 1) / parts; k++) {
        size_t first = gb_mdp_pair(solver->mdp, (int)k, 0);
        struct row row = row_of(state, (int)k);
        step_row(state, &row, s->eta, solver->q + first, state->lifted + first,
                 state->ascent.next + first);
    }
}

static void step_all(struct state *state, double eta) {
    const gb_solver *solver = state->ascent.tables.solver;
    const gb_mdp *mdp = solver->mdp;
    gb_pool_run(solver->common.threads, step_part, &(struct stepping){state, eta});
    gb_ascent_take(&state->ascent);
    if (state->dual) memcpy(state->dual, state->lifted, gb_mdp_pairs(mdp) * sizeof *state->dual);
}

/* Evaluates the policy with the perturbation of iteration k. */
static int evaluate(struct state *state, int64_t k, gb_err *err) {
    gb_regular *tables = &state->ascent.tables;
    const gb_solver *solver = tables->solver;
    gb_regular_set_bonus(tables, &state->ascent.omega, NULL, solver->log_policy);
    state->pull = pull_at(state, solver, k);
    for (int s = 0; s < solver->mdp->states && state->pull > 0; s++) {
        struct row row = row_of(state, s);
        tables->bonus[s] -= state->pull * divergence_from_uniform(state, &row);
    }
    return gb_ascent_evaluate_bonus(&state->ascent, err);
}

/* --- the type ---------------------------------------------------------------------------------*/

/* Returns what Omega is a multiple of: the sum of the weights that it takes. */
static double scale_of(const gb_regularizer *omega) {
    double scale = 0;
    for (const gb_opt *row = omega->type->opts; row->name; row++) {
        if (!strcmp(row->name, "tau")) scale += omega->tau;
        if (!strcmp(row->name, "lambda")) scale += omega->lambda;
    }
    return scale;
}

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const struct config *config = solver->config;
    static const char *const steps[] = {"constant", "adaptive", "geometric", "approximate",
                                        "staged"};
    gb_regularizer omega;
    int code = gb_regularizer_make(&omega, config->regularizer, config->tau, config->lambda,
                                   config->index, err);
    if (code) return code;
    while (strcmp(steps[state->step], config->step)) state->step++;
    state->divergence = !strcmp(config->divergence, "kl")          ? KL
                        : !strcmp(config->divergence, "euclidean") ? EUCLIDEAN
                                                                   : REGULARIZER;
    state->scale = scale_of(&omega);
    if (state->divergence == REGULARIZER && !(state->scale > 0))
        return gb_fail(err, GB_USAGE,
                       "pmd: --divergence regularizer: the regulariser %s has no weight; choose "
                       "one that has, or --divergence kl",
                       config->regularizer);
    size_t pairs = gb_mdp_pairs(solver->mdp);
    state->lifted = gb_alloc(pairs, sizeof *state->lifted, err);
    if (state->divergence == REGULARIZER)
        state->dual = gb_alloc(pairs, sizeof *state->dual, err); /* 0 suits the uniform policy */
    if (!state->lifted || (state->divergence == REGULARIZER && !state->dual)) return GB_FAIL;
    code = gb_ascent_init(&state->ascent, solver, &omega, config->m, err);
    return code ? code : evaluate(state, 0, err);
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    step_all(state, step_size(state));
    return evaluate(state, solver->iteration + 1, err);
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_ascent_free(&state->ascent);
    gb_dealloc(state->dual);
    gb_dealloc(state->lifted);
}

const gb_solver_type gb_solver_pmd = {
    .name = "pmd",
    .help = "policy mirror descent: KL, Euclidean or own divergence, five step rules",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .init = init,
    .iterate = iterate,
    .free = free_state};
