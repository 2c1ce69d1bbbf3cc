/* On-policy agents: their complete losses against central differences, and by worked numbers. */
#include "on_policy_things.h"

#include <math.h>

enum { STEPS = 12, ENVS = 2, ALL = STEPS * ENVS };

static const float low[] = {-2, -1}, high[] = {2, 3};

/* Lets the agent act for STEPS steps of a made-up task: its rollout is not full yet. */
static struct on_policy *make_filled(gb_agent *agent, const gb_agent_type *type, bool discrete,
                                     const char *options) {
    const gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = 3},
                                         .act = {discrete ? GB_DISCRETE : GB_BOX, discrete ? 3 : 2,
                                                 low, high, NULL},
                                         .max_steps = 50},
                                .envs = ENVS,
                                .threads = 1,
                                .seed = 3,
                                .total_steps = 1000};
    char all[1024];
    gb_format(all, sizeof all,
              "lr=0 hidden=5,4 n_steps=50 batch=64 episodes=9 max_grad_norm=0 ortho_init=0 %s",
              options);
    struct on_policy *o = make_agent(agent, type, &setting, all);
    gb_rng rng = gb_rng_stream(4, 1);
    for (int t = 0; t < STEPS; t++) {
        float obs[ENVS * 3], next[ENVS * 3], action[ENVS * 2], reward[ENVS];
        uint8_t terminal[ENVS] = {t == 5, 0}, truncated[ENVS] = {0, t == 8};
        gb_err err;
        for (int i = 0; i < ENVS * 3; i++)
            obs[i] = (float)gb_rng_normal(&rng), next[i] = (float)gb_rng_normal(&rng);
        for (int i = 0; i < ENVS; i++) reward[i] = (float)gb_rng_normal(&rng);
        agent->type->act(agent->state, ENVS, obs, action, true);
        gb_batch batch = {ENVS, obs, action, reward, next, terminal, truncated};
        ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
    }
    return o;
}

/* The whole loss of the last step, from its parts. */
static double loss(gb_agent *agent, struct on_policy *o, double ent_coef) {
    ck_assert_double_gt(agent->type->update(agent->state), 0);
    const struct on_policy_batch *b = &o->batch;
    return b->policy_loss - ent_coef * b->mean_entropy + o->c.vf_coef * b->value_loss;
}

/* Moves n parameters about, so that ratios are no longer 1. */
static void disturb(double *x, size_t n, double size) {
    gb_rng rng = gb_rng_stream(9, 1);
    for (size_t i = 0; i < n; i++) x[i] += size * gb_rng_normal(&rng);
}

static void check_gradient(const gb_agent_type *type, bool discrete, const char *options,
                           double ent_coef, double size) {
    const double step = 1e-6;
    gb_agent agent;
    struct on_policy *o = make_filled(&agent, type, discrete, options);
    const bool natural = o->plan.critic_alone;
    const size_t n = natural ? o->n_policy : o->n_params;
    loss(&agent, o, ent_coef); /* the update begins: what is old is so now */
    ck_assert_int_eq(o->rows, ALL);
    disturb(o->params, o->n_params, size);
    loss(&agent, o, ent_coef);
    double *kept = gb_alloc(n, sizeof *kept, NULL), largest = 0;
    memcpy(kept, natural ? ((struct natural *)o)->gradient : o->grad, n * sizeof *kept);
    for (size_t i = 0; i < n; i++) {
        double was = o->params[i], side[2], found = natural ? -kept[i] : kept[i];
        for (int k = 0; k < 2; k++) {
            o->params[i] = was + (k ? -step : step);
            side[k] = loss(&agent, o, ent_coef);
        }
        o->params[i] = was;
        double slope = (side[0] - side[1]) / (2 * step);
        largest = fmax(largest, fabs(slope));
        ck_assert_msg(fabs(slope - found) <= 1e-6 * fabs(slope) + 2e-8, "%s %s %zu: %g, not %g",
                      type->name, options, i, found, slope);
    }
    ck_assert_double_gt(largest, 1e-2); /* there was something to compare */
    gb_dealloc(kept);
    gb_agent_free(&agent);
}

