/* gibbs plot: its groups and names, its pictures, its refusals. */
#include "support.h"

#ifdef GB_CAIRO

#include "plot_things.h"

#include <string.h>

/* --- groups and names -------------------------------------------------------------------------*/

START_TEST(test_names_tell_what_differs) {
    struct line l[64];
    put_run("a1", "sac", "pendulum", 1, "lr = 0.1\ntau = 5\n", "1,1,\n");
    put_run("a2", "sac", "pendulum", 2, "lr = 0.1\ntau = 5\n", "1,3,\n");
    put_run("b1", "sac", "pendulum", 1, "lr = 0.2\ntau = 5\n[env]\ng = 9\n", "1,5,\n");
    put_run("c1", "random", "pendulum", 1, "", "1,7,\n");
    put_run("d1", "sac", "cartpole", 1, "lr = 0.3\n", "1,9,\n");
    ck_assert_int_eq(lines_of("a1 b1 c1 d1 a2 -o a.png", l), 4);
    static const struct {
        const char *env, *name;
        double y;
        int seeds;
    } expected[] = {{"pendulum", "sac, lr 0.1", 2, 2},
                    {"pendulum", "sac, lr 0.2, env.g 9", 5, 1},
                    {"pendulum", "random", 7, 1},
                    {"cartpole", "sac", 9, 1}};
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(l[i].env, expected[i].env);
        ck_assert_str_eq(l[i].name, expected[i].name);
        ck_assert(l[i].y == expected[i].y && l[i].seeds == expected[i].seeds);
    }
    ck_assert_int_eq(lines_of("a1 d1 --panels one", l), 2);
    ck_assert_str_eq(l[0].name, "pendulum sac");
    ck_assert_str_eq(l[1].name, "cartpole sac");
}
END_TEST

START_TEST(test_tables) {
    struct line l[64];
    put("pendulum-s1.csv", "step,return_mean,loss\n1,2,x\n2,4,1\n");
    put("pendulum-s12.csv", "step,return_mean,loss\n1,4,x\n2,8,1\n");
    put("pendulum-ppo-s1.csv", "step,return_mean\n1,40\n2,80\n");
    put("iterations.csv", "iteration,residual\n1,1e-3\n2,1e-9\n");
    ck_assert_int_eq(lines_of("pendulum-s1.csv ./pendulum-s12.csv pendulum-ppo-s1.csv", l), 4);
    ck_assert_str_eq(l[0].env, "pendulum");
    ck_assert_str_eq(l[0].name, "");
    ck_assert(l[0].y == 3 && l[1].y == 6 && l[0].seeds == 2);
    ck_assert_str_eq(l[2].name, "ppo");
    ck_assert_int_eq(lines_of("iterations.csv --x iteration --y residual --log y -o a.png", l), 2);
    ck_assert(l[1].x == 2 && l[1].y == 1e-9);
}
END_TEST

/* Every option makes a picture, the same one each time, and pictures differ where they should. */
START_TEST(test_pictures) {
    static const char *const options[] = {"",
                                          "--theme dark",
                                          "--size 900x300",
                                          "--title 'A title'",
                                          "--log y",
                                          "--y return_mean,eval_return_mean",
                                          "--band 0",
                                          "--center iqm"};
    char args[256];
    four_seeds();
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 4; k++) {
            const char *ending = k < 2 ? "png" : "svg";
            gb_format(args, sizeof args, "r0 r1 r2 r3 --y return_mean %s -o %d-%d.%s", options[i],
                      i, k, ending);
            plots(args);
        }
    const test_run *run = test_shell(
        "cd %s; for i in 0 1 2 3 4 5 6 7; do cmp $i-0.png $i-1.png && cmp $i-2.svg $i-3.svg || "
        "exit 1; done; cat ?-0.png | wc -c; for i in 1 2 3 4 5 6 7; do cmp -s 0-0.png $i-0.png && "
        "exit 2; done; ls | grep -c tmp",
        test_folder());
    ck_assert_msg(run->code == 1, "%d %s %s", run->code, run->out, run->err); /* grep: none */
}
END_TEST

/* --- refusals ---------------------------------------------------------------------------------*/

