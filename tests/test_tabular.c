/* Agents on tables: each update against its formula, exploration, figures. */
#include "tabular_agents.h"

#include "rng.h"

#include <math.h>

static const gb_agent_type *const types[] = {&gb_agent_qlearning, &gb_agent_soft_qlearning,
                                             &gb_agent_expected_sarsa, &gb_agent_mdqn};

/* --- single updates ----------------------------------------------------------------------------*/

START_TEST(mdqn_is_mirror_descent_value_iteration) {
    /* any table psi and any former policy mu: q = psi - lambda log mu, then the step of MD-VI as
     * core/regularizer computes it */
    enum { K = 4 };
    gb_rng rng = gb_rng_stream(4, 4);
    for (int trial = 0; trial < 200; trial++) {
        gb_agent agent = {0};
        double lambda = gb_rng_uniform(&rng, 0, 2), tau = gb_rng_uniform(&rng, 0, 2);
        if (trial % 4 == 1) lambda = 0;
        if (trial % 4 == 2) tau = 0;
        char options[128];
        gb_format(options, sizeof options, "lr=%d lr_decay=0 lambda=%.17g tau=%.17g", 1, lambda,
                  tau);
        struct tabular *t = make_for(&agent, &gb_agent_mdqn, 2, K, options);
        double log_mu[2][K], q[2][K], log_pi[2][K], v[2];
        gb_err err;
        gb_regularizer both;
        ck_assert_int_eq(gb_regularizer_make(&both, "kl_entropy", tau, lambda, 1, &err), GB_OK);
        for (int s = 0; s < 2; s++) {
            double sum = 0;
            for (int a = 0; a < K; a++) sum += exp(log_mu[s][a] = gb_rng_normal(&rng));
            for (int a = 0; a < K; a++) {
                log_mu[s][a] -= log(sum);
                *gb_tabular_q(t, s, a) = 3 * gb_rng_normal(&rng);
                q[s][a] = *gb_tabular_q(t, s, a) - lambda * log_mu[s][a];
            }
            gb_actions actions = {.n = K, .log_prior = log_mu[s]};
            v[s] = gb_regularizer_greedy(&both, &actions, q[s], log_pi[s]);
        }
        int a = (int)gb_rng_below(&rng, K);
        tell(&agent, 0, a, 0.5, 1, false, false);
        double q_next = 0.5 + gamma_ * v[1];
        ck_assert_double_eq_tol(*gb_tabular_q(t, 0, a), q_next + lambda * log_pi[0][a], 1e-11);
        gb_agent_free(&agent);
    }
}
END_TEST

/* Lets both act and learn from their own actions; their numbers must be the same to the last bit.
 */
static void same(const gb_agent_type *x, const char *x_options, const gb_agent_type *y,
                 const char *y_options) {
    gb_agent one = {0}, two = {0};
    struct tabular *t = make(&one, x, x_options), *u = make(&two, y, y_options);
    gb_rng rng = gb_rng_stream(6, 1);
    for (int k = 0; k < 3000; k++) {
        float obs = (float)gb_rng_below(&rng, S), a, b;
        x->act(t, 1, &obs, &a, true);
        y->act(u, 1, &obs, &b, true);
        if (a != b) ck_abort_msg("step %d: actions %g and %g", k, (double)a, (double)b);
        int next = (int)gb_rng_below(&rng, S);
        double reward = gb_rng_normal(&rng);
        bool terminal = gb_rng_below(&rng, 5) == 0;
        tell(&one, (int)obs, (int)a, reward, next, terminal, false);
        tell(&two, (int)obs, (int)b, reward, next, terminal, false);
        ck_assert(!memcmp(t->q, u->q, S * A * sizeof *t->q));
    }
    gb_metric m[GB_MAX_METRICS], n[GB_MAX_METRICS];
    int count = x->metrics(t, m);
    ck_assert_int_eq(y->metrics(u, n), count);
    for (int k = 0; k < count; k++) ck_assert_double_eq(m[k].value, n[k].value);
    gb_agent_free(&one);
    gb_agent_free(&two);
}