START_TEST(ppo_losses) {
    check_gradient(&gb_agent_ppo, true, "ent_coef=0.3", 0.3, 0.3);
    check_gradient(&gb_agent_ppo, true, "clip_range_vf=0.1 ent_coef=0", 0, 0.5);
    check_gradient(&gb_agent_ppo, true, "loss=kl_penalty kl_coef=0.8", 0, 0.3);
    check_gradient(&gb_agent_ppo, true, "activation=silu normalize_advantage=0", 0, 0.2);
    check_gradient(&gb_agent_ppo, false, "ent_coef=0.3", 0.3, 0.2);
    check_gradient(&gb_agent_ppo, false, "loss=kl_penalty norm_obs=1 norm_reward=1", 0, 0.2);
    check_gradient(&gb_agent_ppo, false, "policy=squashed ent_coef=0.2", 0.2, 0.2);
    check_gradient(&gb_agent_ppo, false, "policy=squashed loss=kl_penalty", 0, 0.2);
    check_gradient(&gb_agent_ppo, false, "policy=beta ent_coef=0.2 loss=kl_penalty", 0.2, 0.2);
}
END_TEST

START_TEST(score_losses) {
    check_gradient(&gb_agent_a2c, true, "ent_coef=0.3", 0.3, 0.3);
    check_gradient(&gb_agent_a2c, false, "ent_coef=0.3 normalize_advantage=1", 0.3, 0.3);
    check_gradient(&gb_agent_reinforce, true, "ent_coef=0.3", 0.3, 0.3);
    check_gradient(&gb_agent_reinforce, false, "policy=beta baseline=learned", 0, 0.3);
}
END_TEST

START_TEST(natural_surrogates) {
    check_gradient(&gb_agent_trpo, true, "ent_coef=0.3", 0.3, 0.2);
    check_gradient(&gb_agent_npg, false, "ent_coef=0.3", 0.3, 0.2);
    check_gradient(&gb_agent_npg, false, "policy=beta", 0, 0.2);
}
END_TEST

START_TEST(pmd_losses) {
    static const char *const regularizers[] = {"none",      "entropy",  "kl",          "kl_entropy",
                                               "sparsemax", "tsallis",  "log_barrier", "reverse_kl",
                                               "chi2",      "hellinger"};
    char options[128];
    for (size_t k = 0; k < sizeof regularizers / sizeof *regularizers; k++) {
        gb_format(options, sizeof options, "regularizer=%s tau=0.3 lambda=0.2 eta=0.7",
                  regularizers[k]);
        check_gradient(&gb_agent_pmd, true, options, 0, 0.3);
        gb_format(options, sizeof options, "regularizer=%s divergence=%s tau=0.3", regularizers[k],
                  k ? "regularizer" : "euclidean");
        check_gradient(&gb_agent_pmd, true, options, 0, 0.3);
    }
    check_gradient(&gb_agent_pmd, false, "tau=0.3 eta=0.7", 0, 0.2);
    check_gradient(&gb_agent_pmd, false, "tau=0.3 policy=squashed", 0, 0.2);
    check_gradient(&gb_agent_pmd, false, "regularizer=none policy=beta", 0, 0.2);
}
END_TEST

/* --- Fisher matrix ----------------------------------------------------------------------------*/

/* The gradient of mean KL(old||pi) at the agent's parameters. */
static void kl_gradient(struct on_policy *o, double *grad) {
    struct on_policy_batch *b = &o->batch;
    gb_on_policy_forward(o);
    o->head.type->kl_backward(&o->head, b->old, b->p, 1.0 / b->n, (gb_dists){0}, b->d);
    gb_net_backward(&o->actor_net, o->actor, &o->actor_tape, b->n, b->d.out, grad, NULL, 0, 0);
    memcpy(grad + o->actor_net.n_params, b->d.free, (size_t)o->head.free * sizeof *grad);
}

