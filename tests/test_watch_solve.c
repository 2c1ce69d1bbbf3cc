/* The window of gibbs watch --solve on SDL's dummy driver: the solver's iterations go back and
 * forth, sliders move with keys and mouse, and are there for the weights that have an effect. */
#include "support.h"

#ifdef GB_SDL

#include "opt.h"
#include "regularizer.h"
#include "watch_script.h"

#include <math.h>

static long iteration(const struct watch *w) {
    return atol(item_of(w, "iteration")->value);
}

static bool converged(const struct watch *w) {
    return strstr(item_of(w, "iteration")->value, "converged") != NULL;
}

/* Presses, moves or lets go the mouse where the slider with this id is at `part`. */
static void mouse(const struct watch *w, int type, int id, double part) {
    double best = 2, found;
    int x = 0, y = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        if (gb_scene_grab(&w->viewer.scene, WIDTH, HEIGHT, 1, i % WIDTH, i / WIDTH, 0, &found) !=
            id)
            continue;
        if (fabs(found - part) < best) best = fabs(found - part), x = i % WIDTH, y = i / WIDTH;
    }
    ck_assert_double_lt(best, 0.1);
    SDL_Event event = {.type = (Uint32)type};
    if (type == SDL_MOUSEMOTION)
        event.motion.x = x, event.motion.y = y;
    else
        event.button.x = x, event.button.y = y;
    SDL_PushEvent(&event);
}

/* Iterations, back and forth and as a film. */
static bool go_through_iterations(struct watch *w, int step) {
    static long last, seen;
    if (w->viewer.scene.n_items == 0) return false; /* not drawn yet */
    switch (step) {
    case 0:
        if (!converged(w)) return false;
        last = iteration(w);
        return push(SDLK_LEFT);
    case 1:
        if (iteration(w) == last) return false;
        return iteration(w) == last - 1;
    case 2:
        ck_assert(!converged(w));
        return push(SDLK_RIGHT);
    case 3:
        return iteration(w) == last ? push(SDLK_i) : false;
    case 4:
        if (iteration(w) > 4 || iteration(w) < 2) return false;
        return push(SDLK_i);
    case 5:
        seen = iteration(w);
        return true;
    case 6: /* the film has stopped: there it stays */
        ck_assert_int_le(iteration(w), seen + 1);
        seen = iteration(w);
        return push(SDLK_RIGHT);
    case 7:
        if (iteration(w) == seen) return false;
        ck_assert_int_eq(iteration(w), seen + 1);
        return push(SDLK_e);
    case 8:
        if (!converged(w)) return false;
        ck_assert_int_eq(iteration(w), last);
        return push(SDLK_ESCAPE);
    default:
        ck_abort_msg("goes on after Escape");
    }
    return true;
}

/* Sliders, by keys and by the mouse. */
static bool change_weights(struct watch *w, int step) {
    static double tau, value;
    const struct viewer *v = &w->viewer;
    if (w->viewer.scene.n_items == 0) return false; /* not drawn yet */
    switch (step) {
    case 0:
        return converged(w) ? push(SDLK_TAB) : false;
    case 1:
        ck_assert(item_of(w, "tau")->chosen && !item_of(w, "gamma")->chosen);
        tau = atof(item_of(w, "tau")->value), value = v->mind.solver->v[0];
        return push(SDLK_EQUALS);
    case 2:
        if (!converged(w) || atof(item_of(w, "tau")->value) <= tau) return false;
        ck_assert(v->mind.solver->v[0] > value); /* more entropy is paid for */
        return push(SDLK_MINUS);
    case 3:
        if (!converged(w) || fabs(atof(item_of(w, "tau")->value) - tau) > 1e-4) return false;
        ck_assert_double_eq_tol(v->mind.solver->v[0], value, 1e-3);
        mouse(w, SDL_MOUSEBUTTONDOWN, 1, 0.2);
        return true;
    case 4:
        mouse(w, SDL_MOUSEMOTION, 1, 0.3);
        return true;
    case 5:
        mouse(w, SDL_MOUSEBUTTONUP, 1, 0.3);
        return true;
    case 6:
        if (!converged(w)) return false;
        ck_assert_double_eq_tol(v->mind.solver->mdp->gamma, 1 - pow(10, -4 * 0.3), 0.1);
        ck_assert(item_of(w, "gamma")->chosen);
        ck_assert_double_gt(v->mind.solver->v[0], 1.5 * value); /* far-sighted */
        return push(SDLK_ESCAPE);
    default:
        ck_abort_msg("goes on after Escape");
    }
    return true;
}

static bool change_maps(struct watch *w, int step) {
    const struct viewer *v = &w->viewer;
    if (w->viewer.scene.n_items == 0) return false; /* not drawn yet */
    switch (step) {
    case 0:
        return push(SDLK_m);
    case 1:
        ck_assert_int_eq(v->map, MAP_ENTROPY);
        return push(SDLK_m);
    case 2:
        ck_assert(v->map == MAP_VISITS && v->scene.map->counts);
        return push(SDLK_m);
    case 3:
        ck_assert(v->map == MAP_NONE && v->scene.map->arrows == 5);
        return push(SDLK_a);
    case 4:
        ck_assert(!v->arrows);
        return true;
    case 5:
        ck_assert(!v->scene.map);
        return push(SDLK_ESCAPE);
    default:
        ck_abort_msg("goes on after Escape");
    }
    return true;
}

