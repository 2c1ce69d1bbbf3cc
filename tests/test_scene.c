/* Scenes as pictures in memory: shapes against their areas, cells against where the environments
 * draw, whole panels against golden pictures, a thousand frames. */
#include "support.h"

#include "../cli/viewer.h"

#include "layout.h"
#include "registry.h"
#include "solver.h"

#include <math.h>
#include <string.h>

/* --- shapes -----------------------------------------------------------------------------------*/

enum { W = 64, H = 48 };
static const gb_rgb white = {255, 255, 255};

/* A black raster. */
static gb_raster *canvas(void) {
    static gb_raster raster;
    ck_assert(!gb_raster_resize(&raster, W, H, NULL));
    for (int i = 0; i < W * H; i++) raster.pixels[i] = 0xff000000u;
    return &raster;
}

/* The area that was painted white, in pixels. */
static double area(const gb_raster *r) {
    double sum = 0;
    for (int i = 0; i < W * H; i++) sum += (r->pixels[i] & 255) / 255.0;
    return sum;
}

START_TEST(areas_are_exact) {
    gb_rng rng = gb_rng_stream(1, 1);
    for (int k = 0; k < 300; k++) {
        double xy[6];
        for (int i = 0; i < 6; i++) xy[i] = gb_rng_uniform(&rng, 1, i % 2 ? H - 1 : W - 1);
        gb_raster *r = canvas();
        gb_raster_polygon(r, xy, 3, white, 1);
        const double cross = (xy[2] - xy[0]) * (xy[5] - xy[1]) - (xy[4] - xy[0]) * (xy[3] - xy[1]);
        /* each of the pixels on the outline may be off by half a shade */
        ck_assert_double_eq_tol(area(r), fabs(cross) / 2, 0.5);
        r = canvas();
        gb_raster_rect(r, xy[0], xy[1], xy[2], xy[3], white, 1);
        const double wide = fabs(xy[2] - xy[0]), high = fabs(xy[3] - xy[1]);
        ck_assert_double_eq_tol(area(r), wide * high, 0.1 + 0.004 * (wide + high) * 2);
    }
    for (double radius = 3; radius < 20; radius += 1.7) {
        gb_raster *r = canvas();
        gb_raster_disc(r, 31.3, 23.9, radius, white, 1);
        ck_assert_double_eq_tol(area(r), 3.14159265 * radius * radius, 0.1 * radius);
        r = canvas();
        gb_raster_line(r, 20.2, 24, 40.7, 30, 2 * radius / 3, white, 1);
        const double length = hypot(20.5, 6), wide = 2 * radius / 3;
        ck_assert_double_eq_tol(area(r), length * wide + 3.14159265 * wide * wide / 4,
                                0.03 * length * wide);
    }
}
END_TEST

/* The same shape elsewhere by a part of a pixel has the same area; what lies outside is cut. */
START_TEST(clips_and_survives) {
    gb_raster *r = canvas();
    gb_raster_clip(r, (gb_box){10, 10, 20, 12});
    const double all[] = {-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9};
    gb_raster_polygon(r, all, 4, white, 1);
    ck_assert_double_eq_tol(area(r), 240, 1e-9);
    r = canvas();
    gb_raster_clip(r, (gb_box){10, 10, 20, 12});
    gb_raster_rect(r, -1e300, -5, 1e300, 500, white, 1);
    ck_assert_double_eq_tol(area(r), 240, 1e-9);
    r = canvas();
    gb_raster_rect(r, 2, 2, 12, 12, white, 0.5);
    ck_assert_double_eq_tol(area(r), 50, 0.5);
    const double bad[] = {NAN, 0, 5, INFINITY, 3, 3};
    r = canvas();
    gb_raster_polygon(r, bad, 3, white, 1);
    gb_raster_line(r, 0, NAN, 3, 3, 1, white, 1);
    gb_raster_disc(r, 5, 5, INFINITY, white, 1);
    gb_raster_rect(r, 0, 0, NAN, 4, white, 1);
    ck_assert_double_eq(area(r), 0);
}
END_TEST