static void check_fisher(bool discrete, const char *options) {
    const double step = 1e-5;
    gb_agent agent;
    char all[256];
    gb_format(all, sizeof all, "%s cg_damping=0.2", options);
    struct on_policy *o = make_filled(&agent, &gb_agent_trpo, discrete, all);
    struct natural *s = (struct natural *)o;
    const size_t n = o->n_policy;
    double *work = gb_alloc(5 * n, sizeof *work, NULL), *v = work, *found = work + n;
    double *side[2] = {work + 2 * n, work + 3 * n}, *start = work + 4 * n;
    agent.type->update(agent.state);
    disturb(v, n, 1);
    gb_on_policy_forward(o);
    gb_natural_fisher(s, v, found);
    memcpy(start, o->params, n * sizeof *start);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) o->params[i] = start[i] + (k ? -step : step) * v[i];
        kl_gradient(o, side[k]);
    }
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double product = (side[0][i] - side[1][i]) / (2 * step) + 0.2 * v[i];
        largest = fmax(largest, fabs(product - 0.2 * v[i]));
        ck_assert_msg(fabs(product - found[i]) < 1e-6, "%s, number %zu: %g, not %g", options, i,
                      found[i], product);
    }
    ck_assert_double_gt(largest, 0.01);
    gb_dealloc(work);
    gb_agent_free(&agent);
}

START_TEST(fisher_products) {
    check_fisher(true, "activation=tanh");
    check_fisher(true, "activation=relu");
    check_fisher(false, "policy=gaussian activation=silu");
    check_fisher(false, "policy=squashed");
    check_fisher(false, "policy=beta");
}
END_TEST

/* What conjugate gradients return solves (F + damping) x = grad J. */
START_TEST(natural_directions) {
    gb_agent agent;
    struct on_policy *o =
        make_filled(&agent, &gb_agent_npg, false, "cg_max_steps=200 cg_damping=0.05");
    struct natural *s = (struct natural *)o;
    agent.type->update(agent.state);
    gb_natural_fisher(s, s->direction, s->f);
    for (size_t i = 0; i < o->n_policy; i++) ck_assert_double_eq_tol(s->f[i], s->gradient[i], 1e-4);
    gb_agent_free(&agent);
}
END_TEST

/* --- worked numbers ---------------------------------------------------------------------------*/

