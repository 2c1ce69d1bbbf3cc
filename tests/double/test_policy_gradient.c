/* The policy gradients of all on-policy agents, averaged over many rollouts, against the gradient
 * that follows from the model of a small MDP by enumeration: with advantages of a critic that is
 * wrong, ends, and cuts, so that what is compared is the whole estimator. */
#include "mdp.h"
#include "on_policy_things.h"
#include "rng.h"

#include <math.h>

enum { S = 4, A = 3, BRANCH = 3, STEPS = 6, PARAMS = 200 };

static const double gamma_ = 0.9, lambda_ = 0.8, cut_chance = 0.15, tau = 0.3;

/* --- the model --------------------------------------------------------------------------------*/

/* Random successors, rewards that floats hold exactly; an outcome in four ends the task. */
static void make_model(gb_mdp *mdp) {
    gb_mdp_builder b;
    gb_err err;
    gb_rng rng = gb_rng_stream(12, 1);
    ck_assert_int_eq(gb_mdp_begin(&b, S, A, gamma_, S * A * BRANCH, &err), GB_OK);
    for (int s = 0; s < S; s++)
        for (int a = 0; a < A; a++) {
            double p[BRANCH], sum = 0;
            for (int k = 0; k < BRANCH; k++) sum += p[k] = 0.1 + gb_rng_unit(&rng);
            for (int k = 0; k < BRANCH; k++) {
                gb_outcome outcome = {p[k] / sum, (int)gb_rng_below(&rng, S),
                                      (double)(int)gb_rng_below(&rng, 33) / 8 - 2,
                                      gb_rng_below(&rng, 4) == 0};
                ck_assert_int_eq(gb_mdp_add(&b, s, a, outcome, &err), GB_OK);
            }
        }
    ck_assert_msg(!gb_mdp_start(&b, 0, 0.7, &err) && !gb_mdp_start(&b, 2, 0.3, &err), "%s",
                  err.msg);
    ck_assert_msg(!gb_mdp_finish(&b, mdp, &err), "%s", err.msg);
}

/* What agent and critic think of each state. */
struct tables {
    double policy[S][A], value[S],
        penalty[S]; /* penalty: Omega of the policy, 0 if there is none */
};

static struct tables look(struct on_policy *o, double weight) {
    struct tables t = {0};
    double x[S * S] = {0};
    for (int s = 0; s < S; s++) x[s * S + s] = 1;
    gb_dists p = {S, gb_net_forward(&o->actor_net, o->actor, x, S, &o->actor_tape), NULL};
    o->head.type->prepare(&o->head, p);
    for (int s = 0; s < S; s++)
        for (int a = 0; a < A; a++) {
            t.policy[s][a] = exp(p.out[s * A + a]);
            t.penalty[s] += weight * t.policy[s][a] * p.out[s * A + a];
        }
    const double *v = gb_net_forward(&o->critic_net, o->critic, x, S, &o->critic_tape);
    for (int s = 0; s < S && !o->plan.no_critic; s++) t.value[s] = v[s];
    return t;
}

/* Expected advantages adv (S, A), given those of the next step's states: later[s] is E[A | s]. */
static void advantages(const gb_mdp *mdp, const struct tables *t, double lambda,
                       const double later[S], double adv[S][A]) {
    for (int s = 0; s < S; s++)
        for (int a = 0; a < A; a++) {
            const size_t i = gb_mdp_pair(mdp, s, a);
            adv[s][a] = -t->value[s] - t->penalty[s];
            for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++) {
                const gb_outcome o = gb_mdp_outcome(mdp, i, k);
                double next =
                    gamma_ * t->value[o.next] + gamma_ * lambda * (1 - cut_chance) * later[o.next];
                adv[s][a] += o.probability * (o.reward + (o.terminal ? 0 : next));
            }
        }
}

static double mean_of(const struct tables *t, int s, double adv[S][A]) {
    double sum = 0;
    for (int a = 0; a < A; a++) sum += t->policy[s][a] * adv[s][a];
    return sum;
}

/* Where the states of a step lead that go on to the next: to (S); returns what ends or is cut. */
static double flow(const gb_mdp *mdp, const struct tables *t, const double from[S], double to[S]) {
    double stopped = 0;
    memset(to, 0, S * sizeof *to);
    for (int s = 0; s < S; s++)
        for (int a = 0; a < A; a++) {
            const size_t i = gb_mdp_pair(mdp, s, a);
            for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++) {
                const gb_outcome o = gb_mdp_outcome(mdp, i, k);
                const double mass = from[s] * t->policy[s][a] * o.probability;
                if (!o.terminal) to[o.next] += mass * (1 - cut_chance);
                stopped += o.terminal ? mass : mass * cut_chance;
            }
        }
    return stopped;
}

/* weight (S, A): how often a state-action is met times its advantage, in a rollout of STEPS steps
 * that begins like an episode, a mean over its steps. */