/* Strokes of one letter do not become denser where they overlap. */
START_TEST(strokes_are_one_shape) {
    double once = 0;
    for (int times = 1; times < 4; times++) {
        gb_raster *r = canvas();
        gb_raster_begin(r);
        for (int i = 0; i < times; i++) gb_raster_line(r, 10.3, 10.2, 30, 20, 1.5, white, 1);
        gb_raster_end(r, (gb_box){0, 0, W, H}, white, 1);
        if (times == 1) once = area(r);
        ck_assert_double_eq(area(r), once);
    }
    ck_assert_double_gt(once, 20);
}
END_TEST

/* --- cells ------------------------------------------------------------------------------------*/

/* A canvas that remembers where blue things are drawn: the middle of all their points. */
struct blue {
    gb_canvas canvas;
    double low[2], high[2];
};

static void see(gb_canvas *c, double x, double y, gb_color color) {
    struct blue *b = (struct blue *)c;
    if (color != GB_BLUE) return;
    const double at[2] = {x, y};
    for (int d = 0; d < 2; d++) {
        b->low[d] = fmin(b->low[d], at[d]);
        b->high[d] = fmax(b->high[d], at[d]);
    }
}
static void blue_view(gb_canvas *c, double a, double b, double d, double e) {
    (void)c, (void)a, (void)b, (void)d, (void)e;
}
static void blue_line(gb_canvas *c, double x0, double y0, double x1, double y1, double w,
                      gb_color color) {
    (void)w;
    see(c, x0, y0, color);
    see(c, x1, y1, color);
}
static void blue_rect(gb_canvas *c, double x, double y, double w, double h, gb_color color) {
    see(c, x, y, color);
    see(c, x + w, y + h, color);
}
static void blue_disc(gb_canvas *c, double x, double y, double r, gb_color color) {
    see(c, x - r, y - r, color);
    see(c, x + r, y + r, color);
}
static void blue_polygon(gb_canvas *c, const double *xy, int n, gb_color color) {
    for (int i = 0; i < n; i++) see(c, xy[2 * i], xy[2 * i + 1], color);
}
static void blue_text(gb_canvas *c, double x, double y, double h, const char *t, gb_color color) {
    (void)c, (void)x, (void)y, (void)h, (void)t, (void)color;
}

/* Where the state is drawn is where its cell is; other states' cells are elsewhere. */
START_TEST(cells_lie_where_agents_are_drawn) {
    int checked = 0;
    for (int e = 0; gb_builtin_envs[e]; e++) {
        const gb_env_type *type = gb_builtin_envs[e];
        gb_env env;
        gb_player player;
        gb_err err;
        if (!type->cell) continue;
        ck_assert(!gb_env_init(&env, type, &err) && !gb_env_open(&env, &err));
        ck_assert(!gb_player_init(&player, &env, NULL, &err));
        ck_assert(!gb_player_start(&player, 3, &err));
        for (int t = 0; t < 60; t++) {
            struct blue b = {{sizeof(gb_canvas), blue_view, blue_line, blue_rect, blue_disc,
                              blue_polygon, blue_text},
                             {INFINITY, INFINITY},
                             {-INFINITY, -INFINITY}};
            double box[4];
            const int s = (int)player.obs[0];
            type->draw(player.state, env.config, &b.canvas);
            const double x = (b.low[0] + b.high[0]) / 2, y = (b.low[1] + b.high[1]) / 2;
            ck_assert_msg(type->cell(player.state, env.config, s, box), "%s: %d", type->name, s);
            for (int other = 0; other < env.spec.obs.n; other++) {
                if (!type->cell(player.state, env.config, other, box)) continue;
                ck_assert(box[0] < box[2] && box[1] < box[3]);
                const bool here = x > box[0] && x < box[2] && y > box[1] && y < box[3];
                ck_assert_msg(here == (other == s), "%s: %d is not drawn at %d", type->name, s,
                              other);
            }
            ck_assert(!type->cell(player.state, env.config, -1, box));
            ck_assert(!type->cell(player.state, env.config, env.spec.obs.n, box));
            if (player.terminal || player.truncated) {
                ck_assert(!gb_player_reset(&player, &err));
            } else {
                gb_player_choose(&player);
                ck_assert(!gb_player_step(&player, &err));
            }
        }
        gb_player_free(&player);
        gb_env_free(&env);
        checked++;
    }
    ck_assert_int_eq(checked, 11);
}
END_TEST