START_TEST(settings_of_one_are_another) {
    same(&gb_agent_mdqn, "lambda=0 tau=0", &gb_agent_qlearning, "");
    same(&gb_agent_mdqn, "lambda=0 tau=0.3", &gb_agent_soft_qlearning, "tau=0.3");
    same(&gb_agent_mdqn, "lambda=0 tau=0.3 lr=1 lr_decay=0.6 epsilon=0 epsilon_end=0",
         &gb_agent_soft_qlearning, "tau=0.3 lr=1 lr_decay=0.6 epsilon=0 epsilon_end=0");
    same(&gb_agent_soft_qlearning, "tau=0", &gb_agent_qlearning, "");
    same(&gb_agent_expected_sarsa, "epsilon=0 epsilon_end=0", &gb_agent_qlearning,
         "epsilon=0 epsilon_end=0");
}
END_TEST

START_TEST(munchausen_term_is_clipped) {
    gb_agent agent = {0};
    struct tabular *t = make(&agent, &gb_agent_mdqn, "lr=1 lambda=0.03 tau=0.01 l0=-1");
    *gb_tabular_q(t, 0, 1) = 5; /* T log pi of action 0 is -5; of action 1 about 0 */
    tell(&agent, 0, 0, 0.25, 1, true, false);
    ck_assert_double_eq_tol(*gb_tabular_q(t, 0, 0), 0.25 - 0.75 * 1, 1e-12);
    gb_agent_free(&agent);
}
END_TEST

START_TEST(expected_sarsa_takes_the_expectation) {
    gb_agent agent = {0};
    struct tabular *t = make_for(&agent, &gb_agent_expected_sarsa, 2, 3,
                                 "lr=0.5 epsilon=0.3 epsilon_end=0.3 temperature=0.5 "
                                 "temperature_end=0.5");
    const double q[3] = {1, 2, 1.5};
    double sum = 0, mean = 0;
    for (int a = 0; a < 3; a++) sum += exp(q[a] / 0.5);
    for (int a = 0; a < 3; a++) mean += (0.7 * exp(q[a] / 0.5) / sum + 0.1) * q[a];
    for (int a = 0; a < 3; a++) *gb_tabular_q(t, 1, a) = q[a];
    *gb_tabular_q(t, 0, 2) = 4;
    tell(&agent, 0, 2, -1, 1, false, false);
    ck_assert_double_eq_tol(*gb_tabular_q(t, 0, 2), 4 + 0.5 * (-1 + 0.8 * mean - 4), 1e-12);
    gb_agent_free(&agent);
}
END_TEST

START_TEST(time_limits_bootstrap_and_ends_do_not) {
    for (int i = 0; i < 4; i++) {
        gb_agent agent = {0};
        struct tabular *t = make(&agent, types[i], "lr=1 epsilon=0 epsilon_end=0 initial_value=2");
        *gb_tabular_q(t, 1, 0) = 10; /* far above: every value of state 1 is 10 */
        double log_policy = i == 3 ? 0.027 * log(0.5) : 0;
        tell(&agent, 0, 0, 1, 1, true, false);
        ck_assert_double_eq_tol(*gb_tabular_q(t, 0, 0), 1 + log_policy, 1e-12);
        tell(&agent, 2, 1, 1, 1, false, true);
        ck_assert_double_eq_tol(*gb_tabular_q(t, 2, 1), 1 + 0.8 * 10 + log_policy, 1e-12);
        gb_agent_free(&agent);
    }
}
END_TEST