static void rollout_weights(const gb_mdp *mdp, const struct tables *t, double weight[S][A],
                            double visits[S]) {
    double adv[STEPS][S][A], later[S] = {0}, at[S], next[S];
    for (int k = STEPS - 1; k >= 0; k--) {
        advantages(mdp, t, lambda_, later, adv[k]);
        for (int s = 0; s < S; s++) later[s] = mean_of(t, s, adv[k]);
    }
    memcpy(at, mdp->start, sizeof at);
    for (int k = 0; k < STEPS; k++) {
        for (int s = 0; s < S; s++) {
            visits[s] += at[s] / STEPS;
            for (int a = 0; a < A; a++)
                weight[s][a] += at[s] * t->policy[s][a] * adv[k][s][a] / STEPS;
        }
        double stopped = flow(mdp, t, at, next);
        for (int s = 0; s < S; s++) at[s] = next[s] + stopped * mdp->start[s];
    }
}

/* The same for a whole episode with returns (lambda 1), a sum over its steps. */
static void episode_weights(const gb_mdp *mdp, const struct tables *t, double weight[S][A]) {
    double adv[S][A], later[S] = {0}, at[S], next[S];
    for (int k = 0; k < 500; k++) {
        advantages(mdp, t, 1, later, adv);
        for (int s = 0; s < S; s++) later[s] = mean_of(t, s, adv);
    }
    memcpy(at, mdp->start, sizeof at);
    for (int k = 0; k < 500; k++) {
        for (int s = 0; s < S; s++)
            for (int a = 0; a < A; a++) weight[s][a] += at[s] * t->policy[s][a] * adv[s][a];
        flow(mdp, t, at, next);
        memcpy(at, next, sizeof at);
    }
}

/* Gradient of -sum weight log pi, plus that of sum visits Omega, by the actor's parameters. */
static void exact_gradient(struct on_policy *o, const struct tables *t, double weight[S][A],
                           const double visits[S], double omega, double *grad) {
    double x[S * S] = {0}, d[S * A];
    for (int s = 0; s < S; s++) x[s * S + s] = 1;
    for (int s = 0; s < S; s++) {
        double all = 0, mean = 0;
        for (int a = 0; a < A; a++) {
            all += weight[s][a];
            mean += t->policy[s][a] * log(t->policy[s][a]);
        }
        for (int a = 0; a < A; a++)
            d[s * A + a] = t->policy[s][a] * all - weight[s][a] +
                           visits[s] * omega * t->policy[s][a] * (log(t->policy[s][a]) - mean);
    }
    gb_net_forward(&o->actor_net, o->actor, x, S, &o->actor_tape);
    gb_net_backward(&o->actor_net, o->actor, &o->actor_tape, S, d, grad, NULL, 0, 0);
}

/* --- the host ---------------------------------------------------------------------------------*/

struct host {
    const gb_mdp *mdp;
    gb_agent *agent;
    gb_rng rng;
    int envs;
    float obs[8];
};

static void restart(struct host *h) {
    for (int i = 0; i < h->envs; i++) h->obs[i] = (float)gb_mdp_sample_start(h->mdp, &h->rng);
}

static void host_step(struct host *h) {
    float action[8], reward[8], next[8], after[8];
    uint8_t terminal[8], truncated[8];
    gb_err err;
    h->agent->type->act(h->agent->state, h->envs, h->obs, action, true);
    for (int i = 0; i < h->envs; i++) {
        const size_t pair = gb_mdp_pair(h->mdp, (int)h->obs[i], (int)action[i]);
        const gb_outcome o = gb_mdp_sample(h->mdp, pair, &h->rng);
        reward[i] = (float)o.reward, next[i] = (float)o.next, terminal[i] = o.terminal;
        truncated[i] = !o.terminal && gb_rng_unit(&h->rng) < cut_chance;
        after[i] =
            terminal[i] || truncated[i] ? (float)gb_mdp_sample_start(h->mdp, &h->rng) : next[i];
    }
    gb_batch batch = {h->envs, h->obs, action, reward, next, terminal, truncated};
    ck_assert_msg(!h->agent->type->observe(h->agent->state, &batch, &err), "%s", err.msg);
    memcpy(h->obs, after, sizeof after);
}

/* Sums of gradients, to compare with what they should be. */
struct sums {
    double total[PARAMS], squares[PARAMS];
    int n;
};

static void add_gradient(struct sums *sums, const double *grad, size_t n, double scale) {
    for (size_t k = 0; k < n; k++) {
        sums->total[k] += scale * grad[k];
        sums->squares[k] += scale * grad[k] * scale * grad[k];
    }
    sums->n++;
}

/* Within 4.5 standard errors everywhere (of 50 numbers, one in a few thousand runs would not be;
 * the seed is fixed), and the errors are small against the gradient. */
