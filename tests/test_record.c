/* gibbs record and gibbs play: films of the right size, length and rate, pictures that look as they
 * did, what is refused, and that a failed or interrupted recording leaves nothing. */
#include "film_probe.h"
#include "support.h"
#include "theme.h"

#include <glob.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *file(const char *name) {
    static char path[256];
    return gb_format(path, sizeof path, "%s/%s", test_folder(), name);
}

static int count_files(void) {
    glob_t found;
    int n = glob(file("*"), 0, NULL, &found) ? 0 : (int)found.gl_pathc;
    globfree(&found);
    return n;
}

/* --- pictures ---------------------------------------------------------------------------------*/

typedef struct picture {
    int w, h;
    uint8_t rgb[640 * 480 * 3];
} picture;

static void read_png(const char *path, picture *p) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_file(&image, path), "%s: %s", path, image.message);
    image.format = PNG_FORMAT_RGB;
    ck_assert_uint_le(PNG_IMAGE_SIZE(image), sizeof p->rgb);
    ck_assert(png_image_finish_read(&image, NULL, p->rgb, 0, NULL));
    p->w = (int)image.width, p->h = (int)image.height;
}

/* Every drawing looks as the golden picture of it, but for rounding on edges. */
START_TEST(drawings_are_golden) {
    static picture now, then;
    glob_t found;
    ck_assert(!glob("tests/golden/drawings/*.png", 0, NULL, &found));
    ck_assert_uint_ge(found.gl_pathc, 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char env[64];
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        gb_format(env, sizeof env, "%.*s", (int)(strlen(name) - 4), name);
        /* OpenGL's pixels depend on its driver: test_mujoco_eye.c looks at those */
        const bool space = strstr("ant humanoid pusher", env);
        const test_run *run =
            test_shell("gibbs record %s -o %s --frames 1 --steps 12 --seed 1 --size 128x96 %s", env,
                       file("a.png"), space ? "--env.renderer flat" : "");
        ck_assert_msg(!run->code && !run->err[0], "%s: %s", env, run->err);
        read_png(file("a.png"), &now);
        read_png(found.gl_pathv[i], &then);
        ck_assert(now.w == then.w && now.h == then.h);
        int different = 0;
        for (int k = 0; k < 3 * now.w * now.h; k++) different += abs(now.rgb[k] - then.rgb[k]) > 4;
        ck_assert_msg(different <= 12, "%s looks different in %d numbers", env, different);
    }
    globfree(&found);
}
END_TEST

START_TEST(sheet_holds_the_episode) {
    static picture one, sheet;
    test_shell("gibbs record cartpole -o %s --frames 1 --seed 4 --size 160x120", file("a.png"));
    read_png(file("a.png"), &one);
    const test_run *run =
        test_shell("gibbs record cartpole -o %s --frames 4 --seed 4 --size 320x240", file("b.png"));
    ck_assert_msg(!run->code, "%s", run->err);
    read_png(file("b.png"), &sheet);
    ck_assert(sheet.w == 320 && sheet.h == 240);
    /* the last of four is the state of the single picture, but for the label in its corner */
    int different = 0;
    for (int y = 16; y < 120; y++)
        different +=
            memcmp(&one.rgb[3 * y * 160], &sheet.rgb[3 * ((120 + y) * 320 + 160)], 480) != 0;
    ck_assert_int_eq(different, 0);
    /* and the first is another */
    ck_assert(memcmp(&sheet.rgb[3 * 60 * 320], &sheet.rgb[3 * (180 * 320 + 160)], 480) != 0);
}
END_TEST

/* With a panel a picture is that of the window, on the paper that was asked for. */
START_TEST(panel_is_that_of_the_window) {
    static picture p;
    test_shell("gibbs record cartpole -o %s --panel --steps 12 --theme dark", file("a.png"));
    read_png(file("a.png"), &p);
    ck_assert(p.w == 640 && p.h == 480);
    ck_assert(!memcmp(p.rgb, &gb_theme_dark.color[GB_PAPER], 3));
    ck_assert(!memcmp(p.rgb + 3 * 639, &gb_theme_dark.color[GB_PANEL], 3));
#ifdef GB_SDL
    const test_run *run =
        test_shell("gibbs watch cartpole --shot %s --size 640x480 --steps 12 --theme dark && "
                   "cmp %s %s/a.png",
                   file("b.png"), file("b.png"), test_folder());
    ck_assert_msg(!run->code, "%s%s", run->out, run->err);
#endif
}
END_TEST

