#include "mdp_env.h"

#include "file.h"

#include <string.h>

#define MAX_STATES (1 << 24) /* floats count exactly up to here */
#define MAX_FILE   ((size_t)1 << 32)

struct config {
    char file[1024], family[16];
    int states, actions, branching, max_steps;
    int64_t seed, checksum;
    double discount;
    gb_mdp mdp; /* made by prepare, freed by release */
    char fault[512];
};

struct state {
    int state;
};

static const gb_opt opts[] = {
    {"file", GB_TEXT(struct config, file), .help = "an MDP file; empty: a random MDP of family"},
    {"checksum", GB_I64(struct config, checksum), -1, -1, UINT32_MAX,
     "CRC-32C that the file must have; -1: any (a run saves the one it saw)"},
    {"family", GB_TEXT(struct config, family), .text = "garnet",
     .choices = "garnet|sparse|dense|linear", .help = "of the random MDP"},
    {"states", GB_INT(struct config, states), 30, 1, MAX_STATES, "of a random MDP"},
    {"actions", GB_INT(struct config, actions), 4, 1, GB_MDP_MAX_ACTIONS, "of a random MDP"},
    {"branching", GB_INT(struct config, branching), 4, 1, MAX_STATES,
     "successors of each pair (garnet, sparse); rank (linear)"},
    {"seed", GB_I64(struct config, seed), 0, 0, INT32_MAX, "which random MDP"},
    {"discount", GB_F64(struct config, discount), 0.9, 0, 0.999999999,
     "of a random MDP, for planning; a file gives its own"},
    {"max_steps", GB_INT(struct config, max_steps), 100, 0, 1 << 30, "of an episode; 0: no limit"},
    {0},
};

static const gb_field fields[] = {{"state", GB_INT(struct state, state)}, {0}};

/* --- config -----------------------------------------------------------------------------------*/

static int read_file(struct config *c, gb_err *err) {
    size_t n;
    char *text = gb_file_read(c->file, MAX_FILE, &n, err);
    if (!text) return GB_FAIL;
    const int64_t checksum = gb_crc32c(0, text, n);
    int code = GB_OK;
    if (c->checksum >= 0 && c->checksum != checksum)
        code =
            gb_fail(err, GB_USAGE,
                    "%.300s: has changed: its checksum is %lld, not %lld; put the old file back, "
                    "or give checksum -1 to take this one",
                    c->file, (long long)checksum, (long long)c->checksum);
    else
        code = gb_mdp_parse(&c->mdp, text, n, c->file, err);
    if (!code) c->checksum = checksum;
    gb_dealloc(text);
    return code;
}

static int make_random(struct config *c, gb_err *err) {
    const uint64_t seed = (uint64_t)c->seed;
    if (!strcmp(c->family, "linear"))
        return gb_mdp_linear(&c->mdp, c->states, c->actions, c->branching, c->discount, seed, NULL,
                             err);
    if (!strcmp(c->family, "garnet"))
        return gb_mdp_garnet(&c->mdp, c->states, c->actions, c->branching, c->discount, seed, err);
    const int branching = !strcmp(c->family, "dense") ? c->states : c->branching;
    return gb_mdp_random(&c->mdp, c->states, c->actions, branching, c->discount, seed, err);
}

static void release(void *config) {
    gb_mdp_free(&((struct config *)config)->mdp);
}

static const char *prepare(void *config) {
    struct config *c = config;
    gb_err err;
    release(config); /* what an earlier call made */
    int code = c->file[0] ? read_file(c, &err) : make_random(c, &err);
    return code ? gb_format(c->fault, sizeof c->fault, "%s", err.msg) : NULL;
}

static void spec(const void *config, gb_spec *out) {
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->mdp.states};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = c->mdp.actions};
    out->max_steps = c->max_steps;
    out->reward_threshold = NAN;
}

const gb_mdp *gb_mdp_env_mdp(const gb_env *env) {
    return env->type == &gb_env_mdp ? &((const struct config *)env->config)->mdp : NULL;
}

