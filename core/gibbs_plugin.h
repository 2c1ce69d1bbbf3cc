/* gibbs_plugin.h - all that an environment author includes, and nothing else of ours.
 *
 * An environment is one constant gb_env_type. The host owns every byte: it allocates state and
 * config, seeds the random stream, keeps the step limit, and calls the functions below. State and
 * config are plain data (no pointers to outside), so that the host may copy, hash and save them
 * with memcpy; config may point to what prepare makes and release frees. Nothing here calls back
 * into the host, so a plugin links against libc and libm only.
 *
 * To write one: copy envs/grid/corridor.c or examples/plugin/point_mass.c, then
 *     cc -O2 -shared -fPIC -DGB_PLUGIN -I<include folder> my_env.c -o my_env.so -lm
 *     gibbs check ./my_env.so && gibbs train sac ./my_env.so
 */
#ifndef GIBBS_PLUGIN_H
#define GIBBS_PLUGIN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Number of this contract. It changes only when a meaning or a row's layout changes; new optional
 * functions are appended to gb_env_type and leave it as it is. */
#define GB_ABI 1u

/* --- Randomness -------------------------------------------------------------------------------
 * pcg32 (O'Neill 2014, PCG-XSH-RR 64/32): the same numbers on every machine. An environment draws
 * only from the stream it is handed, never from rand() or a generator of its own. */

typedef struct gb_rng {
    uint64_t state; /* position in the stream */
    uint64_t inc;   /* which stream; the generator uses inc | 1 */
} gb_rng;

/* Returns the next 32 uniform bits. */
static inline uint32_t gb_rng_u32(gb_rng *rng) {
    uint64_t s = rng->state;
    rng->state = s * 6364136223846793005ULL + (rng->inc | 1u);
    uint32_t x = (uint32_t)(((s >> 18) ^ s) >> 27), k = (uint32_t)(s >> 59);
    return (x >> k) | (x << ((32 - k) & 31));
}

/* Returns a double uniform in [0, 1) with 53 random bits (two draws). */
static inline double gb_rng_unit(gb_rng *rng) {
    uint64_t high = gb_rng_u32(rng), low = gb_rng_u32(rng);
    return (double)((high << 21) | (low >> 11)) * 0x1p-53;
}

/* Returns a double uniform in [low, high). */
static inline double gb_rng_uniform(gb_rng *rng, double low, double high) {
    return low + (high - low) * gb_rng_unit(rng);
}

/* Returns an integer uniform in 0..n-1, without bias (Lemire 2019), from bits that were drawn from
 * rng just before; it draws again where they would favour some numbers. n must not be 0. */
static inline uint32_t gb_rng_scale(gb_rng *rng, uint32_t bits, uint32_t n) {
    uint64_t product = (uint64_t)bits * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = (0u - n) % n;
        while ((uint32_t)product < threshold) product = (uint64_t)gb_rng_u32(rng) * n;
    }
    return (uint32_t)(product >> 32);
}

/* Returns an integer uniform in 0..n-1, without bias. n must not be 0. */
static inline uint32_t gb_rng_below(gb_rng *rng, uint32_t n) {
    return gb_rng_scale(rng, gb_rng_u32(rng), n);
}

/* Returns a standard normal double (Box and Muller 1958, the cosine half; four draws of u32). */
static inline double gb_rng_normal(gb_rng *rng) {
    double radius = sqrt(-2 * log(1 - gb_rng_unit(rng)));
    return radius * cos(6.283185307179586476925 * gb_rng_unit(rng));
}

/* --- Rows: named fields of a struct -----------------------------------------------------------
 * One way to describe a field, for options (which fill config) and for state variables (which are
 * shown and dumped). GB_F64(struct config, gravity) gives a row its kind, offset and size; a field
 * of another type does not compile. State fields may be arrays of the type. */

