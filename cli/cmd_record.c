/* cmd_record.c - gibbs record: episodes as a film, or as frames side by side on one picture,
 * without a display. The same seed gives the episodes of gibbs rollout. */
#include "cli.h"
#include "file.h"
#include "film.h"
#include "layout.h"
#include "opt.h"
#include "pace.h"
#include "sheet.h"
#include "shot.h"
#include "viewer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MOST_STEPS = 1000 }; /* of an episode without a limit, if --steps does not say another */

struct request {
    int64_t episodes, steps, seed, frames; /* steps: -1 if not given */
    int width, height, dark, map;          /* map: -1 if not given: arrows only */
    double rate;                           /* frames a second; 0: the environment's */
    bool panel, sampled;
    const char *out;
};

struct recording {
    const struct request *request;
    struct viewer viewer;
    gb_raster raster;
    double ret, length; /* sums over the episodes that ended */
    int ended;
    int64_t states, frames; /* shown so far, and how many of them are in the file */
};

/* --- the command line -------------------------------------------------------------------------*/

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), k = strlen(end);
    return n > k && !strcasecmp(text + n - k, end);
}

static bool is_picture(const struct request *r) {
    return ends_with(r->out, ".png");
}

static int take_rate(struct args *args, struct request *r, gb_err *err) {
    static const gb_opt row = {"fps", GB_F64(struct request, rate), 1, 0.1, 240, ""};
    const char *text = args_take(args, "fps");
    return text ? gb_opt_set(&row, r, text, "--fps", err) : GB_OK;
}

/* The name is told to be wrong before anything is played, as far as that can be known. */
static int check_out(const struct request *r, gb_err *err) {
    if (!r->out)
        return gb_fail(err, GB_USAGE, "record: no file is named; add -o FILE.mp4, .gif or .png");
    const bool mp4 = ends_with(r->out, ".mp4");
    if (!mp4 && !is_picture(r) && !gb_film_is_gif(r->out))
        return gb_fail(err, GB_USAGE,
                       "-o: %.300s ends with none of .mp4, .gif and .png; choose one", r->out);
    if (mp4 && (r->width % 2 || r->height % 2))
        return gb_fail(err, GB_USAGE, "--size: %dx%d is odd; an mp4 file holds even sizes only",
                       r->width, r->height);
    if (gb_film_is_gif(r->out) && r->rate > GB_FILM_FASTEST_GIF)
        return gb_fail(err, GB_USAGE, "--fps: a gif shows at most %g pictures a second; give fewer",
                       GB_FILM_FASTEST_GIF);
    return args_check_folder(r->out, err);
}

static int take_request(struct args *args, struct request *r, gb_err *err) {
    static const char *const themes[] = {"light", "dark", NULL};
    static const char *const maps[] = {"none", "value", "entropy", "visits", NULL};
    *r = (struct request){.episodes = 1, .steps = -1, .width = 640, .height = 480, .map = -1};
    r->panel = args_take(args, "panel") != NULL;
    r->frames = r->panel ? 1 : 12;
    r->sampled = args_take(args, "sampled") != NULL;
    const bool best = args_take(args, "deterministic") != NULL;
    int code = args_take_int(args, "episodes", 1, 1000000, &r->episodes, err);
    if (!code) code = args_take_int(args, "steps", 1, (int64_t)1e9, &r->steps, err);
    if (!code) code = args_take_int(args, "seed", 0, (int64_t)9e15, &r->seed, err);
    if (!code) code = args_take_int(args, "frames", 1, 400, &r->frames, err);
    if (!code) code = take_rate(args, r, err);
    if (!code) code = args_take_size(args, GB_SHOT_LEAST, GB_SHOT_MOST, &r->width, &r->height, err);
    if (!code) code = args_take_choice(args, "theme", themes, &r->dark, err);
    if (!code) code = args_take_choice(args, "map", maps, &r->map, err);
    if (!code) code = args_take_file(args, "o", &r->out, err);
    if (!code && best && r->sampled)
        code = gb_fail(err, GB_USAGE, "--deterministic: --sampled asks for the contrary; give one");
    return code ? code : check_out(r, err);
}