START_TEST(test_refusals) {
    static const struct {
        int code;
        const char *says, *args;
    } cases[] = {
        {2, "usage", ""},
        {2, "usage", "-o a.png"},
        {2, "where to?", "r0"},
        {2, "a.jpg: charts are .svg or .png", "r0 -o a.jpg"},
        {2, "-o: given twice", "r0 -o a.png -o b.png"},
        {2, "--csv: given twice", "r0 --csv a --csv b"},
        {2, "no such option", "r0 -o a.png --colour red"},
        {2, "did you mean center", "r0 -o a.png --centre iqm"},
        {2, "mean|iqm|median", "r0 -o a.png --center mode"},
        {2, "--band", "r0 -o a.png --band 100"},
        {2, "--band", "r0 -o a.png --band nan"},
        {2, "--smooth", "r0 -o a.png --smooth 0"},
        {2, "light|dark", "r0 -o a.png --theme grey"},
        {2, "env|one", "r0 -o a.png --panels two"},
        {2, "none|x|y|xy", "r0 -o a.png --log z"},
        {2, "WIDTHxHEIGHT", "r0 -o a.png --size 100"},
        {2, "out of range", "r0 -o a.png --size 100x100"},
        {2, "more than 8 columns", "r0 -o a.png --y a,b,c,d,e,f,g,h,i"},
        {2, "did you mean return_mean", "r0 -o a.png --y return_men"},
        {2, "it has step, return_mean, eval", "r0 -o a.png --y zzz"},
        {2, "has no column walls", "r0 -o a.png --x walls"},
        {2, "same options and seed as r0", "r0 r1 r0 -o a.png"},
        {2, "same options and seed as r0", "r0 twin -o a.png"},
        {2, "no wall time", "t.csv -o a.png --x wall"},
        {1, "nothing: no run and no csv file", "nothing -o a.png"},
        {1, "void: is no run (no config.ini)", "void -o a.png"},
        {1, "untrained: has no metrics.csv", "untrained -o a.png"},
        {1, "young/metrics.csv: has no rows yet", "young -o a.png"},
        {1, "has no rows yet", "empty.csv -o a.png"},
        {1, "column eval_return_mean has no value yet", "blank -o a.png --y eval_return_mean"},
        {1, "text.csv:3: column return_mean holds text", "text.csv -o a.png"},
        {1, "ragged.csv:3: has 1 cells", "ragged.csv -o a.png"},
        {1, "falls from 2 to 1", "back.csv -o a.png"},
        {1, "begins behind the end of", "early late -o a.png"},
        {1, "config.ini: [run] has no env", "nameless -o a.png"},
        {1, "events.out.tfevents.gibbs", "r0 -o a.png --x wall"},
        {1, "/nowhere/a.png: cannot be written", "r0 -o /nowhere/a.png"},
        {1, "/nowhere/a.csv: cannot be written", "r0 --csv /nowhere/a.csv"},
        {1, "UTF-8", "../../bin/sh -o a.png"},
    };
    four_seeds();
    put_run("twin", "sac", "pendulum", 0, "lr = 1\n", "1,2,3\n");
    put_run("young", "sac", "pendulum", 9, "", "");
    put_run("blank", "sac", "pendulum", 9, "", "1,2,\n");
    put_run("early", "sac", "pendulum", 1, "", "1,2,\n2,2,\n");
    put_run("late", "sac", "pendulum", 2, "", "3,2,\n4,2,\n");
    put_run("untrained", "sac", "pendulum", 2, "", "");
    put_run("nameless", "sac", "pendulum", 2, "", "1,2,\n");
    put("nameless/config.ini", "[run]\nagent = sac\n");
    put("empty.csv", "%s", "");
    put("t.csv", "step,return_mean\n1,2\n");
    put("text.csv", "step,return_mean\n1,2\n2,two\n");
    put("ragged.csv", "step,return_mean\n1,2\n3\n");
    put("back.csv", "step,return_mean\n2,2\n1,2\n");
    test_shell("cd %s && mkdir void && rm untrained/metrics.csv", test_folder());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_run *run = plot(cases[i].args);
        ck_assert_msg(run->code == cases[i].code, "%s: %d: %s", cases[i].args, run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, cases[i].says), "%s: %s", cases[i].args, run->err);
        ck_assert_str_eq(run->out, "");
    }
    ck_assert_int_eq(test_shell("ls %s | grep -E 'png|tmp'", test_folder())->code, 1);
}
END_TEST

/* A metrics.csv that is cut anywhere gives its whole rows, or says that there are none. */
START_TEST(test_cut_anywhere) {
    static const char rows[] = "100,-1.5,\n200,-0.25,3\n300,0.125,4\n";
    char part[sizeof rows];
    struct line l[64];
    for (size_t n = 0; n < sizeof rows; n++) {
        memcpy(part, rows, n);
        part[n] = 0;
        int whole = 0;
        for (const char *p = part; *p; p++) whole += *p == '\n';
        put_run("a", "sac", "pendulum", 1, "", part);
        if (whole) {
            ck_assert_int_eq(lines_of("a --y return_mean", l), whole);
            ck_assert(l[0].y == -1.5 && (whole < 2 || l[1].y == -0.25));
        } else {
            ck_assert_ptr_nonnull(strstr(plot("a --csv out.csv")->err, "no rows yet"));
        }
    }
}
END_TEST

/* What training writes is what is plotted. */
START_TEST(test_a_real_run) {
    const test_run *run =
        test_shell("B=$PWD/%s/gibbs; cd %s && for s in 1 2; do $B train qlearning corridor --steps "
                   "900 --log_every 100 --eval_every 300 --seed $s --quiet --out q$s; done && "
                   "$B plot q1 q2 -o a.svg && $B plot q1 -o b.png --x wall --y return_mean",
                   /* both take less than a millisecond, and need not have any of it in common */
                   GB_BUILD, test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_msg(strstr(run->out, "corridor: qlearning: eval_return_mean ") == run->out &&
                      strstr(run->out, "at step 900, 2 runs\n"),
                  "%s", run->out);
}
END_TEST

Suite *plot_suite(void);
Suite *plot_suite(void) {
    const TTest *const tests[] = {test_names_tell_what_differs,
                                  test_tables,
                                  test_pictures,
                                  test_refusals,
                                  test_cut_anywhere,
                                  test_a_real_run,
                                  NULL};
    return test_suite("plot", tests, 120);
}

#else

Suite *plot_suite(void);
Suite *plot_suite(void) {
    return suite_create("plot");
}

#endif
