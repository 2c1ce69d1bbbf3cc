/* seaquest - rescue divers with a submarine, between fish and enemy submarines, before the air is
 * gone.
 *
 * MinAtar's Seaquest (minatar.h). A hit fish or submarine pays 1. Coming up with six divers pays
 * up to 10 for the air that is left, and then the sea gets harder if `ramping`; coming up with none
 * ends the episode, as do all things that touch, and the end of the air. Things move in the order
 * of lists, newest first, which matters where two of them meet a third.
 */
#include "sprites.h"

enum { CHANNELS = 10, FRONT = 0, BACK, SHOT, TRAIL, BOMB, FISH, SUB, AIR, CARRIED, DIVER };
enum { OXYGEN = 200, SPAWN_SPEED = 20, DIVER_SPAWN_SPEED = 30, MOVE_SPEED = 5, LEAST_SPEED = 2 };
enum { SHOT_COOL_DOWN = 5, BOMB_INTERVAL = 10, DIVER_MOVE_SPEED = 5, FULL_LOAD = 6 };
enum { GROUND = SIZE - 1 };        /* row of the gauges */
enum { LEAST_CARRIED = -1000000 }; /* no episode comes up for air so often */

/* Most things of a kind. Enemies come every second step at the most and stay for 30, so that there
 * are 15 of them; each drops a bomb every 11 steps, which stays for 10. */
enum { MOST = 24 };

struct thing {
    int8_t x, y, right; /* right: 1 if it moves there, 0 to the left */
    int8_t timer, bomb_timer;
};
struct things {
    int n;
    struct thing at[MOST]; /* (n) oldest first */
};

struct state {
    int x, y, right; /* the submarine, and whether it faces right */
    int oxygen;
    int carried; /* divers; below zero after a full load was brought up, see surface() */
    int shot_timer, spawn_timer, spawn_speed, diver_timer, move_speed, ramps;
    bool surfaced; /* since it was last under water */
    int last_action;
    struct things shots, divers, bombs, fish, subs; /* subs: enemies; bombs: theirs */
};

static const gb_opt opts[] = {MINATAR_OPTS, MINATAR_RAMPING, {0}};

static const gb_field fields[] = {
    {"x", GB_INT(struct state, x)},
    {"y", GB_INT(struct state, y)},
    {"right", GB_INT(struct state, right)},
    {"oxygen", GB_INT(struct state, oxygen)},
    {"carried", GB_INT(struct state, carried)},
    {"surfaced", GB_BOOL(struct state, surfaced)},
    {"shot_timer", GB_INT(struct state, shot_timer)},
    {"spawn_timer", GB_INT(struct state, spawn_timer)},
    {"spawn_speed", GB_INT(struct state, spawn_speed)},
    {"diver_timer", GB_INT(struct state, diver_timer)},
    {"last_action", GB_INT(struct state, last_action)},
    {0},
};

static const char *prepare(void *config) {
    static const int all[] = {STAY, LEFT, UP, RIGHT, DOWN, FIRE};
    return minatar_prepare(config, all, ACTIONS);
}

static void spec(const void *config, gb_spec *out) {
    minatar_spec(config, CHANNELS, NULL, out);
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    (void)config, (void)rng;
    *s = (struct state){.x = SIZE / 2,
                        .oxygen = OXYGEN,
                        .spawn_timer = SPAWN_SPEED,
                        .spawn_speed = SPAWN_SPEED,
                        .diver_timer = DIVER_SPAWN_SPEED,
                        .move_speed = MOVE_SPEED,
                        .surfaced = true};
}

/* --- lists ------------------------------------------------------------------------------------*/

static inline void add(struct things *list, struct thing t) {
    if (list->n < MOST) list->at[list->n++] = t;
}

static inline void take_out(struct things *list, int k) {
    list->n--;
    memmove(&list->at[k], &list->at[k + 1], (size_t)(list->n - k) * sizeof list->at[0]);
}

/* Takes thing k out: or, as the original does, the first that equals it. Returns where thing k is
 * then: -1 if it was the one, else one further down. */
static inline int discard(struct things *list, int k) {
    int first = 0;
    while (memcmp(&list->at[first], &list->at[k], sizeof list->at[0])) first++;
    take_out(list, first);
    return first == k ? -1 : k - 1;
}

