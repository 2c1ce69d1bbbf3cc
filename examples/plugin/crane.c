/* crane - bring a load that hangs on a trolley over a mark: an environment whose simulator lives
 * behind a handle, to copy where the physics come from a library.
 *
 *     cc -O2 -shared -fPIC -DGB_PLUGIN -Icore examples/plugin/crane.c -o crane.so -lm
 *     gibbs check ./crane.so && gibbs train sac ./crane.so
 *
 * The first half of the file stands for such a library: nobody outside knows what a crane is made
 * of, and it cannot be copied. The second half is the environment, see "Simulators with handles" in
 * gibbs_plugin.h. Were the crane not meant to be a library, its four numbers would be the state,
 * and nothing else were needed: see point_mass.c.
 */
#include "gibbs_plugin.h"

#include <stdlib.h>

/* --- the library ------------------------------------------------------------------------------*/

/* A trolley on a rail, with a load of a fifth of its mass (1 kg) on a rope. */
struct crane {
    double rope, gravity; /* m, m/s^2 */
    double *motion;       /* owned: place and speed of the trolley, angle and rate of the rope */
};

static struct crane *crane_open(double rope) {
    struct crane *crane = malloc(sizeof *crane);
    double *motion = calloc(4, sizeof *motion);
    if (!crane || !motion) {
        free(crane);
        free(motion);
        return NULL;
    }
    *crane = (struct crane){rope, 9.81, motion};
    return crane;
}

static void crane_close(struct crane *crane) {
    free(crane->motion);
    free(crane);
}

static void crane_load(struct crane *crane, const double motion[4]) {
    memcpy(crane->motion, motion, 4 * sizeof *motion);
}

static void crane_save(const struct crane *crane, double motion[4]) {
    memcpy(motion, crane->motion, 4 * sizeof *motion);
}

/* Lets `force` (N) pull the trolley for n steps of 5 ms. */
static void crane_run(struct crane *crane, double force, int n) {
    const double dt = 0.005, load = 0.2;
    double *x = &crane->motion[0], *v = &crane->motion[1];
    double *angle = &crane->motion[2], *rate = &crane->motion[3];
    for (int k = 0; k < n; k++) {
        const double s = sin(*angle), c = cos(*angle);
        const double pull =
            force + load * s * (crane->rope * *rate * *rate + crane->gravity * c) - 0.5 * *v;
        const double push = pull / (1 + load * s * s);
        *v += dt * push;
        *rate -= dt * ((push * c + crane->gravity * s) / crane->rope + 0.1 * *rate);
        *x += dt * *v;
        *angle += dt * *rate;
    }
}

/* --- the environment --------------------------------------------------------------------------*/

#define RAIL 2.0 /* half of its length, m */

/* What prepare makes: the pool, and what its open needs. */
struct yard {
    gb_handles cranes;
    double rope;
};

struct config {
    double rope, force;
    struct yard *yard; /* owned */
};

/* All that a run of the crane depends on, so that a copy of it goes the same way. */
struct state {
    double motion[4];
    double mark, force;
};

static const gb_opt opts[] = {
    {"rope", GB_F64(struct config, rope), 1, 0.2, 5, "length of the rope, m"},
    {"force", GB_F64(struct config, force), 5, 0.1, 100, "force of a full action, N"},
    {0},
};

static const gb_field fields[] = {
    {"motion", GB_F64(struct state, motion), NULL},
    {"mark", GB_F64(struct state, mark), "m"},
    {0},
};

static void *open_crane(const void *context) {
    const struct yard *yard = context;
    return crane_open(yard->rope);
}

static void close_crane(void *handle) {
    crane_close(handle);
}

/* May be called without prepare, or after one that failed. */
static void release(void *config) {
    struct config *c = config;
    if (c->yard) gb_handles_close(&c->yard->cranes);
    free(c->yard);
    c->yard = NULL;
}

static const char *prepare(void *config) {
    struct config *c = config;
    release(c); /* prepare may run again */
    c->yard = calloc(1, sizeof *c->yard);
    if (!c->yard) return "there is no memory for the cranes";
    c->yard->rope = c->rope;
    c->yard->cranes = (gb_handles){.open = open_crane, .close = close_crane, .context = c->yard};
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const float low[] = {-1}, high[] = {1};
    static const char *const seen[] = {"x", "v", "sin_angle", "cos_angle", "rate", "to_mark"};
    static const char *const actions[] = {"pull"};
    (void)config;
    out->obs = (gb_space){.kind = GB_BOX, .n = 6, .names = seen};
    out->act = (gb_space){.kind = GB_BOX, .n = 1, .low = low, .high = high, .names = actions};
    out->max_steps = 200;
    out->dt = 0.05;
    out->reward_threshold = NAN;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config; /* no crane is needed to write down where one begins */
    struct state *s = state;
    *s = (struct state){.motion = {gb_rng_uniform(rng, -1, 1)}};
    s->mark = gb_rng_uniform(rng, -1, 1);
}

/* Where the load is. */
static double place(const struct state *s, const struct config *c) {
    return s->motion[0] + c->rope * sin(s->motion[2]);
}

/* Takes a crane through n steps of the environment. */
static void run(struct state *s, const struct config *c, const float *action, int n) {
    struct crane *crane = gb_handles_take(&c->yard->cranes);
    if (!crane) { /* no memory: the host stops at a number that is none */
        s->motion[0] = NAN;
        return;
    }
    crane_load(crane, s->motion);
    for (int k = 0; k < n; k++) {
        s->force = c->force * fmin(fmax((double)action[k], -1), 1);
        crane_run(crane, s->force, 10);
    }
    crane_save(crane, s->motion);
    gb_handles_give(&c->yard->cranes, crane);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    run(s, c, action, 1);
    const double effort = s->force / c->force;
    return (gb_step){.reward = -fabs(s->mark - place(s, c)) - 0.01 * effort * effort,
                     .terminal = fabs(s->motion[0]) > RAIL};
}

/* What `gibbs bench env` measures step against. */
static void bare(void *state, const void *config, const float *action, int n) {
    run(state, config, action, n);
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    obs[0] = (float)s->motion[0];
    obs[1] = (float)s->motion[1];
    obs[2] = (float)sin(s->motion[2]);
    obs[3] = (float)cos(s->motion[2]);
    obs[4] = (float)s->motion[3];
    obs[5] = (float)(s->mark - place(s, config));
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double x = s->motion[0], low = -c->rope * cos(s->motion[2]), half = 1.2 * RAIL;
    canvas->view(canvas, -half, -c->rope - half, half, half - c->rope);
    canvas->line(canvas, -RAIL, 0, RAIL, 0, 0.04, GB_MUTED);
    canvas->line(canvas, s->mark, -1.3 * c->rope, s->mark, -1.2 * c->rope, 0.06, GB_GREEN);
    canvas->line(canvas, x, 0, place(s, c), low, 0.02, GB_INK);
    canvas->line(canvas, x, 0, x + 0.1 * s->force, 0, 0.04, GB_PURPLE);
    canvas->rect(canvas, x - 0.15, -0.06, 0.3, 0.12, GB_BLUE);
    canvas->disc(canvas, place(s, c), low, 0.1, GB_ORANGE);
}

GB_ENV(gb_env_crane) = {
    GB_ENV_HEADER,
    .name = "crane",
    .help = "bring a load that hangs on a trolley over a mark",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .release = release,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
    .bare = bare,
};