START_TEST(parallel_environments_learn_in_turn) {
    for (int i = 0; i < 4; i++) {
        gb_agent one = {0}, two = {0};
        const char *options = "lr=0.7 lr_decay=0.5 epsilon=0.2 epsilon_end=0.2";
        struct tabular *t = make(&one, types[i], options), *u = make(&two, types[i], options);
        const float obs[] = {0, 0, 1, 2}, action[] = {1, 1, 0, 1}, reward[] = {1, 2, 3, 4};
        const float next[] = {0, 1, 1, 0};
        const uint8_t end[] = {0, 0, 0, 1}, cut[] = {0, 1, 0, 0};
        gb_batch batch = {4, obs, action, reward, next, end, cut};
        ck_assert_int_eq(one.type->observe(t, &batch, NULL), GB_OK);
        for (int k = 0; k < 4; k++)
            tell(&two, (int)obs[k], (int)action[k], reward[k], (int)next[k], end[k], cut[k]);
        ck_assert(!memcmp(t->q, u->q, S * A * sizeof *t->q));
        ck_assert_int_eq(t->steps, 4);
        gb_agent_free(&one);
        gb_agent_free(&two);
    }
}
END_TEST

START_TEST(steps_of_1_over_n_are_means) {
    gb_agent agent = {0};
    struct tabular *t = make(&agent, &gb_agent_qlearning, "lr=1 lr_decay=1 initial_value=50");
    for (int k = 1; k <= 9; k++) tell(&agent, 1, 1, k, 0, true, false);
    ck_assert_double_eq_tol(*gb_tabular_q(t, 1, 1), 5, 1e-12);
    ck_assert_double_eq(*gb_tabular_q(t, 1, 0), 50);
    gb_agent_free(&agent);
}
END_TEST

/* --- exploration, figures ----------------------------------------------------------------------*/

static double figure(gb_agent *agent, const char *name) {
    gb_metric m[GB_MAX_METRICS];
    int n = agent->type->metrics(agent->state, m);
    for (int k = 0; k < n; k++)
        if (!strcmp(m[k].name, name)) return m[k].value;
    ck_abort_msg("no figure %s", name);
    return NAN;
}

/* Asserts the frequencies of 40,000 actions in state 0 within four deviations. */
static void assert_drawn(gb_agent *agent, const double prob[3]) {
    enum { N = 40000 };
    int count[3] = {0};
    for (int k = 0; k < N; k++) {
        float obs = 0, action;
        agent->type->act(agent->state, 1, &obs, &action, true);
        count[(int)action]++;
    }
    for (int a = 0; a < 3; a++)
        ck_assert_double_le(fabs(count[a] - N * prob[a]), 4 * sqrt(N * prob[a] * (1 - prob[a])));
}

START_TEST(exploration_is_the_stated_mixture) {
    gb_agent agent = {0};
    struct tabular *t = make_for(&agent, &gb_agent_qlearning, 1, 3, "epsilon=0.6 epsilon_end=0");
    t->q[1] = t->q[2] = 1; /* two best */
    float obs = 0, action;
    agent.type->act(t, 1, &obs, &action, false);
    ck_assert_float_eq(action, 1); /* the first of them */
    assert_drawn(&agent, (double[]){0.2, 0.4, 0.4});
    ck_assert_double_eq_tol(figure(&agent, "entropy"), -0.2 * log(0.2) - 0.8 * log(0.4), 1e-12);
    t->steps = 500; /* of 1000: the end of the schedule */
    assert_drawn(&agent, (double[]){0, 0.5, 0.5});
    gb_agent_free(&agent);
    t = make_for(&agent, &gb_agent_soft_qlearning, 1, 3, "tau=0.5 epsilon=0.3 epsilon_end=0.3");
    t->q[1] = 0.5, t->q[2] = 1;
    double sum = 1 + exp(1) + exp(2);
    assert_drawn(&agent,
                 (double[]){0.7 / sum + 0.1, 0.7 * exp(1) / sum + 0.1, 0.7 * exp(2) / sum + 0.1});
    gb_agent_free(&agent);
}
END_TEST