static inline bool is_at(const struct thing *t, int x, int y) {
    return (t->x == x) & (t->y == y);
}

static inline void advance(struct thing *t) {
    t->x = (int8_t)(t->x + (t->right ? 1 : -1));
}

/* Takes out the first of list that is where t is; returns whether there was one. */
static inline bool take_out_at(struct things *list, const struct thing *t) {
    for (int k = 0; k < list->n; k++) {
        if (!is_at(&list->at[k], t->x, t->y)) continue;
        take_out(list, k);
        return true;
    }
    return false;
}

/* --- what comes -------------------------------------------------------------------------------*/

static inline struct thing arrival(bool right, int row, int timer) {
    return (struct thing){.x = right ? 0 : SIZE - 1,
                          .y = (int8_t)row,
                          .right = right,
                          .timer = (int8_t)timer,
                          .bomb_timer = BOMB_INTERVAL};
}

static inline bool meets(const struct things *list, const struct thing *t) {
    bool found = false;
    for (int k = 0; k < list->n; k++)
        found |= (list->at[k].y == t->y) & (list->at[k].right != t->right);
    return found;
}

/* An enemy, but not where it would run into another. */
static inline void spawn_enemy(struct state *s, gb_rng *rng) {
    const bool right = gb_rng_unit(rng) < 1.0 / 2, sub = gb_rng_unit(rng) < 1.0 / 3;
    const struct thing t = arrival(right, 1 + (int)gb_rng_below(rng, SIZE - 2),
                                   moved(s->move_speed, 0, 0, MOVE_SPEED));
    if (!meets(&s->fish, &t) && !meets(&s->subs, &t)) add(sub ? &s->subs : &s->fish, t);
}

static inline void spawn(struct state *s, gb_rng *rng) {
    if (s->spawn_timer <= 0) {
        spawn_enemy(s, rng);
        s->spawn_timer = s->spawn_speed;
    }
    if (s->diver_timer <= 0) {
        const bool right = gb_rng_unit(rng) < 1.0 / 2;
        add(&s->divers, arrival(right, 1 + (int)gb_rng_below(rng, SIZE - 2), DIVER_MOVE_SPEED));
        s->diver_timer = DIVER_SPAWN_SPEED;
    }
}

/* --- what moves: each list newest first -------------------------------------------------------*/

static inline void act(struct state *s, int a) {
    if (a == FIRE && s->shot_timer <= 0) {
        const bool right = s->right != 0;
        const int x = moved(s->x, 0, 0, SIZE - 1), y = moved(s->y, 0, 0, GROUND - 1);
        add(&s->shots, (struct thing){.x = (int8_t)x, .y = (int8_t)y, .right = right});
        s->shot_timer = SHOT_COOL_DOWN;
    }
    if (a == LEFT || a == RIGHT) s->right = a == RIGHT;
    s->x = moved(s->x, (a == RIGHT) - (a == LEFT), 0, SIZE - 1);
    s->y = moved(s->y, (a == DOWN) - (a == UP), 0, GROUND - 1);
}

/* Returns how many enemies are hit. */
static inline int move_shots(struct state *s) {
    int hits = 0;
    for (int k = s->shots.n - 1; k >= 0; k--) {
        struct thing *t = &s->shots.at[k];
        advance(t);
        const bool hit = on_board(t->x) && (take_out_at(&s->fish, t) || take_out_at(&s->subs, t));
        hits += hit;
        if (hit || !on_board(t->x)) discard(&s->shots, k);
    }
    return hits;
}

static inline void move_divers(struct state *s) {
    for (int k = s->divers.n - 1; k >= 0; k--) {
        struct thing *t = &s->divers.at[k];
        const bool room = s->carried < FULL_LOAD;
        bool taken = room && is_at(t, s->x, s->y);
        if (!taken && t->timer == 0) {
            t->timer = DIVER_MOVE_SPEED;
            advance(t);
            taken = room && is_at(t, s->x, s->y);
        } else if (!taken) {
            t->timer--;
        }
        s->carried += taken;
        if (taken || !on_board(t->x)) discard(&s->divers, k);
    }
}

/* Moves fish, or enemy submarines, which drop bombs. Returns how many run into a shot; sets *end if
 * one meets the player. */