typedef enum gb_kind {
    GB_KIND_F64 = 1, /* double */
    GB_KIND_F32,     /* float */
    GB_KIND_INT,     /* int; whole numbers */
    GB_KIND_I64,     /* int64_t; whole numbers */
    GB_KIND_BOOL,    /* bool; 0 or 1 */
    GB_KIND_TEXT,    /* char[size], ended by a zero byte */
    GB_KIND_FILE,    /* char[size]: where the value names a file, the file's text takes its place,
                        rows joined by '/'; a run so depends on no file but its own config */
    GB_KIND_INTS     /* int[size / sizeof(int)], ended by a 0; written "64,64" */
} gb_kind;

#define GB_ROW(T, f, kind, type)                                                                   \
    (kind) + 0 * (int)sizeof(_Generic(((T *)0)->f, type : 1, type * : 1)), offsetof(T, f),         \
        sizeof(((T *)0)->f)
#define GB_F64(T, f)  GB_ROW(T, f, GB_KIND_F64, double)
#define GB_F32(T, f)  GB_ROW(T, f, GB_KIND_F32, float)
#define GB_INT(T, f)  GB_ROW(T, f, GB_KIND_INT, int)
#define GB_I64(T, f)  GB_ROW(T, f, GB_KIND_I64, int64_t)
#define GB_BOOL(T, f) GB_ROW(T, f, GB_KIND_BOOL, bool)
#define GB_TEXT(T, f) GB_ROW(T, f, GB_KIND_TEXT, char *)
#define GB_FILE(T, f) GB_ROW(T, f, GB_KIND_FILE, char *)
#define GB_INTS(T, f) GB_ROW(T, f, GB_KIND_INTS, int *)

/* An option: {"gravity", GB_F64(struct config, gravity), 9.8, 0, 100, "m/s^2"}. The host parses,
 * range-checks, documents and saves it. A table ends with {0}. */
typedef struct gb_opt {
    const char *name;     /* [a-z][a-z0-9_]* */
    int kind;             /* gb_kind */
    size_t offset, size;  /* of the field in config */
    double def, min, max; /* default and closed range, of numbers; unused for texts and lists */
    const char *help;     /* one line: meaning and unit */
    const char *text;     /* default of TEXT, FILE and INTS; NULL is the empty text */
    const char *choices;  /* "a|b|c": only these (TEXT); these or a file (FILE); NULL: any */
} gb_opt;

/* A state variable: {"theta", GB_F64(struct state, theta), "rad"}. An array field of numbers is
 * shown element by element as name0, name1, ... A table ends with {0}. */
typedef struct gb_field {
    const char *name;
    int kind;            /* GB_KIND_F64, F32, INT, I64 or BOOL */
    size_t offset, size; /* of the field in state */
    const char *unit;    /* may be NULL */
} gb_field;

/* --- Spaces and steps -------------------------------------------------------------------------*/

typedef enum gb_space_kind {
    GB_DISCRETE = 1, /* one of 0..n-1, held in one float */
    GB_BOX           /* n real numbers */
} gb_space_kind;

typedef struct gb_space {
    int kind;                 /* gb_space_kind */
    int n;                    /* DISCRETE: how many values; BOX: dimension */
    const float *low, *high;  /* BOX: n bounds each, or NULL for unbounded. They must stay valid as
                                 long as config does: static arrays, or arrays inside config. */
    const char *const *names; /* of the n actions or dimensions, for people; may be NULL */
} gb_space;

/* How a person plays (gibbs play): what is done while a key is held. Of several keys that are held,
 * the one pressed last counts, in a box for each dimension. A table ends with {0}.
 *
 *     {{"left", 0}, {"right", 1}, {0}}                    a grid: time stands still without a key
 *     {{"", 1}, {"left", 0}, {"right", 2}, {0}}           without a key, action 1
 *     {{"", GB_KEEP}, {"left", 0}, {"right", 1}, {0}}     without a key, the last action goes on
 *     {{"left", 0, -2}, {"right", 0, 2}, {0}}             a box: dimension 0; without a key it is 0
 *     {{"", 0, 0.5}, {"up", 0, 1}, {0}}                   without a key, dimension 0 is 0.5 */