/* A run's best actions are played unless --sampled asks for others; figures are means. */
START_TEST(actions_are_the_best_or_sampled) {
    const test_run *run = test_shell(
        "G=$PWD/%s/gibbs; cd %s; $G train ppo cartpole --steps 300 --n_steps 64 --quiet --out run "
        "&& for o in '' --sampled --deterministic; do $G record run --steps 9 $o -o a$o.png "
        "--frames 1 --size 128x96 || exit 2; done >/dev/null; cmp a.png a--deterministic.png || "
        "exit 3; cmp -s a.png a--sampled.png && exit 4; $G record run -o b.png --episodes 3",
        GB_BUILD, test_folder());
    ck_assert_msg(!run->code, "%d %s%s", run->code, run->out, run->err);
    double ret = 0, length = -1; /* which are the same number here */
    const char *at = strstr(run->out, "3 episodes: return ");
    ck_assert_msg(at && sscanf(at, "3 episodes: return %lf, length %lf", &ret, &length) == 2, "%s",
                  run->out);
    ck_assert_double_eq(ret, length);
}
END_TEST

/* --- refusals ---------------------------------------------------------------------------------*/

START_TEST(refusals) {
    static const struct {
        const char *args, *says;
        int code;
    } bad[] = {
        {"record cartpole", "-o FILE.mp4", 2},
        {"record -o a.mp4", "something is missing", 2},
        {"record no_such -o a.mp4", "no such environment", 2},
        {"record cartpole -o a.avi", "ends with none of", 2},
        {"record cartpole -o .png", "ends with none of", 2},
        {"record cartpole -o a.mp4 -o b.mp4", "given twice", 2},
        {"record cartpole -o no/such/a.mp4", "no/such/a.mp4: No such file", 1},
        {"record cartpole -o no/such/a.png", "no/such/a.png: No such file", 1},
        {"record cartpole -o a.mp4 --size 641x480", "even sizes", 2},
        {"record cartpole -o a.gif --size 20x20", "out of range", 2},
        {"record cartpole -o a.gif --size 9000x480", "out of range", 2},
        {"record cartpole -o a.gif --size big", "WIDTHxHEIGHT", 2},
        {"record cartpole -o a.gif --fps 0", "--fps", 2},
        {"record cartpole -o a.gif --fps nan", "--fps", 2},
        {"record cartpole -o a.gif --episodes 0", "--episodes", 2},
        {"record cartpole -o a.gif --steps 0", "--steps", 2},
        {"record cartpole -o a.gif --theme pink", "light or dark", 2},
        {"record cartpole -o a.gif --map all", "none, value, entropy or visits", 2},
        {"record cartpole -o a.gif --map visits", "lie on no map", 2},
        {"record frozen_lake -o a.gif --map value", "random actions", 2},
        {"record cartpole -o a.gif --fps 60", "50 pictures", 2},
        {"record cartpole -o a.gif --sampled --deterministic", "contrary", 2},
        {"record cartpole -o a.gif --size 160x120 --panel", "larger --size", 2},
        {"record cartpole -o a.png --frames 12 --panel", "fewer --frames", 2},
        {"record cartpole -o a.gif --colour 1", "no such option", 2},
        {"record cartpole -o a.png --size 64x64 --frames 400 --steps 9999", "too small", 1},
        {"record ./build_of_tests/no_draw.so -o a.mp4", "no draw function", 1},
#ifdef GB_SDL
        {"play", "something is missing", 2},
        {"play cartpole pendulum", "one word too many", 2},
        {"play cartpole --speed 0", "--speed", 2},
        {"play cartpole --theme pink", "light or dark", 2},
        {"play ./build_of_tests/no_draw.so", "no draw function", 1},
        {"play ./build_of_tests/key_unknown.so", "no key 'rihgt'", 1},
        {"play cartpole", "gibbs record", 1}, /* there is no display */
        {"watch cartpole", "gibbs record", 1},
#endif
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const test_run *run =
            test_shell("R=$PWD/%s; mkdir -p %s/w; cd %s/w && ln -sfn $R/tests/plugins "
                       "build_of_tests && env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER "
                       "$R/gibbs %s",
                       GB_BUILD, test_folder(), test_folder(), bad[i].args);
        ck_assert_msg(run->code == bad[i].code, "%s: %d %s", bad[i].args, run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, bad[i].says) != NULL, "%s: %s", bad[i].args, run->err);
        run = test_shell("ls %s/w", test_folder());
        ck_assert_str_eq(run->out, "build_of_tests\n");
    }
}
END_TEST

/* The word at this column of the line of help that starts with option; "" if none is there. */
static const char *word_behind(const char *help, const char *option, int column) {
    static char word[64];
    const char *line = strstr(help, option);
    word[0] = 0;
    if (line && line[column] != ' ') sscanf(line + column, "%63s", word);
    return line ? word : NULL;
}