static inline int move_enemies(struct state *s, struct things *list, bool armed, bool *end) {
    int hits = 0;
    for (int k = list->n - 1; k >= 0; k--) {
        struct thing *t = &list->at[k];
        bool gone = false;
        *end |= is_at(t, s->x, s->y);
        if (t->timer == 0) {
            t->timer = (int8_t)moved(s->move_speed, 0, 0, MOVE_SPEED);
            advance(t);
            const bool meets_player = is_at(t, s->x, s->y);
            const bool hit = !meets_player && on_board(t->x) && take_out_at(&s->shots, t);
            *end |= meets_player;
            hits += hit;
            gone = hit || !on_board(t->x);
        } else {
            t->timer--;
        }
        struct thing bomber = *t; /* also of one that is gone */
        const bool drops = bomber.bomb_timer == 0;
        const int at = gone ? discard(list, k) : k;
        if (!armed) continue;
        if (drops)
            add(&s->bombs, (struct thing){.x = bomber.x, .y = bomber.y, .right = bomber.right});
        if (at >= 0)
            list->at[at].bomb_timer = drops ? BOMB_INTERVAL : (int8_t)(bomber.bomb_timer - 1);
    }
    return hits;
}

/* Returns whether one meets the player. */
static inline bool move_bombs(struct state *s) {
    bool end = false;
    for (int k = s->bombs.n - 1; k >= 0; k--) {
        struct thing *t = &s->bombs.at[k];
        end |= is_at(t, s->x, s->y);
        advance(t);
        end |= is_at(t, s->x, s->y);
        if (!on_board(t->x)) discard(&s->bombs, k);
    }
    return end;
}

/* --- air --------------------------------------------------------------------------------------*/

/* Returns the air that is left, in tenths. */
static inline int air(const struct state *s) {
    return moved(s->oxygen, 0, 0, OXYGEN) * SIZE / OXYGEN;
}

/* The submarine has come up with divers. Kept from the original: a diver leaves it even when a full
 * load was taken off at once, so that it then carries -1; it may come up so, for air. */
static inline int surface(struct state *s, bool ramping) {
    const bool full = s->carried == FULL_LOAD;
    const int reward = full ? air(s) : 0;
    s->surfaced = true;
    s->carried = moved(full ? 0 : s->carried, -1, LEAST_CARRIED, FULL_LOAD);
    s->oxygen = OXYGEN;
    if (ramping && (s->spawn_speed > 1 || s->move_speed > LEAST_SPEED)) {
        s->move_speed -= s->move_speed > LEAST_SPEED && s->ramps % 2;
        s->spawn_speed -= s->spawn_speed > 1;
        s->ramps++;
    }
    return reward;
}

static inline void breathe(struct state *s, bool ramping, gb_step *step) {
    step->terminal |= s->oxygen <= 0;
    if (s->y > 0) {
        s->oxygen -= s->oxygen > 0;
        s->surfaced = false;
    } else if (!s->surfaced && s->carried == 0) {
        step->terminal = true;
    } else if (!s->surfaced) {
        step->reward += surface(s, ramping);
    }
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const struct minatar *c = config;
    struct state *s = state;
    const int a = minatar_action(c, action[0], &s->last_action, rng);
    bool end = false;
    spawn(s, rng);
    act(s, a);
    int hits = move_shots(s);
    move_divers(s);
    hits += move_enemies(s, &s->subs, true, &end);
    end |= move_bombs(s);
    hits += move_enemies(s, &s->fish, false, &end);
    s->spawn_timer -= s->spawn_timer > 0;
    s->diver_timer -= s->diver_timer > 0;
    s->shot_timer -= s->shot_timer > 0;
    gb_step step = {.reward = hits, .terminal = end};
    breathe(s, c->ramping, &step);
    return step;
}