START_TEST(schedules_move_with_the_steps) {
    gb_agent agent = {0};
    struct tabular *t = make(&agent, &gb_agent_expected_sarsa,
                             "epsilon=0.9 epsilon_end=0.1 temperature=2 temperature_end=1 "
                             "exploration_fraction=0.8");
    static const double expected[][3] = {{0, 0.9, 2},
                                         {200, 0.7, 1.75},
                                         {800, 0.1, 1},
                                         {5000, 0.1, 1}};
    for (int k = 0; k < 4; k++) {
        t->steps = (int64_t)expected[k][0];
        ck_assert_double_eq_tol(figure(&agent, "epsilon"), expected[k][1], 1e-12);
        ck_assert_double_eq_tol(figure(&agent, "temperature"), expected[k][2], 1e-12);
    }
    gb_agent_free(&agent);
}
END_TEST

START_TEST(figures_are_means_since_the_last) {
    gb_agent agent = {0};
    make(&agent, &gb_agent_qlearning, "lr=0.5");
    ck_assert(isnan(figure(&agent, "td_error")) && isnan(figure(&agent, "entropy")));
    tell(&agent, 0, 0, 4, 0, true, false);  /* error 4, to 2 */
    tell(&agent, 0, 0, -1, 0, true, false); /* error -3 */
    ck_assert_double_eq(figure(&agent, "td_error"), 3.5);
    ck_assert(isnan(figure(&agent, "td_error")));
    tell(&agent, 2, 1, 1, 0, true, false);
    ck_assert_double_eq(figure(&agent, "visited"), 2.0 / 6);
    gb_agent_free(&agent);
}
END_TEST

/* --- limits ------------------------------------------------------------------------------------*/

START_TEST(unsuitable_spaces_are_named) {
    const gb_space box = {GB_BOX, 2, NULL, NULL, NULL}, few = {GB_DISCRETE, 4, NULL, NULL, NULL},
                   many = {GB_DISCRETE, 1 << 24, NULL, NULL, NULL};
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_null(types[i]->reject(&(gb_spec){.obs = few, .act = few}));
        const char *of_box = types[i]->reject(&(gb_spec){.obs = box, .act = few});
        if (types[i] == &gb_agent_mdqn) /* has networks for these */
            ck_assert_ptr_null(of_box);
        else
            ck_assert_ptr_nonnull(strstr(of_box, "observations"));
        ck_assert_ptr_nonnull(
            strstr(types[i]->reject(&(gb_spec){.obs = few, .act = box}), "actions"));
        ck_assert_ptr_nonnull(
            strstr(types[i]->reject(&(gb_spec){.obs = many, .act = many}), "table"));
    }
}
END_TEST

START_TEST(rewards_beyond_bounds_stop_the_run) {
    gb_agent agent = {0};
    gb_err err = {""};
    make(&agent, &gb_agent_qlearning, "");
    const float zero = 0, reward = (float)HUGE_VAL;
    const uint8_t end = 1, cut = 0;
    gb_batch batch = {1, &zero, &zero, &reward, &zero, &end, &cut};
    ck_assert_int_eq(agent.type->observe(agent.state, &batch, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "qlearning: td_error"));
    gb_agent_free(&agent);
}
END_TEST

Suite *tabular_suite(void) {
    const TTest *const tests[] = {

        mdqn_is_mirror_descent_value_iteration,
        settings_of_one_are_another,
        munchausen_term_is_clipped,
        expected_sarsa_takes_the_expectation,
        time_limits_bootstrap_and_ends_do_not,
        parallel_environments_learn_in_turn,
        steps_of_1_over_n_are_means,
        exploration_is_the_stated_mixture,
        schedules_move_with_the_steps,
        figures_are_means_since_the_last,
        unsuitable_spaces_are_named,
        rewards_beyond_bounds_stop_the_run,
        NULL};
    return test_suite("tabular", tests, 60);
}