/* --- playing ----------------------------------------------------------------------------------*/

/* Takes the state that is shown. `last`: of its episode. */
typedef int take(void *context, bool last, gb_err *err);

/* Plays the episodes from the first on and hands each state to `use`. */
static int play(struct recording *rec, take *use, void *context, gb_err *err) {
    const struct request *r = rec->request;
    struct viewer *v = &rec->viewer;
    const int limit = v->player.env->spec.max_steps;
    const int64_t most = r->steps < 0 && !limit ? MOST_STEPS * r->episodes : r->steps;
    rec->states = 0, rec->ended = 0, rec->ret = rec->length = 0;
    int code = viewer_start(v, r->seed, err);
    for (int64_t steps = 0; !code;) {
        const bool end = viewer_end(v) != NULL, last = end || steps == most;
        code = use(context, last, err);
        rec->states++;
        if (end) {
            rec->ended++;
            rec->ret += v->player.ret, rec->length += v->player.age;
        }
        if (code || steps == most || rec->ended == r->episodes) return code;
        steps += !end;
        code = viewer_advance(v, err);
    }
    return code;
}

static const gb_scene *scene_of(struct recording *rec) {
    struct viewer *v = &rec->viewer;
    v->scene.status = viewer_end(v);
    return viewer_scene(v);
}

/* Whether frames of this size have room for the panel that is asked for. */
static int check_panel(const struct recording *rec, int w, int h, gb_err *err) {
    if (!rec->request->panel || gb_scene_panel(&rec->viewer.scene, w, h, 1, NULL, NULL))
        return GB_OK;
    return gb_fail(err, GB_USAGE,
                   "--panel: a frame of %dx%d has no room for it; give a larger --size%s, or leave "
                   "it out",
                   w, h, is_picture(rec->request) ? " or fewer --frames" : "");
}

/* --- a film -----------------------------------------------------------------------------------*/

struct shooting {
    struct recording *rec;
    gb_film *film;
    int every; /* states for one frame: fast environments would be shown faster than screens can */
    double rate;
};

static int film_state(void *context, bool last, gb_err *err) {
    struct shooting *s = context;
    struct recording *rec = s->rec;
    if (rec->viewer.player.age % s->every && !last) return GB_OK;
    gb_scene_paint(scene_of(rec), &rec->raster, 1);
    rec->frames++;
    return gb_film_frame(s->film, rec->raster.pixels, err);
}

static int record_film(struct recording *rec, gb_err *err) {
    const struct request *r = rec->request;
    const double most = gb_film_is_gif(r->out) ? GB_FILM_FASTEST_GIF : GB_FILM_FASTEST,
                 pace = pace_of(&rec->viewer.player.env->spec);
    struct shooting s = {.rec = rec, .every = 1, .rate = r->rate};
    if (r->rate == 0) {
        s.every = (int)ceil(pace / most - 1e-9);
        s.rate = pace / s.every;
    }
    int code = check_panel(rec, r->width, r->height, err);
    if (!code) code = gb_raster_resize(&rec->raster, r->width, r->height, err);
    if (code) return code;
    s.film = gb_film_open(r->out, r->width, r->height, s.rate,
                          r->dark ? &gb_theme_dark : &gb_theme_light, &code, err);
    if (!code) code = play(rec, film_state, &s, err);
    if (code)
        gb_film_drop(s.film);
    else
        code = gb_film_close(s.film, err);
    if (!code)
        printf("%s: %lld frames of %dx%d, %.3g seconds\n", r->out, (long long)rec->frames, r->width,
               r->height, (double)rec->frames / s.rate);
    return code;
}

/* --- a picture --------------------------------------------------------------------------------*/

