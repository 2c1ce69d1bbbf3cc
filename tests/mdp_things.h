/* mdp_things.h - MDPs that several suites use. */
#ifndef GB_TESTS_MDP_THINGS_H
#define GB_TESTS_MDP_THINGS_H

#include "mdp.h"
#include "support.h"

#include <string.h>

/* Three states, two actions, gamma 0.5, with every kind of row:
 *   0, 0: to 1 (p 0.25, reward 2), to 0 (p 0.5, reward -1), ends in 2 (p 0.25, reward 8)
 *   0, 1: to 2 (p 1, reward 3)      1, 0: to 1 (p 1, reward 0)     1, 1: illegal
 *   2: ends in 2 (p 1, reward 0)    starts: 0 (p 0.75), 1 (p 0.25) */
static const char small_mdp[] = "# a small one\n"
                                "mdp 1\n"
                                "states 3\n"
                                "actions 2   # two\n"
                                "gamma 0.5\n"
                                "\n"
                                "start 0 0.75\n"
                                "start 1 0.25\n"
                                "reward 3\n"
                                "0 0 1 0.25 2\r\n"
                                "0 0 2 0.25 8 terminal\n"
                                "\t0 0 0  0.5 -1\n"
                                "0 1 2 1\n"
                                "1 0 1 1 0\n"
                                "illegal 1 1\n"
                                "end 2";

static inline void parse_small(gb_mdp *mdp) {
    gb_err err = {""};
    int code = gb_mdp_parse(mdp, small_mdp, strlen(small_mdp), "small", &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
}

/* Asserts that two MDPs are the same to the bit. */
static inline void same_mdp(const gb_mdp *a, const gb_mdp *b) {
    const size_t pairs = gb_mdp_pairs(a), n = a->outcomes;
    ck_assert_int_eq(a->states, b->states);
    ck_assert_int_eq(a->actions, b->actions);
    ck_assert_int_eq(a->branching, b->branching);
    ck_assert_uint_eq(a->outcomes, b->outcomes);
    ck_assert_double_eq(a->gamma, b->gamma);
    ck_assert_int_eq(!a->reward, !b->reward);
    ck_assert_int_eq(!a->legal, !b->legal);
    ck_assert_mem_eq(a->row, b->row, (pairs + 1) * sizeof *a->row);
    ck_assert_mem_eq(a->stop, b->stop, pairs * sizeof *a->stop);
    ck_assert_mem_eq(a->next, b->next, n * sizeof *a->next);
    ck_assert_mem_eq(a->p, b->p, n * sizeof *a->p);
    ck_assert_mem_eq(a->r, b->r, pairs * sizeof *a->r);
    ck_assert_mem_eq(a->start, b->start, (size_t)a->states * sizeof *a->start);
    if (a->reward) ck_assert_mem_eq(a->reward, b->reward, n * sizeof *a->reward);
    if (a->legal) ck_assert_mem_eq(a->legal, b->legal, pairs);
}

#endif
