#include "saver.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct gb_saver {
    pthread_t thread;
    bool threaded;         /* there is a thread */
    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t change; /* there is work, or it is done, or the thread shall end */
    atomic_bool busy, failed;
    bool ending;
    gb_archive *archive;
    char path[PATH_MAX];
    gb_saver_first *first;
    void *context;
    double seconds;
    gb_err err;
};

/* Writes what was handed over. The lock is not held: `busy` keeps others from the fields. */
static void write_one(gb_saver *saver, double *seconds) {
    const double start = gb_seconds();
    gb_err err;
    int code = saver->first ? saver->first(saver->context, &err) : GB_OK;
    if (!code) code = gb_archive_write(saver->archive, saver->path, &err);
    gb_archive_close(saver->archive);
    if (code && !saver->failed) saver->err = err;
    if (code) saver->failed = true;
    *seconds = gb_seconds() - start;
}

static void *work(void *context) {
    gb_saver *saver = context;
    double seconds = 0;
    pthread_mutex_lock(&saver->lock);
    for (;;) {
        while (!saver->busy && !saver->ending) pthread_cond_wait(&saver->change, &saver->lock);
        if (!saver->busy) break;
        pthread_mutex_unlock(&saver->lock);
        write_one(saver, &seconds);
        pthread_mutex_lock(&saver->lock);
        saver->seconds = seconds;
        saver->busy = false;
        pthread_cond_broadcast(&saver->change);
    }
    pthread_mutex_unlock(&saver->lock);
    return NULL;
}

/* Signals are for the thread of training. One that a write itself raises (a limit on file sizes)
 * then stays pending, and the write fails with a message. */
static bool start_thread(gb_saver *saver) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t all, before;
    sigfillset(&all);
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) sigdelset(&all, own[k]); /* its faults */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = !pthread_create(&saver->thread, NULL, work, saver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

gb_saver *gb_saver_create(gb_err *err) {
    gb_saver *saver = gb_alloc(1, sizeof *saver, err);
    if (!saver) return NULL;
    pthread_mutex_init(&saver->lock, NULL);
    pthread_cond_init(&saver->change, NULL);
    saver->threaded = start_thread(saver);
    return saver;
}

void gb_saver_destroy(gb_saver *saver) {
    if (!saver) return;
    pthread_mutex_lock(&saver->lock);
    saver->ending = true;
    pthread_cond_broadcast(&saver->change);
    pthread_mutex_unlock(&saver->lock);
    if (saver->threaded) pthread_join(saver->thread, NULL);
    pthread_cond_destroy(&saver->change);
    pthread_mutex_destroy(&saver->lock);
    gb_dealloc(saver);
}

void gb_saver_start(gb_saver *saver, gb_archive *archive, const char *path, gb_saver_first *first,
                    void *context) {
    pthread_mutex_lock(&saver->lock);
    GB_ASSERT(!saver->busy);
    gb_format(saver->path, sizeof saver->path, "%s", path);
    saver->archive = archive, saver->first = first, saver->context = context;
    saver->busy = saver->threaded;
    pthread_cond_broadcast(&saver->change);
    pthread_mutex_unlock(&saver->lock);
    if (!saver->threaded) write_one(saver, &saver->seconds);
}

bool gb_saver_idle(const gb_saver *saver) {
    return !saver->busy;
}

bool gb_saver_failed(const gb_saver *saver) {
    return saver->failed;
}

int gb_saver_wait(gb_saver *saver, gb_err *err) {
    pthread_mutex_lock(&saver->lock);
    while (saver->busy) pthread_cond_wait(&saver->change, &saver->lock);
    int code = saver->failed ? gb_fail(err, GB_FAIL, "%s", saver->err.msg) : GB_OK;
    pthread_mutex_unlock(&saver->lock);
    return code;
}

double gb_saver_seconds(gb_saver *saver) {
    pthread_mutex_lock(&saver->lock);
    double seconds = saver->seconds;
    pthread_mutex_unlock(&saver->lock);
    return seconds;
}