static inline void show(const struct things *list, int channel, bool trails, uint64_t *bits) {
    for (int k = 0; k < list->n; k++) {
        const struct thing *t = &list->at[k];
        mark(bits, CHANNELS, t->x, t->y, channel);
        if (trails) mark(bits, CHANNELS, t->right ? t->x - 1 : t->x + 1, t->y, TRAIL);
    }
}

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    const int carried = moved(s->carried, 0, 0, FULL_LOAD);
    if (on_board(s->x)) {
        mark(bits, CHANNELS, s->x, s->y, FRONT);
        mark(bits, CHANNELS, s->right ? s->x - 1 : s->x + 1, s->y, BACK);
    }
    show(&s->shots, SHOT, false, bits);
    show(&s->bombs, BOMB, false, bits);
    show(&s->fish, FISH, true, bits);
    show(&s->subs, SUB, true, bits);
    show(&s->divers, DIVER, true, bits);
    mark_run(bits, CHANNELS, 0, GROUND, air(s), AIR);
    mark_run(bits, CHANNELS, GROUND - carried, GROUND, carried, CARRIED);
}

static void observe(const void *state, const void *config, float *obs) {
    minatar_observe(observe_bits, CHANNELS, state, config, obs);
}

static void draw_all(gb_canvas *canvas, const struct things *list, const char *const *rows,
                     bool trails) {
    for (int k = 0; k < list->n; k++) {
        const struct thing *t = &list->at[k];
        if (trails) draw_trail(canvas, t->right ? t->x - 1 : t->x + 1, t->y, t->right, 3);
        sprite_at(canvas, t->x, t->y, rows, !t->right);
    }
}

/* Air that is left, and seats for divers. */
static void draw_gauges(const struct state *s, gb_canvas *canvas) {
    const double full = (double)moved(s->oxygen, 0, 0, OXYGEN) / OXYGEN;
    canvas->text(canvas, 0.7, 0.5, 0.4, "air", GB_INK);
    canvas->rect(canvas, 1.4, 0.3, 3.6, 0.4, GB_MUTED);
    canvas->rect(canvas, 1.4, 0.3, 3.6 * full, 0.4, full < 0.25 ? GB_RED : GB_BLUE);
    canvas->text(canvas, 6.0, 0.5, 0.4, "divers", GB_INK);
    for (int k = 0; k < FULL_LOAD; k++)
        canvas->disc(canvas, 7.2 + 0.48 * k, 0.5, 0.19, k < s->carried ? GB_GREEN : GB_MUTED);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const char *const sub[] = {"......bb........", "......bbb.......", "...bbbbbbbbbb...",
                                      "k.bbbbbbbbbbbbb.", "kkbbwwbbwwbbwwbb", "k.bbbbbbbbbbbbb.",
                                      "...bbbbbbbbbb...", "................"};
    static const char *const enemy[] = {"...rr...", "...rr...", ".rrrrrr.", "krwrwrrr",
                                        "krrrrrrr", ".rrrrrr.", "........", "........"};
    static const char *const fish[] = {"........", "...rr...", "r.rrrrr.", "rrrrrrkr",
                                       "rrrrrrrr", "r.rrrrr.", "...rr...", "........"};
    static const char *const diver[] = {"........", "....gg..", "k...gg..", "kkggg.gg",
                                        ".gggggg.", "kkggg...", "k.......", "........"};
    static const char *const shot[] = {"........", "........", "........", "..oooo..",
                                       "..oooo..", "........", "........", "........"};
    static const char *const bomb[] = {"........", "........", "........", "...rrr..",
                                       "...rrr..", "........", "........", "........"};
    (void)config;
    const struct state *s = state;
    const int x = moved(s->x, 0, 0, SIZE - 1), y = moved(s->y, 0, 0, GROUND - 1);
    draw_board(canvas, false);
    canvas->rect(canvas, 0, 1, SIZE, SIZE - 1.5, GB_SKY);
    canvas->rect(canvas, 0, 0, SIZE, 1, GB_PAPER);
    draw_all(canvas, &s->divers, diver, true);
    draw_all(canvas, &s->fish, fish, true);
    draw_all(canvas, &s->subs, enemy, true);
    draw_all(canvas, &s->bombs, bomb, false);
    draw_all(canvas, &s->shots, shot, false);
    sprite(canvas, s->right ? x - 1 : x, y, sub, !s->right);
    draw_gauges(s, canvas);
}

GB_ENV(gb_env_seaquest) = {
    GB_ENV_HEADER,
    .name = "seaquest",
    .help = "MinAtar: rescue divers with a submarine",
    .gym_id = "MinAtar/Seaquest-v1",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct minatar),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
    .observe_bits = observe_bits,
};
