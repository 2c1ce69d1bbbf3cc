/* random.c - acts at random, learns nothing: the baseline that every agent must beat. */
#include "agent.h"
#include "rng.h"
#include "space.h"

#include <string.h>

struct random_agent {
    gb_space act;
    gb_rng rng, evaluation; /* the streams of training and of evaluations */
};

static const char *random_reject(const gb_spec *spec) {
    (void)spec;
    return NULL;
}

static int random_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct random_agent *s = state;
    (void)config, (void)err;
    s->act = setting->spec.act;
    s->rng = gb_rng_stream(setting->seed, GB_STREAM_AGENT);
    s->evaluation = gb_rng_stream(0, GB_STREAM_AGENT);
    return GB_OK;
}

/* Its best policy is its only one, so it draws in evaluations too. */
static void random_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct random_agent *s = state;
    (void)obs;
    gb_rng *rng = explore ? &s->rng : &s->evaluation;
    int size = gb_space_size(&s->act);
    for (int i = 0; i < n; i++) gb_space_sample(&s->act, rng, action + i * size);
}

static void random_seed_evaluation(void *state, uint64_t seed) {
    ((struct random_agent *)state)->evaluation = gb_rng_stream(seed, GB_STREAM_AGENT);
}

static int random_observe(void *state, const gb_batch *batch, gb_err *err) {
    (void)state, (void)batch, (void)err;
    return GB_OK;
}

static int random_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    (void)state, (void)out;
    return 0;
}

static void random_archive(void *state, gb_archive *archive, bool policy_only) {
    (void)policy_only;
    gb_archive_rng(archive, "rng", &((struct random_agent *)state)->rng);
}

static void random_free(void *state) {
    (void)state;
}

/* Its policy is uniform; on actions without bounds, standard normal. */
static void random_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    const struct random_agent *s = state;
    (void)obs;
    gb_insight_uniform(out);
    gb_space_sample(&s->act, rng, out->sample);
    memcpy(out->mode, out->sample, (size_t)gb_space_size(&s->act) * sizeof *out->mode);
}

static const gb_opt opts[] = {{0}};

extern const gb_agent_type gb_agent_random;
const gb_agent_type gb_agent_random = {
    .name = "random",
    .help = "uniform random actions: the baseline",
    .state_size = sizeof(struct random_agent),
    .opts = opts,
    .reject = random_reject,
    .init = random_init,
    .act = random_act,
    .observe = random_observe,
    .metrics = random_metrics,
    .archive = random_archive,
    .free = random_free,
    .seed_evaluation = random_seed_evaluation,
    .insight = random_insight,
};