/* --- the task ---------------------------------------------------------------------------------*/

static bool is_state(const gb_mdp *mdp, int s) {
    return s >= 0 && s < mdp->states;
}

/* The pair of s and a, or of s and its first legal action. */
static size_t pair_of(const gb_mdp *mdp, int s, int a) {
    const size_t i = gb_mdp_pair(mdp, s, a);
    size_t first = gb_mdp_pair(mdp, s, 0);
    if (!mdp->legal || mdp->legal[i]) return i;
    while (!mdp->legal[first]) first++;
    return first;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    const struct config *c = config;
    ((struct state *)state)->state = gb_mdp_sample_start(&c->mdp, rng);
}

static double start(const void *config, int s) {
    const struct config *c = config;
    return is_state(&c->mdp, s) ? c->mdp.start[s] : 0;
}

/* A state from outside that is none of the MDP has ended. */
static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    const gb_mdp *mdp = &((const struct config *)config)->mdp;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!is_state(mdp, s)) return 1;
    const size_t i = pair_of(mdp, s, a), n = mdp->row[i + 1] - mdp->row[i];
    for (size_t k = 0; k < n && k < (size_t)max; k++)
        out[k] = gb_mdp_outcome(mdp, i, mdp->row[i] + k);
    return (int)n;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const gb_mdp *mdp = &((const struct config *)config)->mdp;
    struct state *s = state;
    if (!is_state(mdp, s->state)) return (gb_step){0, true};
    gb_outcome o = gb_mdp_sample(mdp, pair_of(mdp, s->state, (int)action[0]), rng);
    s->state = o.next;
    return (gb_step){o.reward, o.terminal};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->state;
}

/* --- drawing ----------------------------------------------------------------------------------*/

static void draw_ring(const gb_mdp *mdp, int at, gb_canvas *canvas) {
    const double turn = 6.283185307179586 / mdp->states;
    const double size = fmin(0.16, 2.4 / mdp->states);
    char text[12];
    canvas->view(canvas, -1.25, -1.25, 1.25, 1.25);
    for (int s = 0; s < mdp->states; s++) {
        const double x = sin(s * turn), y = cos(s * turn);
        canvas->disc(canvas, x, y, size, s == at ? GB_BLUE : GB_MUTED);
        canvas->text(canvas, x, y, 0.8 * size, gb_format(text, sizeof text, "%d", s),
                     s == at ? GB_PAPER : GB_INK);
    }
}

static void draw_grid(const gb_mdp *mdp, int at, int side, gb_canvas *canvas) {
    canvas->view(canvas, -0.2, -0.2, side + 0.2, side + 0.2);
    for (int s = 0; s < mdp->states; s++)
        canvas->rect(canvas, s % side + 0.1, side - 1 - s / side + 0.1, 0.8, 0.8,
                     s == at ? GB_BLUE : GB_MUTED);
}

/* A ring of few states, a grid of more, read row by row; of too many only the number. */
static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const gb_mdp *mdp = &((const struct config *)config)->mdp;
    const int at = ((const struct state *)state)->state;
    const int side = (int)ceil(sqrt(mdp->states));
    char text[48];
    if (mdp->states <= 40) {
        draw_ring(mdp, at, canvas);
    } else if (side <= 100) {
        draw_grid(mdp, at, side, canvas);
    } else {
        canvas->view(canvas, -1, -1, 1, 1);
        gb_format(text, sizeof text, "%d of 0 to %d", at, mdp->states - 1);
        canvas->text(canvas, 0, 0, 0.15, text, GB_INK);
    }
}

GB_ENV(gb_env_mdp) = {
    GB_ENV_HEADER,
    .name = "mdp",
    .help = "any finite MDP: from a file, or a random one (garnet, sparse, dense, linear)",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .prepare = prepare,
    .model = model,
    .draw = draw,
    .start = start,
    .release = release,
};