/* Ratio and advantage to -loss, with a clip range of 0.2; and whether a gradient is left. */
START_TEST(clipped_surrogate) {
    static const double cases[][4] = {{1.3, 1, 1.2, 0},   {1.3, -1, -1.3, 1}, {0.7, 1, 0.7, 1},
                                      {0.7, -1, -0.8, 0}, {1.1, 2, 2.2, 1},   {0.9, -2, -1.8, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gb_agent agent;
        struct on_policy *o =
            make_filled(&agent, &gb_agent_ppo, true, "batch=1 normalize_advantage=0");
        agent.type->update(agent.state);
        const int row = o->order[o->updates % o->rows];
        gb_on_policy_gather(o, &row, 1);
        gb_on_policy_forward(o);
        o->rollout.log_prob[row] = o->batch.log_prob[0] - log(cases[k][0]);
        o->rollout.advantage[row] = cases[k][1];
        agent.type->update(agent.state);
        ck_assert_double_eq_tol(o->batch.policy_loss, -cases[k][2], 1e-12);
        ck_assert_double_eq_tol(o->batch.d_log_prob[0], cases[k][3] ? -cases[k][2] : 0, 1e-12);
        gb_agent_free(&agent);
    }
}
END_TEST

/* Old value, value, return to the loss with a clip range of 0.2 on values. */
START_TEST(clipped_values) {
    static const double cases[][4] = {{1, 1.1, 2, 0.81}, /* within the range */
                                      {1, 1.5, 2, 0.64}, /* too far: the clipped one is worse */
                                      {1, 1.5, 0, 2.25}, /* back: the value itself is */
                                      {1, 0.4, 0, 0.64}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gb_agent agent;
        struct on_policy *o = make_filled(&agent, &gb_agent_ppo, true, "batch=1");
        agent.type->update(agent.state);
        const int row = o->order[0];
        o->rollout.value[row] = cases[k][0];
        o->rollout.ret[row] = cases[k][2];
        gb_on_policy_gather(o, &row, 1);
        double *bias = o->critic + o->critic_net.n_params - 1;
        *bias += cases[k][1] -
                 *gb_net_forward(&o->critic_net, o->critic, o->batch.x, 1, &o->critic_tape);
        gb_on_policy_critic(o, 0.5, 0.2);
        ck_assert_double_eq_tol(o->batch.value_loss, cases[k][3], 1e-12);
        gb_agent_free(&agent);
    }
}
END_TEST

/* The KL coefficient doubles and halves around its target. */
START_TEST(adaptive_penalty) {
    static const char *const rates[] = {"lr=0.05", "lr=0"};
    static const double factor[] = {2, 0.5};
    for (int k = 0; k < 2; k++) {
        gb_agent agent;
        gb_err err;
        gb_metric out[GB_MAX_METRICS];
        char options[128];
        gb_format(options, sizeof options, "loss=kl_penalty kl_coef=0.01 n_steps=13 n_epochs=3 %s",
                  rates[k]);
        make_filled(&agent, &gb_agent_ppo, true, options);
        float obs[ENVS * 3] = {0}, action[ENVS], reward[ENVS] = {1, -1};
        const uint8_t no[ENVS] = {0};
        for (int update = 0; update < 2; update++)
            for (int t = update ? 0 : STEPS; t < 13; t++) {
                agent.type->act(agent.state, ENVS, obs, action, true);
                gb_batch batch = {ENVS, obs, action, reward, obs, no, no};
                ck_assert_int_eq(agent.type->observe(agent.state, &batch, &err), GB_OK);
                if (!update) agent.type->metrics(agent.state, out);
            }
        int n = agent.type->metrics(agent.state, out), at = 0;
        while (at < n && strcmp(out[at].name, "kl_coef")) at++;
        ck_assert_double_eq(out[at].value, 0.01 * factor[k]); /* in the second update */
        gb_agent_free(&agent);
    }
}
END_TEST

START_TEST(options_that_cannot_work_together) {
    static const struct {
        const gb_agent_type *type;
        bool discrete;
        const char *name, *value, *says;
    } cases[] = {
        {&gb_agent_ppo, true, "lr", "fast", "--lr fast: not a schedule"},
        {&gb_agent_ppo, true, "clip_range", "-1", "--clip_range -1: out of range"},
        {&gb_agent_a2c, true, "tune_ent_coef", "1", "--ent_coef of 0 cannot be moved"},
        {&gb_agent_pmd, true, "regularizer", "entropi", "entropi"},
        {&gb_agent_pmd, false, "regularizer", "tsallis", "is for discrete actions; use entropy"},
        {&gb_agent_pmd, false, "divergence", "euclidean", "is for discrete actions; use kl"},
        {&gb_agent_pmd, true, "eta", "1:0", "--eta 1:0: out of range"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = 3},
                                             .act = {cases[k].discrete ? GB_DISCRETE : GB_BOX, 2,
                                                     low, high, NULL}},
                                    .envs = 1,
                                    .total_steps = 1000};
        gb_agent agent;
        gb_err err = {""};
        ck_assert_int_eq(gb_agent_init(&agent, cases[k].type, &err), GB_OK);
        ck_assert_int_eq(gb_opt_set(gb_opts_find(agent.type->opts, cases[k].name), agent.config,
                                    cases[k].value, "", &err),
                         GB_OK);
        ck_assert_int_eq(gb_agent_open(&agent, &setting, &err), GB_USAGE);
        ck_assert_msg(strstr(err.msg, cases[k].says) != NULL, "%s", err.msg);
        gb_agent_free(&agent);
    }
}
END_TEST

Suite *double_on_policy_suite(void) {
    const TTest *const tests[] = {ppo_losses,
                                  score_losses,
                                  natural_surrogates,
                                  pmd_losses,
                                  fisher_products,
                                  natural_directions,
                                  clipped_surrogate,
                                  clipped_values,
                                  adaptive_penalty,
                                  options_that_cannot_work_together,
                                  NULL};
    return test_suite("on-policy agents in double", tests, 60);
}
