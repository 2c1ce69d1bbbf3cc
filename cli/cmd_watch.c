/* cmd_watch.c - gibbs watch: an environment in a window, played by a trained policy, by what a
 * solver found, or at random; or one picture of it. */
#include "watch.h"

#include "opt.h"
#include "shot.h"

/* --- the command line -------------------------------------------------------------------------*/

static int take_scale(struct args *args, double *scale, gb_err *err) {
    struct scale {
        double scale;
    } config = {0};
    static const gb_opt opts[] = {{"scale", GB_F64(struct scale, scale), 1, 0.5, 8,
                                   "of all lengths"},
                                  {0}};
    const char *text = args_take(args, "scale");
    if (!text) return GB_OK;
    int code = gb_opt_set(opts, &config, text, "--scale", err);
    *scale = config.scale;
    return code;
}

int watch_take_request(struct args *args, struct watch_request *request, gb_err *err) {
    static const char *const themes[] = {"light", "dark", NULL};
    static const char *const maps[] = {"none", "value", "entropy", "visits", NULL};
    int dark = 0;
    *request = (struct watch_request){.steps = -1, .width = 960, .height = 640, .map = -1};
    request->sampled = args_take(args, "sampled") != NULL;
    int code = args_take_int(args, "steps", 0, (int64_t)1e15, &request->steps, err);
    if (!code) code = args_take_int(args, "seed", 0, (int64_t)9e15, &request->seed, err);
    if (!code)
        code = args_take_size(args, GB_SHOT_LEAST, GB_SHOT_MOST, &request->width, &request->height,
                              err);
    if (!code) code = take_scale(args, &request->scale, err);
    if (!code) code = args_take_choice(args, "theme", themes, &dark, err);
    if (!code) code = args_take_choice(args, "map", maps, &request->map, err);
    if (!code) code = args_take_file(args, "shot", &request->shot, err);
    const size_t n = !code && request->shot ? strlen(request->shot) : 0;
    if (n && (n < 4 || strcmp(request->shot + n - 4, ".png")))
        code = gb_fail(err, GB_USAGE, "--shot: %.300s does not end with .png; choose another name",
                       request->shot);
    request->dark = dark == 1;
    return code;
}

/* --- the command ------------------------------------------------------------------------------*/

static int watch_policy(struct session *session, struct args *args, struct watch *watch,
                        const struct watch_request *request, gb_err *err) {
    gb_run run = {0};
    bool trained = false;
    int code = session_open_played(session, args, "watch", &run, &trained, err);
    struct mind mind = {.agent = trained ? &run.agent : NULL};
    if (!code) code = viewer_init(&watch->viewer, &run.env, mind, err);
    if (!code) code = watch_show(watch, request, err);
    viewer_free(&watch->viewer);
    gb_run_free(&run);
    return code;
}

static int watch_solver(struct session *session, struct args *args, struct watch *watch,
                        const char *method, const struct watch_request *request, gb_err *err) {
    int code = watch_open_solver(watch, session, args, method, err);
    if (!code) code = watch_show(watch, request, err);
    watch_close_solver(watch);
    return code;
}

int cmd_watch(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"sampled", NULL};
    struct args args;
    struct watch_request request;
    gb_err err;
    struct watch *watch = gb_alloc(1, sizeof *watch, &err);
    int code = watch ? args_parse(&args, argc, argv, flags, &err) : GB_FAIL;
    if (!code) code = watch_take_request(&args, &request, &err);
    const char *method = code ? NULL : args_take(&args, "solve");
    if (!code)
        code = method ? watch_solver(session, &args, watch, method, &request, &err)
                      : watch_policy(session, &args, watch, &request, &err);
    gb_dealloc(watch);
    return code ? complain(code, &err) : 0;
}