/* Help names every option of the usage line, and defaults that are the defaults. */
START_TEST(help_knows_all_options) {
    static const char *const commands[] = {"record", "watch", "play"};
    static test_run help;
    for (int k = 0; k < 3; k++) {
        help = *test_shell("gibbs help %s", commands[k]);
#ifndef GB_SDL
        if (k) continue;
#endif
        ck_assert(!help.code);
        char *end = strstr(help.out, "\noptions");
        ck_assert_msg(end != NULL, "%s", help.out);
        int options = 0;
        for (const char *at = help.out; (at = strstr(at, "[--")) && at < end; at += 3) {
            char row[64] = "\n  --";
            sscanf(at + 3, "%50[a-z.A-Z]", row + 5);
            if (!strcmp(row + 5, "OPTION")) continue; /* the solver's help has these */
            ck_assert_msg(strstr(end, row) != NULL, "%s: no %s", commands[k], row + 3);
            options++;
        }
        ck_assert_int_ge(options, 7);
    }
    help = *test_shell("gibbs help record");
    char all[512] = "";
    static const char *const named[] = {"episodes", "seed", "size", "theme", "frames"};
    for (int k = 0; k < 5; k++) {
        char row[64];
        const char *word =
            word_behind(help.out, gb_format(row, sizeof row, "\n  --%s", named[k]), 24);
        ck_assert_msg(word && *word, "--%s has no default", named[k]);
        gb_format(all + strlen(all), sizeof all - strlen(all), " --%s %s", named[k], word);
    }
    const test_run *run = test_shell("B=$PWD/%s/gibbs; cd %s; $B record cartpole -o a.png && "
                                     "$B record cartpole -o b.png %s && cmp a.png b.png",
                                     GB_BUILD, test_folder(), all);
    ck_assert_msg(!run->code, "%s: %s%s", all, run->out, run->err);
#ifdef GB_SDL
    help = *test_shell("gibbs help watch");
    const char *const size = word_behind(help.out, "\n  --size", 24);
    ck_assert(size && *size);
    run = test_shell("B=$PWD/%s/gibbs; cd %s; $B watch cartpole --shot a.png && "
                     "$B watch cartpole --shot b.png --size %s --seed 0 --theme light --steps 50 "
                     "&& cmp a.png b.png",
                     GB_BUILD, test_folder(), size);
    ck_assert_msg(!run->code, "%s: %s%s", size, run->out, run->err);
#endif
}
END_TEST

START_TEST(earlier_play_is_kept) {
    test_write(file("a.jsonl"), "old", 3);
    const test_run *run = test_shell("gibbs play cartpole --save %s", file("a.jsonl"));
#ifdef GB_SDL
    ck_assert_int_eq(run->code, 2);
    ck_assert_msg(strstr(run->err, "is there already") != NULL, "%s", run->err);
#endif
    size_t n;
    char *text = test_read(file("a.jsonl"), &n);
    ck_assert(n == 3 && run->code);
    free(text);
}
END_TEST

#ifdef GB_FFMPEG

/* --- films ------------------------------------------------------------------------------------*/

