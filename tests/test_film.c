/* Films: what FFmpeg reads from them is what was put in; nothing is left of one that failed. */
#include "film.h"
#include "film_probe.h"
#include "support.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { W = 160, H = 96, SQUARE = 32 };

/* A blue square on white paper that moves to the right, two pixels a frame. */
static const uint32_t *picture(int frame) {
    static uint32_t pixels[W * H];
    for (int i = 0; i < W * H; i++) {
        const int x = i % W - 2 * frame, y = i / W - SQUARE;
        const bool inside = x >= 0 && x < SQUARE && y >= 0 && y < SQUARE;
        const gb_rgb c = gb_theme_light.color[inside ? GB_BLUE : GB_PAPER];
        pixels[i] = 0xff000000 | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
    }
    return pixels;
}

static int count_files(const char *folder) {
    char pattern[300];
    glob_t found;
    gb_format(pattern, sizeof pattern, "%s/*", folder);
    int n = glob(pattern, 0, NULL, &found) ? 0 : (int)found.gl_pathc;
    globfree(&found);
    return n;
}

START_TEST(bad_names_and_numbers_are_told) {
    static const struct {
        const char *path;
        int w, h;
        double rate;
        const char *says;
    } rows[] = {
        {"a.avi", 64, 64, 10, "ends with .mp4 or .gif"},
        {"mp4", 64, 64, 10, "ends with"},
        {".gif", 64, 64, 10, "ends with"},
        {"a.mp4.tmp", 64, 64, 10, "ends with"},
        {"a.gif", 64, 64, 0, "0 frames a second"},
        {"a.gif", 64, 64, 1e6, "frames a second"},
        {"a.gif", 64, 64, -1, "frames a second"},
        {"a.mp4", 64, 8, 10, "64x8 pixels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_err err = {""};
        int code = GB_OK;
        ck_assert_ptr_null(gb_film_open(rows[i].path, rows[i].w, rows[i].h, rows[i].rate,
                                        &gb_theme_light, &code, &err));
        ck_assert_int_eq(code, GB_USAGE);
        ck_assert_msg(strstr(err.msg, rows[i].says) != NULL, "%s", err.msg);
    }
}
END_TEST

#ifdef GB_FFMPEG

/* Writes a film of n frames; returns its path. */
static const char *make(const char *name, int n, double rate) {
    static char path[256];
    gb_err err;
    int code;
    gb_format(path, sizeof path, "%s/%s", test_folder(), name);
    gb_film *film = gb_film_open(path, W, H, rate, &gb_theme_light, &code, &err);
    ck_assert_msg(film != NULL, "%s", err.msg);
    for (int i = 0; i < n; i++)
        ck_assert_msg(!gb_film_frame(film, picture(i), &err), "%s", err.msg);
    ck_assert_int_eq(count_files(test_folder()), 0); /* nothing before the end */
    ck_assert_msg(!gb_film_close(film, &err), "%s", err.msg);
    return path;
}

static void assert_square(const film_facts *film, const uint8_t *rgb, int frame, int off) {
    const gb_rgb blue = gb_theme_light.color[GB_BLUE], paper = gb_theme_light.color[GB_PAPER];
    const uint8_t in[3] = {blue.r, blue.g, blue.b}, out[3] = {paper.r, paper.g, paper.b};
    const int left = 2 * frame, middle = SQUARE + SQUARE / 2;
    ck_assert(film_pixel(film, rgb, left + 4, middle, in, off));
    ck_assert(film_pixel(film, rgb, left + SQUARE - 5, middle, in, off));
    ck_assert(film_pixel(film, rgb, left + SQUARE + 4, middle, out, off));
    ck_assert(left < 8 || film_pixel(film, rgb, left - 5, middle, out, off));
    ck_assert(film_pixel(film, rgb, left + 16, SQUARE - 5, out, off));
    ck_assert(film_pixel(film, rgb, left + 16, 2 * SQUARE + 4, out, off));
}

START_TEST(mp4_holds_what_was_put_in) {
    static const double rates[] = {20, 50, 29.97, 5, 12.5};
    for (int k = 0; k < 5; k++) {
        const film_facts *film = film_probe(make("a.mp4", 30, rates[k]));
        ck_assert_str_eq(film->codec, "h264");
        ck_assert(film->w == W && film->h == H);
        ck_assert_int_eq(film->frames, 30);
        ck_assert_double_eq_tol(film->rate, rates[k], 1e-3);
        ck_assert_double_eq_tol(film->seconds, 30 / rates[k], 0.002);
        assert_square(film, film->first, 0, 6);
        assert_square(film, film->last, 29, 6);
        remove(gb_format((char[256]){0}, 256, "%s/a.mp4", test_folder()));
    }
}
END_TEST

START_TEST(gif_holds_what_was_put_in) {
    static const double rates[] = {20, 50, 5, 30};
    for (int k = 0; k < 4; k++) {
        const film_facts *film = film_probe(make("a.gif", 30, rates[k]));
        ck_assert_str_eq(film->codec, "gif");
        ck_assert(film->w == W && film->h == H);
        ck_assert_int_eq(film->frames, 30);
        ck_assert_double_eq_tol(film->seconds, 30 / rates[k], 0.0101);
        assert_square(film, film->first, 0, 0); /* the palette has the theme's very colours */
        assert_square(film, film->last, 29, 0);
        remove(gb_format((char[256]){0}, 256, "%s/a.gif", test_folder()));
    }
}
END_TEST

static double apart(const double difference[3]) {
    return 3 * difference[0] * difference[0] + 6 * difference[1] * difference[1] +
           difference[2] * difference[2];
}

/* Whatever blend of two colours an edge has, a gif has one no further from it than half the way
 * between two of those that the palette has between them. */
START_TEST(gif_has_blends) {
    static uint32_t pixels[64 * 64];
    char path[256];
    gb_err err;
    int code;
    for (int dark = 0; dark < 2; dark++) {
        const gb_theme *theme = dark ? &gb_theme_dark : &gb_theme_light;
        const gb_rgb a = theme->color[GB_GREEN], b = theme->color[GB_PAPER];
        const double way[3] = {(abs(a.r - b.r) + 6) / 6.0, (abs(a.g - b.g) + 6) / 6.0,
                               (abs(a.b - b.b) + 6) / 6.0}; /* and a level of rounding */
        for (int i = 0; i < 64 * 64; i++) {
            const int part = i % 64;
#define MIX(of) (uint32_t)((a.of * (63 - part) + b.of * part) / 63)
            pixels[i] = 0xff000000 | MIX(r) << 16 | MIX(g) << 8 | MIX(b);
#undef MIX
        }
        gb_format(path, sizeof path, "%s/a.gif", test_folder());
        gb_film *film = gb_film_open(path, 64, 64, 10, theme, &code, &err);
        ck_assert(!gb_film_frame(film, pixels, &err) && !gb_film_close(film, &err));
        const film_facts *facts = film_probe(path);
        for (int i = 0; i < 64 * 64; i++) {
            double off[3];
            for (int k = 0; k < 3; k++)
                off[k] = (double)(pixels[i] >> (16 - 8 * k) & 255) - facts->first[3 * i + k];
            ck_assert_msg(apart(off) <= apart(way), "dark %d, blend %d", dark, i % 64);
        }
    }
}
END_TEST

START_TEST(odd_sizes_lose_a_row) {
    static uint32_t pixels[65 * 47];
    char path[256];
    gb_err err;
    int code;
    for (int i = 0; i < 65 * 47; i++) pixels[i] = i % 65 < 32 ? 0xff0072b2 : 0xffffffff;
    gb_format(path, sizeof path, "%s/a.mp4", test_folder());
    gb_film *film = gb_film_open(path, 65, 47, 10, &gb_theme_light, &code, &err);
    ck_assert(!gb_film_frame(film, pixels, &err) && !gb_film_close(film, &err));
    const film_facts *facts = film_probe(path);
    ck_assert(facts->w == 64 && facts->h == 46 && facts->frames == 1);
    for (int y = 0; y < 46; y++) { /* rows are where they were */
        ck_assert(film_pixel(facts, facts->first, 20, y, (uint8_t[]){0, 0x72, 0xb2}, 6));
        ck_assert(film_pixel(facts, facts->first, 44, y, (uint8_t[]){255, 255, 255}, 6));
    }
}
END_TEST

/* A player may begin before it has the whole file: the index stands before the pictures. */
START_TEST(index_comes_first) {
    size_t n;
    char *bytes = test_read(make("a.mp4", 5, 20), &n);
    size_t moov = 0, mdat = 0;
    for (size_t at = 0; at + 8 <= n;) {
        const uint8_t *box = (const uint8_t *)bytes + at;
        if (!memcmp(box + 4, "moov", 4)) moov = at;
        if (!memcmp(box + 4, "mdat", 4)) mdat = at;
        at += (size_t)box[0] << 24 | (size_t)box[1] << 16 | (size_t)box[2] << 8 | box[3];
    }
    ck_assert(moov && mdat && moov < mdat);
    free(bytes);
}
END_TEST

START_TEST(same_pictures_same_file) {
    static const char *const names[] = {"a.mp4", "a.gif"};
    for (int k = 0; k < 2; k++) {
        size_t n[2];
        char *bytes[2];
        for (int i = 0; i < 2; i++) {
            const char *path = make(names[k], 20, 25);
            bytes[i] = test_read(path, &n[i]);
            remove(path);
        }
        ck_assert(n[0] == n[1] && !memcmp(bytes[0], bytes[1], n[0]));
        free(bytes[0]);
        free(bytes[1]);
    }
}
END_TEST

START_TEST(nothing_is_left_of_a_failure) {
    gb_err err;
    int code;
    char path[256];
    static const char *const names[] = {"a.mp4", "a.gif"};
    for (int k = 0; k < 2; k++) {
        gb_format(path, sizeof path, "%s/%s", test_folder(), names[k]);
        for (int frames = 0; frames < 2; frames++) { /* dropped; closed without a frame */
            gb_film *film = gb_film_open(path, W, H, 10, &gb_theme_light, &code, &err);
            for (int i = 0; i < 9 * frames; i++) ck_assert(!gb_film_frame(film, picture(i), &err));
            if (frames)
                gb_film_drop(film);
            else
                ck_assert_int_eq(gb_film_close(film, &err), GB_OK);
            ck_assert_int_eq(count_files(test_folder()), 0);
        }
        gb_format(path, sizeof path, "%s/no/such/%s", test_folder(), names[k]);
        gb_film *film = gb_film_open(path, W, H, 10, &gb_theme_light, &code, &err);
        ck_assert(film && !gb_film_frame(film, picture(0), &err));
        ck_assert_int_eq(gb_film_close(film, &err), GB_FAIL);
        ck_assert_msg(strstr(err.msg, "no/such") != NULL, "%s", err.msg);
    }
}
END_TEST

START_TEST(out_of_memory_is_no_crash) {
    static const char *const names[] = {"a.mp4", "a.gif"};
    for (int k = 0; k < 2; k++)
        for (long after = 0; after < 12; after++) {
            gb_err err = {""};
            int code = GB_OK;
            char path[256];
            gb_format(path, sizeof path, "%s/%s", test_folder(), names[k]);
            gb_alloc_fail_after(after);
            gb_film *film = gb_film_open(path, W, H, 10, &gb_theme_light, &code, &err);
            if (film) code = gb_film_frame(film, picture(0), &err);
            if (film && code) gb_film_drop(film);
            if (film && !code) code = gb_film_close(film, &err);
            gb_alloc_fail_after(-1);
            ck_assert_msg(!code == !err.msg[0], "%ld: %d %s", after, code, err.msg);
            ck_assert_int_eq(count_files(test_folder()), !code);
            if (!code) remove(path);
        }
}
END_TEST

#endif

Suite *film_suite(void);
Suite *film_suite(void) {
    const TTest *const tests[] = {bad_names_and_numbers_are_told,
#ifdef GB_FFMPEG
                                  mp4_holds_what_was_put_in,
                                  gif_holds_what_was_put_in,
                                  gif_has_blends,
                                  odd_sizes_lose_a_row,
                                  index_comes_first,
                                  same_pictures_same_file,
                                  nothing_is_left_of_a_failure,
                                  out_of_memory_is_no_crash,
#endif
                                  NULL};
    return test_suite("film", tests, 60);
}
