/* Threads that share a task. */
#define _GNU_SOURCE
#include "pool.h"
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 2000 };

struct tally {
    int count[GB_POOL_MOST], parts;
    pthread_t thread[GB_POOL_MOST];
};

static void count_part(void *context, int part, int parts) {
    struct tally *tally = context;
    tally->count[part]++;
    tally->thread[part] = pthread_self();
    if (parts != tally->parts) tally->count[part] = -1000000;
}

/* Every part once a round, whatever numbers follow each other. */
static void check_rounds(void) {
    static const int parts[] = {2, 5, 1, 3, 2};
    for (int p = 0; p < 5; p++) {
        struct tally tally = {.parts = parts[p]};
        for (int round = 0; round < ROUNDS; round++) gb_pool_run(parts[p], count_part, &tally);
        for (int k = 0; k < GB_POOL_MOST; k++)
            ck_assert_int_eq(tally.count[k], k < parts[p] ? ROUNDS : 0);
        ck_assert(pthread_equal(tally.thread[0], pthread_self()));
    }
}

START_TEST(each_part_once_a_round) {
    check_rounds();
}
END_TEST

START_TEST(parts_have_threads) {
    struct tally tally = {.parts = 3};
    gb_pool_run(3, count_part, &tally);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < i; j++) ck_assert(!pthread_equal(tally.thread[i], tally.thread[j]));
}
END_TEST

START_TEST(sleepers_wake) {
    struct tally tally = {.parts = 2};
    for (int round = 0; round < 20; round++) {
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL); /* long enough for them to sleep */
        gb_pool_run(2, count_part, &tally);
    }
    ck_assert_int_eq(tally.count[1], 20);
}
END_TEST

START_TEST(as_many_as_there_can_be) {
    struct tally tally = {.parts = GB_POOL_MOST};
    gb_pool_run(GB_POOL_MOST + 50, count_part, &tally);
    for (int k = 0; k < GB_POOL_MOST; k++) ck_assert_int_eq(tally.count[k], 1);
}
END_TEST

static void nested(void *context, int part, int parts) {
    struct tally *tally = context;
    (void)parts;
    gb_pool_run(3, count_part, &tally[part]);
}

START_TEST(a_task_of_a_task) {
    struct tally tally[2] = {{.parts = 3}, {.parts = 3}};
    for (int round = 0; round < 100; round++) gb_pool_run(2, nested, tally);
    for (int t = 0; t < 2; t++)
        for (int k = 0; k < 3; k++) ck_assert_int_eq(tally[t].count[k], 100);
}
END_TEST

START_TEST(after_a_fork) {
    int status = -1;
    check_rounds();
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        struct tally tally = {.parts = 4};
        gb_pool_run(4, count_part, &tally);
        _exit(tally.count[0] + tally.count[1] + tally.count[2] + tally.count[3] == 4 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    check_rounds();
}
END_TEST

#ifdef __linux__
/* Where the threads of a task may run. */
struct places {
    cpu_set_t may[GB_POOL_MOST];
};

static void note_place(void *context, int part, int parts) {
    struct places *places = context;
    (void)parts;
    sched_getaffinity(0, sizeof places->may[part], &places->may[part]);
}

static bool is_free(const cpu_set_t *all) {
    cpu_set_t now;
    sched_getaffinity(0, sizeof now, &now);
    return CPU_EQUAL(&now, all);
}

/* Runs `job` in a process of its own, with no threads yet; returns whether it returned true. */
static bool apart(bool (*job)(const cpu_set_t *all, int cores)) {
    cpu_set_t all;
    int status = -1;
    sched_getaffinity(0, sizeof all, &all);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) _exit(job(&all, CPU_COUNT(&all)) ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status == 0;
}

/* Whether each of n parts had a core of its own, and all cores had one. */
static bool were_apart(const struct places *places, const cpu_set_t *all, int n) {
    cpu_set_t used;
    bool apart = true;
    CPU_ZERO(&used);
    for (int k = 0; k < n; k++) {
        apart = apart && CPU_COUNT(&places->may[k]) == 1;
        CPU_OR(&used, &used, &places->may[k]);
    }
    return apart && CPU_EQUAL(&used, all);
}

/* As many threads as cores: each has one of its own, also when the workers had slept before; but
 * for a caller that was held up until they slept again. */
static bool each_on_its_own(const cpu_set_t *all, int cores) {
    struct places places;
    int apart[2] = {0, 0};
    for (int round = 0; round < 1000 && (apart[0] < 10 || apart[1] < 10); round++) {
        gb_pool_run(cores, note_place, &places);
        if (were_apart(&places, all, cores))
            apart[round % 2]++;
        else if (!CPU_EQUAL(&places.may[0], all))
            return false;
        if (round % 2) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
    return apart[0] >= 10 && apart[1] >= 10;
}

/* One thread more than there are cores: the kernel has to share them out. */
static bool all_are_free(const cpu_set_t *all, int cores) {
    struct places places;
    bool free = true;
    for (int round = 0; round < 20; round++) {
        gb_pool_run(cores + 1, note_place, &places);
        for (int k = 0; k <= cores; k++) free = free && CPU_EQUAL(&places.may[k], all);
    }
    return free;
}

/* When the workers sleep, the caller may go where it could before. */
static bool caller_is_free_again(const cpu_set_t *all, int cores) {
    struct places places;
    for (int round = 0; round < 5; round++) {
        gb_pool_run(cores, note_place, &places);
        while (!is_free(all)) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    return true;
}

/* A child process that is started while the workers are awake is not bound; nor is any thread when
 * they become more than there are cores. */
static bool children_are_free(const cpu_set_t *all, int cores) {
    struct places places;
    int status = -1;
    gb_pool_run(cores, note_place, &places);
    pid_t child = fork();
    if (!child) _exit(is_free(all) ? 0 : 1);
    return waitpid(child, &status, 0) == child && status == 0;
}
static bool more_workers_are_free(const cpu_set_t *all, int cores) {
    struct places places;
    gb_pool_run(cores, note_place, &places);
    gb_pool_run(cores + 1, note_place, &places);
    for (int k = 0; k <= cores; k++)
        if (!CPU_EQUAL(&places.may[k], all)) return false;
    return true;
}

START_TEST(threads_have_cores) {
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    if (CPU_COUNT(&all) >= GB_POOL_MOST) return;
    if (CPU_COUNT(&all) > 1) ck_assert(apart(each_on_its_own));
    ck_assert(apart(all_are_free));
    ck_assert(apart(caller_is_free_again));
    ck_assert(apart(children_are_free));
    ck_assert(apart(more_workers_are_free));
}
END_TEST
#endif

Suite *pool_suite(void);
Suite *pool_suite(void) {
    const TTest *const tests[] = {each_part_once_a_round,
                                  parts_have_threads,
                                  sleepers_wake,
                                  as_many_as_there_can_be,
                                  a_task_of_a_task,
                                  after_a_fork,
#ifdef __linux__
                                  threads_have_cores,
#endif
                                  NULL};
    return test_suite("pool", tests, 60);
}