START_TEST(films_have_size_length_and_rate) {
    static const struct {
        const char *args, *name;
        int w, h, frames;
        double rate;
    } rows[] = {
        {"pendulum --steps 20", "a.mp4", 640, 480, 21, 20},
        {"pendulum --steps 20 --size 320x160 --panel", "a.mp4", 320, 160, 21, 20},
        {"cartpole --steps 5 --size 100x64 --theme dark", "a.mp4", 100, 64, 6, 50},
        {"acrobot --steps 3 --size 64x64", "a.mp4", 64, 64, 4, 5},
        {"frozen_lake --steps 3 --size 64x64", "a.mp4", 64, 64, 4, 4},
        {"breakout --steps 3 --size 64x64", "a.mp4", 64, 64, 4, 10},
        {"mountain_car --steps 3 --size 64x64", "a.mp4", 64, 64, 4, 30},
        {"mountain_car --steps 3 --size 64x64 --fps 12.5", "a.mp4", 64, 64, 4, 12.5},
        /* a thousand steps a second: one in 17 is shown, and the last */
        {"pendulum --env.dt 0.001 --steps 100 --size 64x64", "a.mp4", 64, 64, 7, 1000 / 17.0},
        {"pendulum --steps 20 --size 101x65", "a.gif", 101, 65, 21, 20},
        {"cartpole --steps 5 --size 100x64", "a.gif", 100, 64, 6, 50},
        /* whole episodes, each with its first and its last state */
        {"pendulum --episodes 2 --size 64x64", "a.mp4", 64, 64, 402, 20},
        {"pendulum --episodes 2 --steps 250 --size 64x64", "a.mp4", 64, 64, 252, 20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const test_run *run = test_shell("gibbs record %s -o %s", rows[i].args, file(rows[i].name));
        ck_assert_msg(!run->code && !run->err[0], "%s: %s", rows[i].args, run->err);
        const film_facts *film = film_probe(file(rows[i].name));
        ck_assert_msg(film->w == rows[i].w && film->h == rows[i].h, "%s", rows[i].args);
        ck_assert_msg(film->frames == rows[i].frames, "%s: %d frames", rows[i].args, film->frames);
        ck_assert_double_eq_tol(film->seconds, film->frames / rows[i].rate, 0.011);
        if (rows[i].name[2] == 'm') ck_assert_double_eq_tol(film->rate, rows[i].rate, 1e-3);
        ck_assert_int_eq(count_files(), 1);
        remove(file(rows[i].name));
    }
}
END_TEST

/* The last frame of a film is the picture of the same steps, but for what the coding loses. */
START_TEST(film_shows_what_pictures_show) {
    static picture p;
    test_shell("gibbs record taxi -o %s --steps 9 --size 320x240", file("a.mp4"));
    test_shell("gibbs record taxi -o %s --steps 9 --size 320x240 --frames 1", file("a.png"));
    read_png(file("a.png"), &p);
    const film_facts *film = film_probe(file("a.mp4"));
    double off = 0;
    for (int i = 0; i < 3 * 320 * 240; i++) off += abs(film->last[i] - p.rgb[i]);
    ck_assert_double_lt(off / (3 * 320 * 240), 2);
    off = 0;
    for (int i = 0; i < 3 * 320 * 240; i++) off += abs(film->first[i] - p.rgb[i]);
    ck_assert_double_gt(off / (3 * 320 * 240), 0.5); /* the taxi was elsewhere */
}
END_TEST

START_TEST(interrupted_film_leaves_nothing) {
    static const char *const names[] = {"a.mp4", "a.gif"};
    for (int k = 0; k < 2; k++) {
        const test_run *run =
            test_shell("timeout -s INT 0.4 %s/gibbs record river_swim --episodes 1000000 --size "
                       "64x64 -o %s",
                       GB_BUILD, file(names[k]));
        ck_assert_int_ne(run->code, 0);
        ck_assert_int_eq(count_files(), 0);
    }
}
END_TEST

#endif

/* --- playing ----------------------------------------------------------------------------------*/

#ifdef GB_SDL

/* A person at a screen that nobody sees: keys by xdotool, if it and Xvfb are there. What was saved
 * is what gibbs rollout prints when it is given the same actions. */
START_TEST(play_saves_what_rollout_prints) {
    if (!test_has_display()) return;
    const test_run *run = test_shell(
        "G=$PWD/%s/gibbs; cd %s; " TEST_DISPLAY
        "ASAN_OPTIONS=detect_leaks=0 " /* D-Bus, which the window asks for, keeps some bytes */
        "timeout 100 $G play frozen_lake --seed 2 --steps 4 --save a.jsonl --size 200x200 & P=$!; "
        /* no window manager gives the window the keyboard */
        "while kill -0 $P 2>/dev/null; do "
        "xdotool search --name gibbs windowfocus key Right key Down >/dev/null 2>&1; sleep 0.1; "
        "done; wait $P; C=$?; " TEST_DISPLAY_END
        "sed 's/.*\"action\":\\[\\([0-9]*\\)\\].*/\\1/' a.jsonl >actions; "
        "$G rollout frozen_lake --seed 2 --actions actions | cmp - a.jsonl && "
        "[ $(wc -l <a.jsonl) = 4 ] && exit $C",
        GB_BUILD, test_folder());
    ck_assert_msg(!run->code, "%d %s%s", run->code, run->out, run->err);
    ck_assert_msg(strstr(run->out, "saved a.jsonl") != NULL, "%s", run->out);
}
END_TEST

#endif

Suite *record_suite(void);
Suite *record_suite(void) {
    const TTest *const tests[] = {drawings_are_golden,
                                  sheet_holds_the_episode,
                                  panel_is_that_of_the_window,
                                  actions_are_the_best_or_sampled,
                                  refusals,
                                  help_knows_all_options,
                                  earlier_play_is_kept,
#ifdef GB_FFMPEG
                                  films_have_size_length_and_rate,
                                  film_shows_what_pictures_show,
                                  interrupted_film_leaves_nothing,
#endif
#ifdef GB_SDL
                                  play_saves_what_rollout_prints,
#endif
                                  NULL};
    return test_suite("record", tests, 120);
}