struct pasting {
    struct recording *rec;
    gb_sheet sheet;
    int64_t states; /* of all episodes */
};

static int skip_state(void *context, bool last, gb_err *err) {
    (void)context, (void)last, (void)err;
    return GB_OK;
}

/* Of n states shows `frames`, the first and the last among them, as evenly as can be; of one frame
 * the last. */
static int paste_state(void *context, bool last, gb_err *err) {
    struct pasting *p = context;
    struct recording *rec = p->rec;
    (void)last, (void)err;
    const int64_t n = p->sheet.n,
                  next = n == 1 ? p->states - 1
                                : (rec->frames * (p->states - 1) + (n - 1) / 2) / (n - 1);
    if (rec->states != next || rec->frames == n) return GB_OK;
    char label[32];
    gb_format(label, sizeof label, "%d", rec->viewer.player.age);
    gb_sheet_add(&p->sheet, scene_of(rec), n > 1 ? label : NULL);
    rec->frames++;
    return GB_OK;
}

static int record_picture(struct recording *rec, gb_err *err) {
    const struct request *r = rec->request;
    struct pasting p = {.rec = rec};
    size_t n = 0;
    int code = play(rec, skip_state, NULL, err);
    if (code) return code;
    p.states = rec->states;
    const int frames = (int)(r->frames < p.states ? r->frames : p.states);
    code = gb_sheet_init(&p.sheet, r->width, r->height, frames, r->dark, err);
    if (!code) code = check_panel(rec, p.sheet.one.w, p.sheet.one.h, err);
    if (!code) code = play(rec, paste_state, &p, err);
    void *png = code ? NULL : gb_png(&p.sheet.all, &n, err);
    if (!code) code = png ? gb_write_file(r->out, png, n, err) : GB_FAIL;
    gb_dealloc(png);
    gb_sheet_free(&p.sheet);
    if (!code)
        printf("%s: %d frame%s on %dx%d\n", r->out, frames, frames == 1 ? "" : "s", r->width,
               r->height);
    return code;
}

/* --- the command ------------------------------------------------------------------------------*/

static int record(struct recording *rec, const gb_run *run, bool trained, gb_err *err) {
    const struct request *r = rec->request;
    struct viewer *v = &rec->viewer;
    if (!run->env.type->draw && !r->panel)
        return gb_fail(err, GB_FAIL,
                       "%s: it has no draw function, so there is no picture of it; add --panel for "
                       "its figures",
                       run->env.type->name);
    int code = viewer_init(v, &run->env, (struct mind){.agent = trained ? &run->agent : NULL}, err);
    if (code) return code;
    v->scene.dark = r->dark;
    v->scene.bare = !r->panel;
    v->sampled = r->sampled;
    v->map = MAP_NONE;
    v->arrows = r->map != MAP_NONE;
    if (r->map >= 0 && (code = viewer_choose_map(v, r->map, err))) return code;
    code = is_picture(r) ? record_picture(rec, err) : record_film(rec, err);
    if (!code && rec->ended)
        printf("%d episode%s: return %.5g, length %.5g%s\n", rec->ended, rec->ended == 1 ? "" : "s",
               rec->ret / rec->ended, rec->length / rec->ended, rec->ended == 1 ? "" : " (means)");
    return code;
}

int cmd_record(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"panel", "sampled", "deterministic", NULL};
    struct args args;
    struct request request;
    gb_run run = {0};
    gb_err err;
    bool trained = false;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = take_request(&args, &request, &err);
    if (!code) code = session_open_played(session, &args, "record", &run, &trained, &err);
    struct recording *rec = code ? NULL : gb_alloc(1, sizeof *rec, &err);
    if (!code && !rec) code = GB_FAIL;
    if (!code) {
        rec->request = &request;
        code = record(rec, &run, trained, &err);
        viewer_free(&rec->viewer);
        gb_raster_free(&rec->raster);
    }
    gb_dealloc(rec);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
