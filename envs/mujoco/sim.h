/* sim.h - MuJoCo behind plain states.
 *
 * MuJoCo keeps what it knows of a running simulation in an mjData, half a megabyte of pointers. A
 * step depends on very little of that, and this little is what a state here begins with. The rest
 * is borrowed for the time of a call, see "Simulators with handles" in gibbs_plugin.h: load the
 * state, run, save it, and let the task read what it observes besides.
 *
 * As Gymnasium reads it: positions of bodies, forces and inertias are those that the last mj_step
 * computed before it integrated, so they lag one time step (with RK4, stem from its last stage)
 * behind qpos and qvel.
 *
 * MuJoCo's own errors and warnings neither print nor end the process. A simulation that diverges,
 * which MuJoCo would begin anew in the middle of a step, gets NaN in qpos and qvel instead.
 */
#ifndef GB_ENVS_MUJOCO_SIM_H
#define GB_ENVS_MUJOCO_SIM_H

#include "gibbs_plugin.h"

#include <mujoco/mujoco.h>

/* The head of every state: all that mj_step depends on. */
#define GB_MUJOCO_STATE(nq, nv)                                                                    \
    double qpos[nq], qvel[nv];                                                                     \
    double warmstart[nv]; /* accelerations that the solver of contacts begins with */              \
    double time           /* s, in this episode */

/* And its rows for people. */
#define GB_MUJOCO_FIELDS(T)                                                                        \
    {"qpos", GB_F64(T, qpos), NULL}, {"qvel", GB_F64(T, qvel), NULL}, {                            \
        "time", GB_F64(T, time), "s"                                                               \
    }

/* What a task brings: constant. */
typedef struct gb_mujoco_task {
    const char *name;
    const unsigned char *xml; /* the model as MJCF */
    size_t xml_size;
    int nq, nv, nu; /* the sizes that the task's code counts on */
    /* Copies what the task looks at, beside the head, from data to state, after a step or, if not
     * stepped, after a state was set. config is the task's. NULL: nothing. */
    void (*read)(const void *config, mjData *data, void *state, bool stepped);
} gb_mujoco_task;

typedef struct gb_mujoco_sim gb_mujoco_sim;
typedef struct gb_mujoco_eye gb_mujoco_eye;

/* The head of every config. */
typedef struct gb_mujoco {
    gb_mujoco_sim *sim;      /* owned; made by gb_mujoco_prepare */
    mjModel *model;          /* not changed once prepare has come to its end */
    double dt;               /* s, of a step of the environment */
    const float *low, *high; /* (nu) bounds of the actions */
    int frame_skip;          /* steps of the simulator a step of the environment */
    char renderer[8];        /* of tasks in space: auto, opengl or flat */
    gb_mujoco_eye *eye;      /* owned; see eye.h; NULL if there is none */
} gb_mujoco;

/* The row of an option of every task. */
#define GB_MUJOCO_FRAME_SKIP(T, skip)                                                              \
    {                                                                                              \
        "frame_skip", GB_INT(T, mujoco.frame_skip), skip, 1, 1000,                                 \
            "steps of the simulator in one step"                                                   \
    }

/* The row of an option of tasks in space. */
#define GB_MUJOCO_RENDERER(T)                                                                      \
    {                                                                                              \
        .name = "renderer", GB_TEXT(T, mujoco.renderer), .text = "auto",                           \
        .choices = "auto|opengl|flat",                                                             \
        .help = "pictures by OpenGL, or flat shapes; auto: by OpenGL where it is there"            \
    }

/* Makes the simulator of a config that begins with m, whose frame_skip is set. Returns NULL, or one
 * line that says why there is none. */
const char *gb_mujoco_prepare(gb_mujoco *m, const gb_mujoco_task *task);
/* The release of an environment whose config begins with a gb_mujoco. */
void gb_mujoco_release(void *config);

/* Returns the number of the body called name, or -1. */
int gb_mujoco_body(const gb_mujoco *m, const char *name);

/* Puts state into the model's reference position, at rest, at time 0. Settle it next. */
void gb_mujoco_rest(const gb_mujoco *m, void *state);
/* Makes the rest of state follow from its qpos and qvel, without a step and without a control: the
 * settle of such an environment, and the end of each reset. */
void gb_mujoco_settle(void *state, const void *config);

/* Simulates a step of the environment with action (nu) as control, which MuJoCo clamps to its
 * range. */
void gb_mujoco_step(const gb_mujoco *m, void *state, const float *action);
/* The bare of such an environment: mj_step, and nothing else. */
void gb_mujoco_bare(void *state, const void *config, const float *action, int n);

/* Runs f(work), in which MuJoCo may meet an error, which ends f but not the process. Returns
 * whether f came to its end. Otherwise gb_mujoco_error() is this thread's last error. */
bool gb_mujoco_guarded(void (*f)(void *work), void *work);
const char *gb_mujoco_error(void);

/* Lends the simulator of state, with positions and contacts computed for its qpos, to look at;
 * NULL if there is none. Give it back. */
mjData *gb_mujoco_look(const gb_mujoco *m, const void *state);
void gb_mujoco_give(const gb_mujoco *m, mjData *data);

#endif