typedef struct gb_key {
    const char *name; /* left, right, up, down, space, enter, a to z, 0 to 9; "": no key is held */
    int number;       /* DISCRETE: the action; BOX: the dimension that it sets */
    double value;     /* BOX: what that dimension is meanwhile */
} gb_key;

#define GB_KEEP (-1) /* as number of the row of no key, DISCRETE */

typedef struct gb_spec {
    gb_space obs, act;
    int max_steps;           /* the host truncates an episode here; 0: never */
    double dt;               /* seconds a step, for viewers; 0: no physical time */
    double reward_threshold; /* return at which the task counts as solved; NAN: none */
    /* Where obs is a picture (a BOX): its height, width and channels, whose product is obs.n.
     * Number (y, x, c) stands at (y * width + x) * channels + c, y from the top. Zeros: not a
     * picture. */
    int obs_shape[3];
    /* The keys with which people play; NULL: none. Here, not in gb_env_type, as options may change
     * which actions there are. Must stay valid as bounds must. */
    const gb_key *keys;
} gb_spec; /* as gb_env_type, it only grows at its end */

typedef struct gb_step {
    double reward;
    bool terminal; /* the task ended; a time limit is not an end */
} gb_step;

/* One possible result of an action in a finite MDP. */
typedef struct gb_outcome {
    double probability;
    int next; /* state number, 0..spec.obs.n-1 */
    double reward;
    bool terminal;
} gb_outcome;

/* --- Drawing ----------------------------------------------------------------------------------
 * In world units, y up. Colours are roles, so that a viewer may have a light and a dark theme. */

typedef enum gb_color {
    GB_PAPER,  /* background */
    GB_INK,    /* outlines, text */
    GB_MUTED,  /* tracks, walls, things that do not act */
    GB_BLUE,   /* the agent */
    GB_ORANGE, /* what the agent moves */
    GB_GREEN,  /* goals */
    GB_RED,    /* limits, traps */
    GB_SKY,    /* water, ice */
    GB_YELLOW, /* highlights */
    GB_PURPLE, /* second agents, history */
    GB_FLOOR,  /* what things stand on: cells, boards, ground; near to the background */
    GB_COLORS
} gb_color;

/* What an environment with a renderer of its own paints: all that the viewer shows of the world. */
typedef struct gb_picture {
    int width, height;               /* pixels, square ones */
    uint8_t *rgb;                    /* (height, width, 3) to fill, rows from the top */
    double left, bottom, right, top; /* what they show in world units: view's rectangle, and what
                                        lies around it in a window of another shape */
    const uint8_t (*palette)[3];     /* (GB_COLORS) the roles' colours as rgb */
} gb_picture;

typedef struct gb_canvas gb_canvas;
struct gb_canvas {
    uint32_t size; /* bytes of this struct that the host knows; functions are only appended */
    /* The world rectangle to show; call it first. */
    void (*view)(gb_canvas *c, double left, double bottom, double right, double top);
    void (*line)(gb_canvas *c, double x0, double y0, double x1, double y1, double width,
                 gb_color color);
    void (*rect)(gb_canvas *c, double left, double bottom, double width, double height,
                 gb_color color);
    void (*disc)(gb_canvas *c, double x, double y, double radius, gb_color color);
    /* A filled convex polygon of n corners, xy (n, 2). */
    void (*polygon)(gb_canvas *c, const double *xy, int n, gb_color color);
    /* Text centred at (x, y), of the given height. */
    void (*text)(gb_canvas *c, double x, double y, double height, const char *text, gb_color color);
    /* Has paint, which is called at once, fill a picture, and shows it below what is drawn next.
     * False if nothing was shown: paint returned false, or there is no memory. Not every canvas
     * has it: see gb_canvas_picture. */
    bool (*picture)(gb_canvas *c, bool (*paint)(void *context, const gb_picture *picture),
                    void *context);
};