/* --- maps -------------------------------------------------------------------------------------*/

static void open_env(gb_env *env, const char *name) {
    gb_err err;
    for (int e = 0; gb_builtin_envs[e]; e++)
        if (!strcmp(gb_builtin_envs[e]->name, name)) {
            ck_assert(!gb_env_init(env, gb_builtin_envs[e], &err) && !gb_env_open(env, &err));
            return;
        }
    ck_abort_msg("no %s", name);
}

/* The map of a solution: its values, and arrows that follow its policy to better cells. */
START_TEST(map_shows_the_solution) {
    gb_env env;
    gb_mdp mdp;
    gb_solver solver;
    static struct viewer v;
    gb_err err;
    open_env(&env, "four_rooms");
    ck_assert(!gb_mdp_from_env(&mdp, &env, 0.9, &err));
    const gb_solver_type *type = gb_solver_find(gb_builtin_solvers, "value_iteration", &err);
    ck_assert(!gb_solver_init(&solver, type, &err) && !gb_solver_open(&solver, &mdp, &err));
    while (gb_solver_iterate(&solver, &err) == GB_CONTINUE) continue;
    ck_assert(!viewer_init(&v, &env, (struct mind){.solver = &solver}, &err));
    ck_assert(!viewer_start(&v, 0, &err));
    const gb_map *map = viewer_scene(&v)->map;
    ck_assert(map && map->arrows == 4);
    ck_assert_int_eq(map->n, 103); /* 104 floor cells, one of which is the goal */
    for (int i = 0; i < map->n; i++) {
        const gb_map_cell *cell = &map->cell[i];
        const int s = (12 - (int)cell->box[1]) * 13 + (int)cell->box[0];
        ck_assert(cell->heat == solver.v[s] && cell->heat >= map->low && cell->heat <= map->high);
        ck_assert_double_eq_tol(cell->entropy, 0, 1.001);
        for (int a = 0; a < 4; a++) {
            const float *d = map->arrow + 8 * i + 2 * a;
            const double p = exp(solver.log_policy[4 * s + a]);
            ck_assert_double_eq_tol(hypot((double)d[0], (double)d[1]), p, 1e-6);
            if (p < 0.6) continue; /* the one best action leads to a cell of a higher value */
            const int next =
                s + (d[0] > 0.5f) - (d[0] < -0.5f) - 13 * (d[1] > 0.5f) + 13 * (d[1] < -0.5f);
            ck_assert(solver.v[next] > cell->heat || solver.v[next] == 0); /* 0: the goal */
        }
    }
    viewer_free(&v);
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
    gb_env_free(&env);
}
END_TEST

/* --- many frames ------------------------------------------------------------------------------*/

START_TEST(a_thousand_frames) {
    static const char *const envs[] = {"cartpole", "taxi", "pendulum", "breakout"};
    gb_raster raster = {0};
    for (int e = 0; e < 4; e++) {
        gb_env env;
        static struct viewer v;
        gb_err err;
        open_env(&env, envs[e]);
        ck_assert(!viewer_init(&v, &env, (struct mind){0}, &err) && !viewer_start(&v, e, &err));
        for (int k = 0; k < 250; k++) {
            v.map = k % MAP_KINDS, v.scene.dark = k % 2;
            ck_assert(!gb_raster_resize(&raster, 100 + k % 60, 160 - k % 70, &err));
            gb_scene_paint(viewer_scene(&v), &raster, 1);
            ck_assert(!viewer_advance(&v, &err));
        }
        viewer_free(&v);
        gb_env_free(&env);
    }
    gb_raster_free(&raster);
}
END_TEST

Suite *scene_suite(void);
Suite *scene_suite(void) {
    const TTest *const tests[] = {areas_are_exact,
                                  clips_and_survives,
                                  strokes_are_one_shape,
                                  cells_lie_where_agents_are_drawn,
                                  map_shows_the_solution,
                                  a_thousand_frames,
                                  NULL};
    return test_suite("scene", tests, 60);
}
