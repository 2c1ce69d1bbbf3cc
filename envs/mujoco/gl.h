/* gl.h - OpenGL without a window: a context of EGL on a thread of its own, so that it neither meets
 * the context of a window nor depends on which thread draws. EGL is loaded with the first context:
 * nothing is linked, and a machine without it has only no such pictures. */
#ifndef GB_ENVS_MUJOCO_GL_H
#define GB_ENVS_MUJOCO_GL_H

#include <stdbool.h>

typedef struct gb_gl gb_gl;

/* Returns a new context, or NULL if there is none to be had: no library, no driver, no memory. */
gb_gl *gb_gl_open(void);
/* Runs f(work) with the context current, and waits for its end. One caller at a time. */
void gb_gl_run(gb_gl *gl, void (*f)(void *work), void *work);
/* Whether this process opened it: a fork has the memory, but not the thread. */
bool gb_gl_is_here(const gb_gl *gl);
/* Ends the context and all that was made in it. NULL is allowed, and does nothing, as does what
 * another process opened. */
void gb_gl_close(gb_gl *gl);

#endif