/* Calls picture where the host's canvas has it. */
static inline bool gb_canvas_picture(gb_canvas *c,
                                     bool (*paint)(void *context, const gb_picture *picture),
                                     void *context) {
    return c->size > offsetof(gb_canvas, picture) && c->picture && c->picture(c, paint, context);
}

/* --- Blocks of instances ----------------------------------------------------------------------*/

/* Instances in a block, at most: the length of an author's arrays. As fixed as GB_ABI. */
#define GB_BLOCK 128

/* What step_block is handed: n instances, 1..GB_BLOCK, in arrays of n rows. No two overlap. */
typedef struct gb_env_block {
    int n;
    size_t stride;       /* bytes from one state to the next */
    void *states;        /* (n) to step, see gb_env_block_load and gb_env_block_store */
    const float *action; /* (n, spec.act.n), or (n) if discrete */
    gb_rng *rng;         /* (n) each instance's own stream, to draw from */
    double *reward;      /* (n) to fill */
    uint8_t *terminal;   /* (n) to fill with 0 or 1 */
    float *obs;          /* (n, spec.obs.n), or (n) if discrete: to fill as observe does */
} gb_env_block;

/* Returns the states of block as an array of size bytes each, for loops that a compiler can turn
 * into vectors: the host's own memory if they lie so close, else copies in array. Afterwards,
 * gb_env_block_store writes copies back. */
static inline void *gb_env_block_load(const gb_env_block *block, void *array, size_t size) {
    const unsigned char *from = (const unsigned char *)block->states;
    if (block->stride == size) return block->states;
    for (int i = 0; i < block->n; i++)
        memcpy((unsigned char *)array + (size_t)i * size, from + (size_t)i * block->stride, size);
    return array;
}
static inline void gb_env_block_store(const gb_env_block *block, const void *array, size_t size) {
    unsigned char *to = (unsigned char *)block->states;
    for (int i = 0; array != block->states && i < block->n; i++)
        memcpy(to + (size_t)i * block->stride, (const unsigned char *)array + (size_t)i * size,
               size);
}

/* --- Observations of bits ---------------------------------------------------------------------*/

/* Writes n bits, as observe_bits leaves them, as the numbers 0 and 1. */
static inline void gb_bits_expand(const uint64_t *bits, int n, float *obs) {
    for (int from = 0; from < n; from += 64)
        for (int k = 0; k < 64 && from + k < n; k++)
            obs[from + k] = (float)(int)(bits[from / 64] >> k & 1);
}

/* --- Simulators with handles ------------------------------------------------------------------
 * A simulator that lives behind a handle (an mjData, a physics world, an emulator) cannot be the
 * state of an environment, for the host copies states with memcpy, saves them, and steps them on
 * any thread. Such an environment keeps plain data in its state, and borrows a handle for each
 * call:
 *
 *     take a handle -> load it from state -> run it -> save what matters to state -> give it back
 *
 * load and save are the author's own copies between the two. load must set everything that the run
 * depends on, as the handle may come from any instance; save must bring back everything that load
 * needs next time, and what observe looks at. Then clones, snapshots, exact resume and any number
 * of threads work by themselves; `gibbs check` finds what was forgotten.
 *
 * gb_handles is the pool of them: prepare fills in the first three fields of one in memory of its
 * own (config itself is constant while steps run), release closes it. It opens a handle where none
 * is idle, so in the end as many as threads step at once. Example: examples/plugin/crane.c. */

enum { GB_HANDLES = 64 }; /* idle handles kept, at most */

typedef struct gb_handles {
    void *(*open)(const void *context); /* returns a new handle, or NULL if there can be none */
    void (*close)(void *handle);
    const void *context; /* for open: a model, options */
    void *idle[GB_HANDLES];
} gb_handles;

/* Returns where this thread begins to look, so that it mostly finds the handle that it gave back:
 * that one's memory is in its cache. */
