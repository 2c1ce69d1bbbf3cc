/* reinforce.c - REINFORCE (Williams 1992) with a baseline and an entropy bonus.
 *
 *   L = -mean log pi(a|s) (R - b) - ent_coef mean H(pi) + vf_coef mean (V - R)^2
 *
 * where R is the discounted return from s to the end of the episode and the baseline b is learned
 * (V(s)), the mean of the batch's returns, or none. One gradient step on `episodes` complete
 * episodes of each instance. Those that end early wait for the others, and an episode that was
 * running when the policy changed is passed over: so that each episode was drawn by the policy that
 * learns from it, and short ones are not favoured. With one instance nothing is passed over.
 *
 * An episode that the step limit cut is bootstrapped by V, without a learned baseline it counts as
 * ended. Where there is no limit, episodes are cut after n_steps.
 */
#include "on_policy.h"

#include <math.h>
#include <string.h>

struct reinforce_config {
    struct on_policy_config on;
    int episodes;
    char baseline[8];
};

struct reinforce {
    struct on_policy on;
    struct reinforce_config c;
    int *age;       /* (envs) steps in the running episode */
    int *done;      /* (envs) complete episodes since the last update */
    uint8_t *skip;  /* (envs) the running episode does not count */
    int waiting;    /* instances with episodes to go */
    int longest;    /* steps after which an episode is cut */
    uint8_t *limit; /* (envs) what is told of cuts, ours among them */
};

#define T struct reinforce_config
static const gb_opt opts[] = {
    ON_POLICY_OPTS(T, on, "1e-2", 1),
    {"n_steps", GB_INT(T, on.n_steps), 1000, 1, 10000000,
     "longest episode where the environment has no limit"},
    {"episodes", GB_INT(T, episodes), 8, 1, 1000000, "of each environment before an update"},
    {"baseline", GB_TEXT(T, baseline), 0, 0, 0,
     "what returns are compared with; none: with nothing, nor normalized", "learned",
     "learned|mean|none"},
    ON_POLICY_ENTROPY_OPTS(T, on),
    ON_POLICY_JOINT_OPTS(T, on),
    {0},
};
#undef T

static int reinforce_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct reinforce *s = state;
    const struct reinforce_config *c = &s->c;
    s->c = *(const struct reinforce_config *)config;
    s->c.on.gae_lambda = 1;
    if (c->baseline[0] == 'n') s->c.on.normalize_advantage = false; /* it takes the mean away */
    s->longest = setting->spec.max_steps ? setting->spec.max_steps : c->on.n_steps;
    const double steps = (double)s->longest * c->episodes;
    if (steps > 1e9)
        return gb_fail(err, GB_USAGE,
                       "--episodes %d: of up to %d steps each are too many; give "
                       "fewer",
                       c->episodes, s->longest);
    const struct on_policy_plan plan = {.name = "reinforce",
                                        .steps = (int)steps,
                                        .batch = ON_POLICY_WHOLE,
                                        .room = "--episodes",
                                        .no_critic = c->baseline[0] != 'l'};
    const size_t envs = (size_t)setting->envs;
    s->age = gb_alloc(2 * envs, sizeof *s->age, err);
    s->skip = gb_alloc(2 * envs, 1, err);
    if (!s->age || !s->skip) return GB_FAIL;
    s->done = s->age + envs;
    s->limit = s->skip + envs;
    s->waiting = setting->envs;
    return gb_on_policy_init(&s->on, &s->c.on, &plan, setting, err);
}

static void reinforce_free(void *state) {
    struct reinforce *s = state;
    gb_on_policy_free(&s->on);
    gb_dealloc(s->age);
    gb_dealloc(s->skip);
    s->age = NULL, s->skip = NULL;
}

static void reinforce_loss(struct on_policy *o, struct on_policy_batch *b, void *agent) {
    (void)o, (void)agent;
    gb_on_policy_score(b);
}

/* The mean of the batch as baseline. */
static void center(struct on_policy *o) {
    double mean = 0;
    for (int k = 0; k < o->rows; k++) mean += (double)o->rollout.advantage[o->order[k]] / o->rows;
    for (int k = 0; k < o->rows; k++) o->rollout.advantage[o->order[k]] -= (gb_real)mean;
}

static int learn(struct reinforce *s, gb_err *err) {
    struct on_policy *o = &s->on;
    gb_on_policy_begin(o);
    if (s->c.baseline[0] == 'm') center(o);
    gb_on_policy_step(o, o->order, o->rows, reinforce_loss, NULL, 0);
    for (int i = 0; i < o->envs; i++) s->done[i] = 0, s->skip[i] = s->age[i] > 0;
    s->waiting = o->envs;
    return gb_on_policy_end(o, err);
}

static int reinforce_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct reinforce *s = state;
    gb_batch told = *batch;
    told.truncated = s->limit;
    for (int i = 0; i < batch->n; i++) {
        s->age[i]++;
        s->limit[i] = batch->truncated[i] || (!batch->terminal[i] && s->age[i] >= s->longest);
    }
    gb_on_policy_record(&s->on, &told, s->skip);
    for (int i = 0; i < batch->n; i++) {
        if (!batch->terminal[i] && !s->limit[i]) continue;
        s->age[i] = 0;
        if (!s->skip[i] && ++s->done[i] == s->c.episodes) s->waiting--;
        s->skip[i] = s->done[i] >= s->c.episodes; /* who is done waits, whatever ends meanwhile */
    }
    return s->waiting ? GB_OK : learn(s, err);
}

static void reinforce_archive(void *state, gb_archive *archive, bool policy_only) {
    struct reinforce *s = state;
    const size_t envs = (size_t)s->on.envs;
    gb_on_policy_archive(&s->on, archive, policy_only);
    if (policy_only) return;
    gb_archive_i32(archive, "age", s->age, envs);
    gb_archive_i32(archive, "done", s->done, envs);
    gb_archive_bytes(archive, "skip", s->skip, envs);
    gb_archive_i32(archive, "waiting", &s->waiting, 1);
    for (int i = 0; i < s->on.envs; i++)
        if (s->age[i] < 0 || s->age[i] > s->longest || s->done[i] < 0 ||
            (s->done[i] < s->c.episodes &&
             s->on.rollout.length[i] > s->on.rollout.steps - s->longest + s->age[i]))
            gb_archive_reject(archive, "episodes of other lengths; keep --episodes as it was");
}

static double reinforce_update(void *state) {
    return gb_on_policy_update(state, reinforce_loss, NULL, 0);
}

extern const gb_agent_type gb_agent_reinforce;
const gb_agent_type gb_agent_reinforce = {
    .name = "reinforce",
    .help = "REINFORCE: the plain policy gradient of complete episodes",
    .state_size = sizeof(struct reinforce),
    .config_size = sizeof(struct reinforce_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = reinforce_init,
    .act = gb_on_policy_act,
    .observe = reinforce_observe,
    .metrics = gb_on_policy_metrics,
    .archive = reinforce_archive,
    .free = reinforce_free,
    .update = reinforce_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
