/* Binding threads to cores is no part of POSIX. */
#define _GNU_SOURCE
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* What a worker is asked to do. */
typedef struct work_order {
    gb_pool_task *task;
    void *context;
    int part, parts;
} work_order;

/* A count that one thread moves on and another waits for. The wait looks at it for a moment and
 * then sleeps. No wake-up is lost: the mover counts, then looks whether the other is asleep; the
 * other says that it is asleep, then looks at the count. An order for the other lies in the same
 * cache line as the count: each line takes its 0.2 us from core to core. */
typedef struct gate {
    _Alignas(64) atomic_uint count;
    atomic_bool asleep;
    work_order order; /* only where a worker is asked */
    pthread_mutex_t lock;
    pthread_cond_t wake;
} gate;

/* How long a wait looks before it sleeps. The gaps between the tasks of an update are shorter, and
 * a core that fell idle takes 0.1 ms to come back where a hypervisor has to be asked. */
#define PATIENCE         5e-4 /* s */
#define PATIENCE_CROWDED 5e-5 /* where that keeps a core from others of the pool */

static atomic_bool crowded; /* there are more threads than cores */

static void gate_init(gate *g) {
    atomic_init(&g->count, 0);
    atomic_init(&g->asleep, false);
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
}

/* Calls hook, unless it is NULL, before it wakes the other. */
static void gate_open(gate *g, void (*hook)(void)) {
    atomic_fetch_add(&g->count, 1);
    if (!atomic_load(&g->asleep)) return;
    pthread_mutex_lock(&g->lock);
    if (hook) hook();
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
}

/* Looks at the gate until it is at count, or patience ends. */
static bool gate_seen(gate *g, unsigned count) {
    enum { LOOKS = 200 }; /* between two at the clock: some microseconds */
    double end = 0;
    for (;;) {
        for (int look = 0; look < LOOKS; look++) {
            if (atomic_load_explicit(&g->count, memory_order_acquire) == count) return true;
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#endif
        }
        const double now = gb_seconds();
        if (end == 0) end = now + (crowded ? PATIENCE_CROWDED : PATIENCE);
        if (now >= end) return false;
    }
}

/* Calls hook, unless it is NULL, before it sleeps: then the hook of gate_open follows, never else.
 */
static void gate_wait(gate *g, unsigned count, void (*hook)(void)) {
    if (gate_seen(g, count)) return;
    pthread_mutex_lock(&g->lock);
    atomic_store(&g->asleep, true);
    while (atomic_load(&g->count) != count) {
        if (hook) hook();
        pthread_cond_wait(&g->wake, &g->lock);
    }
    atomic_store(&g->asleep, false);
    pthread_mutex_unlock(&g->lock);
}

typedef struct worker {
    gate asked, done;
    pthread_t thread;
} worker;

/* worker[k] does part k; 0 is the calling thread. */
static worker workers[GB_POOL_MOST];
static int started = 1;                                  /* under `busy`, as are all tasks */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER; /* held while a task runs */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* --- cores ------------------------------------------------------------------------------------
 * Some kernels leave two threads on one core for milliseconds while another core idles. Where the
 * pool has as many threads as the caller may use cores, each is so bound to one of its own; a
 * smaller pool leaves the choice to the kernel, which knows who else is there. The caller is bound
 * only while workers look out for tasks.
 */

#ifdef __linux__
static struct {
    pthread_mutex_t lock;
    bool bound, workers; /* whether the caller is, and whether they are */
    pid_t caller;
    cpu_set_t free; /* where the caller may run when it is not bound */
} cores = {.lock = PTHREAD_MUTEX_INITIALIZER};

static cpu_set_t only(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return set;
}

static int cores_allowed(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

/* Binds the workers to the cores other than `here`, or lets them run on all. */
static void place_workers(bool bind, int here) {
    for (int core = here, k = 1; k < started; k++) {
        do core = (core + 1) % CPU_SETSIZE;
        while (!CPU_ISSET(core, &cores.free));
        const cpu_set_t set = bind ? only(core) : cores.free;
        (void)pthread_setaffinity_np(workers[k].thread, sizeof set, &set);
    }
    cores.workers = bind;
}

/* Binds the caller to the core that it is on, and the workers to the others. Where the system
 * refuses, threads stay free. */
static void take_cores(void) {
    const int here = sched_getcpu();
    pthread_mutex_lock(&cores.lock);
    if (!cores.bound && here >= 0 && !sched_getaffinity(0, sizeof cores.free, &cores.free)) {
        const bool fits = CPU_COUNT(&cores.free) == started && CPU_ISSET(here, &cores.free);
        const cpu_set_t set = only(here);
        cores.caller = gettid();
        cores.bound = fits && !sched_setaffinity(0, sizeof set, &set);
        if (cores.bound || cores.workers) place_workers(cores.bound, here);
    }
    pthread_mutex_unlock(&cores.lock);
}

static void lock_free_caller(void) {
    pthread_mutex_lock(&cores.lock);
    if (cores.bound) (void)sched_setaffinity(cores.caller, sizeof cores.free, &cores.free);
    cores.bound = false;
}

static void unlock_cores(void) {
    pthread_mutex_unlock(&cores.lock);
}
#else
static int cores_allowed(void) {
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
static void take_cores(void) {}
static void lock_free_caller(void) {}
static void unlock_cores(void) {}
#endif

static void free_caller(void) {
    lock_free_caller();
    unlock_cores();
}

/* --- workers ----------------------------------------------------------------------------------*/

static void *work(void *context) {
    worker *w = context;
    for (unsigned round = 1;; round++) {
        gate_wait(&w->asked, round, w == &workers[1] ? free_caller : NULL);
        const work_order *o = &w->asked.order;
        o->task(o->context, o->part, o->parts);
        gate_open(&w->done, NULL);
    }
    return NULL;
}

/* A forked process has none of its parent's threads, and starts its own. */
static void forget_workers(void) {
    started = 1;
    pthread_mutex_init(&busy, NULL);
    unlock_cores();
}

static void watch_forks(void) {
    pthread_atfork(lock_free_caller, unlock_cores, forget_workers);
}

/* Has at least parts - 1 workers if it can; returns how many parts have a thread. */
static int start_workers(int parts) {
    pthread_attr_t attr;
    if (started >= parts || pthread_attr_init(&attr)) return started < parts ? started : parts;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    free_caller(); /* a thread begins where the one that starts it may run */
    for (; started < parts; started++) {
        worker *w = &workers[started];
        gate_init(&w->asked);
        gate_init(&w->done);
        if (pthread_create(&w->thread, &attr, work, w)) break;
    }
    pthread_attr_destroy(&attr);
    crowded = started > cores_allowed();
    take_cores();
    return started < parts ? started : parts;
}

void gb_pool_run(int parts, gb_pool_task *task, void *context) {
    if (parts > GB_POOL_MOST) parts = GB_POOL_MOST;
    pthread_once(&once, watch_forks);
    bool ours = parts > 1 && !pthread_mutex_trylock(&busy);
    int threads = ours ? start_workers(parts) : 1;
    for (int part = 1; part < threads; part++) {
        worker *w = &workers[part];
        w->asked.order = (work_order){task, context, part, parts};
        gate_open(&w->asked, part == 1 ? take_cores : NULL);
    }
    task(context, 0, parts);
    for (int part = threads; part < parts; part++) task(context, part, parts);
    for (int part = 1; part < threads; part++)
        gate_wait(&workers[part].done, atomic_load(&workers[part].asked.count), NULL);
    if (ours) pthread_mutex_unlock(&busy);
}
