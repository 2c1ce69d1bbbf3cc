#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* A count that one thread moves on and another waits for. The wait looks at it for a moment and
 * then sleeps. No wake-up is lost: the mover counts, then looks whether the other is asleep; the
 * other says that it is asleep, then looks at the count. */
typedef struct gate {
    _Alignas(64) atomic_uint count;
    atomic_bool asleep;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} gate;

/* How long a wait looks before it sleeps. The gaps between the tasks of an update are shorter, and a
 * core that fell idle takes 0.1 ms to come back where a hypervisor has to be asked. */
#define PATIENCE 5e-4 /* s */

static void gate_init(gate *g) {
    atomic_init(&g->count, 0);
    atomic_init(&g->asleep, false);
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
}

static void gate_open(gate *g) {
    atomic_fetch_add(&g->count, 1);
    if (!atomic_load(&g->asleep)) return;
    pthread_mutex_lock(&g->lock);
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
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
        const double now = seconds();
        if (end == 0) end = now + PATIENCE;
        if (now >= end) return false;
    }
}

static void gate_wait(gate *g, unsigned count) {
    if (gate_seen(g, count)) return;
    pthread_mutex_lock(&g->lock);
    atomic_store(&g->asleep, true);
    while (atomic_load(&g->count) != count) pthread_cond_wait(&g->wake, &g->lock);
    atomic_store(&g->asleep, false);
    pthread_mutex_unlock(&g->lock);
}

typedef struct worker {
    gate asked, done;
    int part, parts;
    gb_pool_task *task;
    void *context;
} worker;

/* worker[k] does part k; 0 is the calling thread. */
static worker workers[GB_POOL_MOST];
static int started = 1;                                  /* under `busy`, as are all tasks */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER; /* held while a task runs */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *work(void *context) {
    worker *w = context;
    for (unsigned round = 1;; round++) {
        gate_wait(&w->asked, round);
        w->task(w->context, w->part, w->parts);
        gate_open(&w->done);
    }
    return NULL;
}

/* A forked process has none of its parent's threads, and starts its own. */
static void forget_workers(void) {
    started = 1;
    pthread_mutex_init(&busy, NULL);
}

static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_workers);
}

/* Has at least parts - 1 workers if it can; returns how many parts have a thread. */
static int start_workers(int parts) {
    pthread_attr_t attr;
    if (started >= parts || pthread_attr_init(&attr)) return started < parts ? started : parts;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (; started < parts; started++) {
        pthread_t thread;
        worker *w = &workers[started];
        gate_init(&w->asked);
        gate_init(&w->done);
        if (pthread_create(&thread, &attr, work, w)) break;
    }
    pthread_attr_destroy(&attr);
    return started < parts ? started : parts;
}

void gb_pool_run(int parts, gb_pool_task *task, void *context) {
    if (parts > GB_POOL_MOST) parts = GB_POOL_MOST;
    pthread_once(&once, watch_forks);
    bool ours = parts > 1 && !pthread_mutex_trylock(&busy);
    int threads = ours ? start_workers(parts) : 1;
    for (int part = 1; part < threads; part++) {
        worker *w = &workers[part];
        w->task = task, w->context = context, w->part = part, w->parts = parts;
        gate_open(&w->asked);
    }
    task(context, 0, parts);
    for (int part = threads; part < parts; part++) task(context, part, parts);
    for (int part = 1; part < threads; part++)
        gate_wait(&workers[part].done, atomic_load(&workers[part].asked.count));
    if (ours) pthread_mutex_unlock(&busy);
}
