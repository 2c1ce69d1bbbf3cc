/* gl.c - the thread with the context, and the functions of EGL that make it. */
#include "gl.h"

#include <dlfcn.h>
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct gb_gl {
    pthread_t thread;
    sem_t asked, done;
    void (*f)(void *work); /* to run; NULL: end */
    void *work;
    bool ready; /* the context is there */
    pid_t process;
};

/* What is called of EGL. */
static struct {
    EGLDisplay (*get_platform_display)(EGLenum, void *, const EGLAttrib *);
    EGLDisplay (*get_display)(EGLNativeDisplayType);
    EGLBoolean (*initialize)(EGLDisplay, EGLint *, EGLint *);
    EGLBoolean (*choose_config)(EGLDisplay, const EGLint *, EGLConfig *, EGLint, EGLint *);
    EGLBoolean (*bind_api)(EGLenum);
    EGLContext (*create_context)(EGLDisplay, EGLConfig, EGLContext, const EGLint *);
    EGLBoolean (*make_current)(EGLDisplay, EGLSurface, EGLSurface, EGLContext);
    EGLBoolean (*destroy_context)(EGLDisplay, EGLContext);
    EGLBoolean (*release_thread)(void);
} egl;

static bool find(void *library, const char *name, void *function) {
    void *symbol = library ? dlsym(library, name) : NULL;
    *(void **)function = symbol;
    return symbol;
}

static bool egl_there;

/* The library stays: drivers of OpenGL do not survive being unloaded. */
static void load_egl(void) {
    void *library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    egl_there = find(library, "eglGetPlatformDisplay", &egl.get_platform_display) &&
                find(library, "eglGetDisplay", &egl.get_display) &&
                find(library, "eglInitialize", &egl.initialize) &&
                find(library, "eglChooseConfig", &egl.choose_config) &&
                find(library, "eglBindAPI", &egl.bind_api) &&
                find(library, "eglCreateContext", &egl.create_context) &&
                find(library, "eglMakeCurrent", &egl.make_current) &&
                find(library, "eglDestroyContext", &egl.destroy_context) &&
                find(library, "eglReleaseThread", &egl.release_thread);
}

/* Mesa's displays without a surface need no window system; others may have only the usual one. */
static EGLDisplay open_display(void) {
    EGLDisplay display =
        egl.get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (display != EGL_NO_DISPLAY && egl.initialize(display, NULL, NULL)) return display;
    display = egl.get_display(EGL_DEFAULT_DISPLAY);
    if (display != EGL_NO_DISPLAY && egl.initialize(display, NULL, NULL)) return display;
    return EGL_NO_DISPLAY;
}

/* Makes a context current on this thread, or returns EGL_NO_CONTEXT. MuJoCo draws into a buffer of
 * its own, so there is no surface. */
static EGLContext make_context(EGLDisplay display) {
    static const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                                    EGL_OPENGL_BIT, EGL_NONE};
    EGLConfig config;
    EGLint n = 0;
    if (!egl.choose_config(display, wanted, &config, 1, &n) || n < 1) return EGL_NO_CONTEXT;
    if (!egl.bind_api(EGL_OPENGL_API)) return EGL_NO_CONTEXT;
    EGLContext context = egl.create_context(display, config, EGL_NO_CONTEXT, NULL);
    if (context == EGL_NO_CONTEXT) return EGL_NO_CONTEXT;
    if (egl.make_current(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) return context;
    egl.destroy_context(display, context);
    return EGL_NO_CONTEXT;
}

static void wait_for(sem_t *semaphore) {
    while (sem_wait(semaphore)) {
    } /* a signal */
}

static void *serve(void *argument) {
    gb_gl *gl = argument;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_egl);
    EGLDisplay display = egl_there ? open_display() : EGL_NO_DISPLAY;
    EGLContext context = display != EGL_NO_DISPLAY ? make_context(display) : EGL_NO_CONTEXT;
    gl->ready = context != EGL_NO_CONTEXT;
    sem_post(&gl->done);
    for (;;) {
        wait_for(&gl->asked);
        if (!gl->f) break;
        gl->f(gl->work);
        sem_post(&gl->done);
    }
    if (gl->ready) {
        egl.make_current(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        egl.destroy_context(display, context);
    }
    if (egl_there) egl.release_thread();
    return NULL;
}

/* Signals are for the threads that were there before; not those of this thread's own faults. */
static int start(gb_gl *gl) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t all, before;
    sigfillset(&all);
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) sigdelset(&all, own[k]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int fault = pthread_create(&gl->thread, NULL, serve, gl);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

static void destroy(gb_gl *gl) {
    sem_destroy(&gl->asked);
    sem_destroy(&gl->done);
    free(gl);
}

gb_gl *gb_gl_open(void) {
    gb_gl *gl = calloc(1, sizeof *gl);
    if (!gl) return NULL;
    gl->process = getpid();
    sem_init(&gl->asked, 0, 0);
    sem_init(&gl->done, 0, 0);
    if (start(gl)) {
        destroy(gl);
        return NULL;
    }
    wait_for(&gl->done);
    if (gl->ready) return gl;
    gb_gl_close(gl);
    return NULL;
}

void gb_gl_run(gb_gl *gl, void (*f)(void *work), void *work) {
    gl->f = f;
    gl->work = work;
    sem_post(&gl->asked);
    wait_for(&gl->done);
}

bool gb_gl_is_here(const gb_gl *gl) {
    return gl->process == getpid();
}

void gb_gl_close(gb_gl *gl) {
    if (!gl || !gb_gl_is_here(gl)) return;
    gl->f = NULL;
    sem_post(&gl->asked);
    pthread_join(gl->thread, NULL);
    destroy(gl);
}