static inline int gb_handles_home(void) {
    char here; /* on the thread's own stack, a megabyte and more from others */
    return (int)(((uint64_t)((uintptr_t)&here >> 20) * 0x9e3779b97f4a7c15ULL >> 32) % GB_HANDLES);
}

/* Returns a handle that is the caller's until it gives it back, or NULL if open fails. Safe on any
 * number of threads, as is gb_handles_give. */
static inline void *gb_handles_take(gb_handles *handles) {
    const int home = gb_handles_home();
    for (int k = 0; k < GB_HANDLES; k++) {
        void **slot = &handles->idle[(home + k) % GB_HANDLES];
        void *handle = __atomic_load_n(slot, __ATOMIC_RELAXED);
        if (handle) handle = __atomic_exchange_n(slot, (void *)0, __ATOMIC_ACQUIRE);
        if (handle) return handle;
    }
    return handles->open(handles->context);
}

/* Gives a handle back, in any condition: the next user loads it. */
static inline void gb_handles_give(gb_handles *handles, void *handle) {
    const int home = gb_handles_home();
    for (int k = 0; k < GB_HANDLES; k++) {
        void *none = (void *)0;
        if (__atomic_compare_exchange_n(&handles->idle[(home + k) % GB_HANDLES], &none, handle,
                                        false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return;
    }
    handles->close(handle);
}

/* Closes all handles, which must have been given back. More may be taken afterwards. */
static inline void gb_handles_close(gb_handles *handles) {
    for (int k = 0; k < GB_HANDLES; k++) {
        if (handles->idle[k]) handles->close(handles->idle[k]);
        handles->idle[k] = (void *)0;
    }
}

/* --- The environment --------------------------------------------------------------------------*/

typedef struct gb_env_type {
    uint32_t abi, size; /* GB_ENV_HEADER: first, for ever; fields are only appended */
    const char *name;   /* unique, [a-z][a-z0-9_]* */
    const char *help;   /* one line */
    const char *gym_id; /* "Pendulum-v1", or NULL: users may type either */
    size_t state_size, config_size;
    const gb_opt *opts;     /* the options that fill config; may be NULL */
    const gb_field *fields; /* the state variables people look at; may be NULL */

    /* Fills out (handed in as zeros) with spaces and limits. What lies behind the gb_spec that an
     * older plugin knows stays zero. */
    void (*spec)(const void *config, gb_spec *out);
    /* Draws an initial state. state is all zeros, or what an earlier episode left. */
    void (*reset)(void *state, const void *config, gb_rng *rng);
    /* Applies action (spec.act.n numbers, or one number 0..n-1 if discrete) to state. The host
     * calls reset, not step, after a terminal step. */
    gb_step (*step)(void *state, const void *config, const float *action, gb_rng *rng);
    /* Writes exactly spec.obs.n numbers (one if discrete) to obs. Must not change state. */
    void (*observe)(const void *state, const void *config, float *obs);

    /* --- optional from here on --- */

    /* Called once after the options are in config: fills fields that derive from them, and returns
     * NULL, or one line that says why these options cannot work together. */
    const char *(*prepare)(void *config);
    /* Finite MDPs, where the observation is the state number: writes what may follow action a in
     * state s, with probabilities that sum to 1, and returns how many. More than max: only the
     * first max of them are written, and a host that needs all asks again with more room. */
    int (*model)(const void *config, int s, int a, gb_outcome *out, int max);
    /* Draws state; the host fills in the canvas. Must not change anything else. */
    void (*draw)(const void *state, const void *config, gb_canvas *canvas);
    /* Steps and observes the n instances of block: to the last bit what step and then observe do to
     * each. Worth writing where a step is a few hundred instructions or fewer and has no branches
     * that differ between instances: one call and loops that the compiler turns into vectors make
     * it several times as fast. Keep the dynamics in one inline function that both forms call, and
     * compile with -O3 -ffp-contract=off: contracted, the two might round differently, which `gibbs
     * check` finds. See envs/classic/cartpole.c. */
    void (*step_block)(const void *config, const gb_env_block *block);
    /* Where the observation is a state number: the probability that an episode starts in s, which
     * is what reset draws from. Zero for numbers that are no state. */
    double (*start)(const void *config, int s);
    /* Undoes prepare: frees what it made, of a config that needs memory of its own. Called once,
     * when the environment is freed, also if prepare failed or never ran (config is then zeros but
     * for the options). prepare may run again before it. */
    void (*release)(void *config);
    /* Set by GB_ENV_HEADER: how much of a gb_spec spec may write. A host with a shorter one refuses
     * the plugin. */
    size_t spec_size;
    /* Called when somebody has set state variables by name (--state of gibbs rollout): makes the
     * rest of state follow from them, as reset would leave it. */
    void (*settle)(void *state, const void *config);
    /* Where the work of a step is a simulator's: runs nothing but that from state for n steps with
     * action (n, spec.act.n). `gibbs bench env` measures step against it. What it leaves in state
     * does not matter. */
    void (*bare)(void *state, const void *config, const float *action, int n);
    /* Where the observation is a state number: writes the rectangle (left, bottom, right, top) of
     * the world that stands for state number s in what draw shows of `state`, so that a viewer can
     * paint values and policies on it. Returns false if s has no place there: a number that is no
     * state, or one that belongs to another passenger than the one in the picture. */
    bool (*cell)(const void *state, const void *config, int s, double box[4]);
    /* Where the observation is a BOX whose numbers are all 0 or 1: what observe writes, as bits,
     * number k as bit k % 64 of bits[k / 64]. The (n + 63) / 64 words are handed in as zeros; bits
     * behind n stay so. Worth writing for long observations: the host makes numbers of the bits as
     * fast as memory takes them, and need not look for NaN. Let observe be gb_bits_expand of it.
     * See envs/minatar/breakout.c. */
    void (*observe_bits)(const void *state, const void *config, uint64_t *bits);
} gb_env_type;

#define GB_ENV_HEADER .abi = GB_ABI, .size = sizeof(gb_env_type), .spec_size = sizeof(gb_spec)

/* Largest number of outcomes of one state and action that a host must make room for. */
#define GB_MAX_OUTCOMES 64

/* Samples from model(): the step of a finite MDP, so that planning and learning share one source.
 * Writes the state number that follows to *next. */
static inline gb_step gb_model_step(int (*model)(const void *, int, int, gb_outcome *, int),
                                    const void *config, int s, int a, int *next, gb_rng *rng) {
    gb_outcome out[GB_MAX_OUTCOMES];
    int n = model(config, s, a, out, GB_MAX_OUTCOMES), k = 0;
    if (n > 1) { /* without a branch on chance, which no processor can predict */
        double left = gb_rng_unit(rng);
        for (int j = 0; j < n - 1; j++) k += (left -= out[j].probability) >= 0;
    }
    *next = out[k].next;
    gb_step result = {out[k].reward, out[k].terminal};
    return result;
}

/* Defines an environment:  GB_ENV(gb_env_corridor) = { GB_ENV_HEADER, .name = "corridor", ... };
 * Built in, cli/builtins.c lists the type. Built as a plugin (-DGB_PLUGIN) the file exports one
 * data symbol, a pointer to the type, and no code runs before the host has checked abi and size. */
#ifdef GB_PLUGIN
#define GB_ENV(type)                                                                               \
    extern const gb_env_type type;                                                                 \
    extern const gb_env_type *const gb_plugin_env;                                                 \
    __attribute__((visibility("default"))) const gb_env_type *const gb_plugin_env = &type;         \
    const gb_env_type type
#else
#define GB_ENV(type)                                                                               \
    extern const gb_env_type type;                                                                 \
    const gb_env_type type
#endif

#ifdef __cplusplus
}
#endif
#endif