static void compare(const struct sums *sums, const double *exact, size_t n, const char *what) {
    double size = 0, noise = 0;
    for (size_t k = 0; k < n; k++) {
        double mean = sums->total[k] / sums->n;
        double error = sqrt((sums->squares[k] / sums->n - mean * mean) / sums->n);
        ck_assert_msg(fabs(mean - exact[k]) < 4.5 * error + 1e-12,
                      "%s, number %zu: %g +- %g, not %g", what, k, mean, error, exact[k]);
        size += exact[k] * exact[k], noise += error * error;
    }
    ck_assert_msg(noise < 0.02 * size, "%s: too much noise to tell, %g of %g", what, sqrt(noise),
                  sqrt(size));
}

static struct on_policy *make_still(gb_agent *agent, const gb_agent_type *type, int envs,
                                    const char *options) {
    const gb_setting setting = {.spec = {.obs = {.kind = GB_DISCRETE, .n = S},
                                         .act = {.kind = GB_DISCRETE, .n = A}},
                                .envs = envs,
                                .threads = 1,
                                .seed = 5,
                                .total_steps = 1000000};
    char all[512];
    gb_format(all, sizeof all,
              "lr=0 gamma=0.9 gae_lambda=0.8 n_steps=%d hidden=5 max_grad_norm=0 ortho_init=0 "
              "normalize_advantage=0 n_epochs=1 batch=1000 %s",
              STEPS, options);
    struct on_policy *o = make_agent(agent, type, &setting, all);
    gb_rng rng = gb_rng_stream(2, 1);
    for (size_t k = 0; k < o->n_params; k++) o->params[k] += 0.5 * gb_rng_normal(&rng);
    return o;
}

static void check_rollouts(const gb_agent_type *type, const char *options, double omega) {
    static struct sums sums;
    gb_mdp mdp;
    gb_agent agent;
    make_model(&mdp);
    struct on_policy *o = make_still(&agent, type, 1, options);
    const size_t n = o->actor_net.n_params;
    struct host host = {.mdp = &mdp, .agent = &agent, .rng = gb_rng_stream(7, 3), .envs = 1};
    const struct tables t = look(o, omega);
    double weight[S][A] = {{0}}, visits[S] = {0}, exact[PARAMS];
    rollout_weights(&mdp, &t, weight, visits);
    exact_gradient(o, &t, weight, visits, omega, exact);
    ck_assert_uint_le(n, PARAMS);
    sums = (struct sums){0};
    for (int k = 0; k < 20000; k++) {
        restart(&host);
        for (int step = 0; step < STEPS; step++) host_step(&host);
        const bool natural = o->plan.critic_alone;
        add_gradient(&sums, natural ? ((struct natural *)o)->gradient : o->grad, n,
                     natural ? -1 : 1);
    }
    compare(&sums, exact, n, type->name);
    gb_agent_free(&agent);
    gb_mdp_free(&mdp);
}

START_TEST(gradients_of_rollouts) {
    check_rollouts(&gb_agent_a2c, "use_rms_prop=1", 0);
    check_rollouts(&gb_agent_ppo, "", 0);
    check_rollouts(&gb_agent_pmd, "tau=0", 0);
    check_rollouts(&gb_agent_trpo, "cg_max_steps=1 n_critic_updates=0 target_kl=1e-12", 0);
    check_rollouts(&gb_agent_npg, "cg_max_steps=1 n_critic_updates=0 target_kl=1e-12", 0);
}
END_TEST

START_TEST(gradients_of_regularised_rollouts) {
    check_rollouts(&gb_agent_pmd, "tau=0.3", tau);
}
END_TEST

/* Several instances, so that some wait and some episodes are passed over. */
static void check_episodes(const char *baseline, int envs) {
    static struct sums sums;
    gb_mdp mdp;
    gb_agent agent;
    char options[64];
    make_model(&mdp);
    gb_format(options, sizeof options, "episodes=2 n_steps=1000 baseline=%s", baseline);
    struct on_policy *o = make_still(&agent, &gb_agent_reinforce, envs, options);
    struct host host = {.mdp = &mdp, .agent = &agent, .rng = gb_rng_stream(7, 3), .envs = envs};
    const struct tables t = look(o, 0);
    const size_t n = o->actor_net.n_params;
    double weight[S][A] = {{0}}, visits[S] = {0}, exact[PARAMS];
    episode_weights(&mdp, &t, weight);
    exact_gradient(o, &t, weight, visits, 0, exact);
    sums = (struct sums){0};
    restart(&host);
    while (sums.n < 8000) {
        int64_t before = o->updates;
        host_step(&host);
        if (o->updates != before) add_gradient(&sums, o->grad, n, (double)o->rows / (2 * envs));
    }
    compare(&sums, exact, n, options);
    gb_agent_free(&agent);
    gb_mdp_free(&mdp);
}

START_TEST(gradients_of_episodes) {
    check_episodes("learned", 1);
    check_episodes("learned", 3);
    check_episodes("none", 3);
}
END_TEST

Suite *double_policy_gradient_suite(void) {
    const TTest *const tests[] = {gradients_of_rollouts, gradients_of_regularised_rollouts,
                                  gradients_of_episodes, NULL};
    return test_suite("policy gradients in double", tests, 120);
}