START_TEST(solver_keys_do_what_they_say) {
    static const struct {
        script *script;
        int steps;
    } all[] = {{go_through_iterations, 9}, {change_weights, 7}, {change_maps, 6}};
    static struct session session;
    static struct watch w;
    struct args args;
    gb_err err;
    char *words[] = {"maze4", "--tau", "0.2", "--gamma", "0.9"};
    static const char *const flags[] = {NULL};
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    ck_assert(!args_parse(&args, 5, words, flags, &err));
    ck_assert_msg(!watch_open_solver(&w, &session, &args, "mdvi", &err), "%s", err.msg);
    play(&w, all[_i].script);
    ck_assert_int_eq(stage.step, all[_i].steps);
    watch_close_solver(&w);
    gb_registry_free(&session.registry);
}
END_TEST

/* The value at the start, the entropy, and all action values after some iterations with this
 * weight, as three numbers. */
static void solve_with(struct watch *w, const char *name, double value, double out[3]) {
    gb_err err;
    gb_solver *solver = gb_alloc(1, sizeof *solver, &err);
    const gb_solver *like = w->viewer.mind.solver;
    const gb_opt *row = gb_opts_find(like->type->opts, name);
    ck_assert(solver && row && !gb_solver_init(solver, like->type, &err));
    memcpy(solver->config, like->config, like->type->config_size);
    memcpy((char *)solver->config + row->offset, &value, sizeof value);
    ck_assert_msg(!gb_solver_open(solver, like->mdp, &err), "%s", err.msg);
    for (int i = 0; i < 12 && gb_solver_iterate(solver, &err) == GB_CONTINUE; i++) continue;
    out[0] = gb_solver_start_value(solver), out[1] = gb_solver_entropy(solver), out[2] = 0;
    for (size_t i = 0; i < gb_mdp_pairs(like->mdp); i++)
        out[2] += isfinite(solver->q[i]) ? (double)(i + 1) * solver->q[i] : 0;
    gb_solver_free(solver);
    gb_dealloc(solver);
}

/* Each weight has a slider if it changes the solution, and none if it changes nothing. */
static void check_sliders(struct session *session, const char *method, const char *option,
                          const char *choice) {
    static const char *const weights[] = {"tau", "lambda", "alpha", "temperature", "beta"};
    static struct watch w;
    struct args args;
    gb_err err;
    char *words[] = {"maze4", "--gamma", "0.9", (char *)option, (char *)choice};
    static const char *const flags[] = {NULL};
    w = (struct watch){0};
    ck_assert(!args_parse(&args, option ? 5 : 3, words, flags, &err));
    const int code = watch_open_solver(&w, session, &args, method, &err);
    if (!code) { /* else: not for this solver */
        const gb_scene *scene = (viewer_start(&w.viewer, 0, &err), viewer_scene(&w.viewer));
        const gb_solver *solver = w.viewer.mind.solver;
        for (int k = 0; k < 5; k++) {
            double small[3], large[3];
            bool shown = false;
            const gb_opt *row = gb_opts_find(solver->type->opts, weights[k]);
            for (int i = 0; i < scene->n_items; i++)
                shown |= scene->items[i].kind == GB_ITEM_SLIDER &&
                         !strcmp(scene->items[i].label, weights[k]);
            if (!row || row->kind != GB_KIND_F64 || row->min < 0) {
                ck_assert(!shown);
                continue;
            }
            solve_with(&w, weights[k], 0.3, small);
            solve_with(&w, weights[k], 0.8, large);
            const bool moves = memcmp(small, large, sizeof small) != 0;
            ck_assert_msg(shown == moves, "%s %s: %s has %s slider, and %s effect", method,
                          choice ? choice : "", weights[k], shown ? "a" : "no",
                          moves ? "an" : "no");
        }
    }
    ck_assert_msg(!code || option, "%s: %s", method, err.msg);
    watch_close_solver(&w);
}

START_TEST(sliders_have_an_effect) {
    static struct session session;
    gb_err err;
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    for (int k = 0; gb_builtin_solvers[k]; k++) {
        const gb_solver_type *type = gb_builtin_solvers[k];
        check_sliders(&session, type->name, NULL, NULL);
        if (gb_opts_find(type->opts, "regularizer"))
            for (const gb_regularizer_type *r = gb_regularizer_types; r->name; r++)
                check_sliders(&session, type->name, "--regularizer", r->name);
        if (gb_opts_find(type->opts, "risk"))
            check_sliders(&session, type->name, "--risk", "kl_ball");
    }
    gb_registry_free(&session.registry);
}
END_TEST

Suite *watch_solve_suite(void);
Suite *watch_solve_suite(void) {
    Suite *suite = suite_create("watch_solve");
    TCase *cases = tcase_create("watch_solve");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, solver_keys_do_what_they_say, 0, 3);
    tcase_add_test(cases, sliders_have_an_effect);
    suite_add_tcase(suite, cases);
    return suite;
}

#else

Suite *watch_solve_suite(void);
Suite *watch_solve_suite(void) {
    return suite_create("watch_solve");
}

#endif
