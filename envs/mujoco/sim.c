/* sim.c - the model of a task, the pool of its simulators, and steps on them. */
#include "sim.h"
#include "eye.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_ACTIONS = 32 };

struct gb_mujoco_sim {
    const gb_mujoco_task *task;
    mjModel *model;
    gb_handles data; /* of mjData */
    float low[MOST_ACTIONS], high[MOST_ACTIONS];
};

/* --- errors of MuJoCo -------------------------------------------------------------------------*/

/* MuJoCo calls a function where it cannot go on, and that function must not return. */
static _Thread_local jmp_buf *guard;
static _Thread_local char error_text[256];

static void on_error(const char *text) {
    if (!guard) __builtin_trap(); /* a call that is not ours, for which MuJoCo would end all */
    snprintf(error_text, sizeof error_text, "%s", text);
    longjmp(*guard, 1);
}

static void on_warning(const char *text) {
    (void)text; /* mjData counts them, which is what diverged() reads */
}

/* A host with handlers of its own keeps them. */
static void catch_errors(void) {
    if (!mju_user_error) mju_user_error = on_error;
    if (!mju_user_warning) mju_user_warning = on_warning;
}

bool gb_mujoco_guarded(void (*f)(void *work), void *work) {
    jmp_buf here, *outer = guard;
    if (!setjmp(here)) {
        guard = &here;
        f(work);
        guard = outer;
        return true;
    }
    guard = outer;
    return false;
}

const char *gb_mujoco_error(void) {
    return error_text;
}

/* --- the model --------------------------------------------------------------------------------*/

/* A model to compile, and what comes of it. */
typedef struct loading {
    const gb_mujoco_task *task;
    mjVFS *files;
    mjModel *model;
    char *fault;
    int fault_size;
} loading;

/* Through MuJoCo's virtual files: no file is written. */
static void compile(void *work) {
    loading *l = work;
    const gb_mujoco_task *task = l->task;
    char name[64];
    snprintf(name, sizeof name, "%s.xml", task->name);
    if (mj_makeEmptyFileVFS(l->files, name, (int)task->xml_size)) return;
    memcpy(l->files->filedata[0], task->xml, task->xml_size);
    l->model = mj_loadXML(name, l->files, l->fault, l->fault_size);
}

/* Returns the model of task, or NULL and why. */
static mjModel *load_model(const gb_mujoco_task *task, char *fault, int size) {
    loading l = {.task = task, .fault = fault, .fault_size = size};
    snprintf(fault, (size_t)size, "there is no memory for it");
    l.files = malloc(sizeof *l.files);
    if (!l.files) return NULL;
    mj_defaultVFS(l.files);
    if (!gb_mujoco_guarded(compile, &l)) snprintf(fault, (size_t)size, "%s", gb_mujoco_error());
    mj_deleteVFS(l.files);
    free(l.files);
    return l.model;
}

typedef struct opening {
    const mjModel *model;
    mjData *data;
} opening;

static void make_data(void *work) {
    opening *o = work;
    o->data = mj_makeData(o->model);
}

static void *open_data(const void *context) {
    opening o = {.model = context};
    return gb_mujoco_guarded(make_data, &o) ? o.data : NULL;
}

static void close_data(void *handle) {
    mj_deleteData(handle);
}

/* Fills in sim. Returns NULL, or why it cannot. */
static const char *open_sim(gb_mujoco_sim *sim, const gb_mujoco_task *task) {
    static _Thread_local char fault[400];
    char why[256];
    sim->task = task;
    if (mj_version() != mjVERSION_HEADER) {
        snprintf(fault, sizeof fault,
                 "libmujoco is version %d, and was %d at build time; build anew", mj_version(),
                 mjVERSION_HEADER);
        return fault;
    }
    mjModel *model = sim->model = load_model(task, why, (int)sizeof why);
    if (!model) {
        why[strcspn(why, "\n")] = 0;
        snprintf(fault, sizeof fault, "MuJoCo does not take its model: %s; mend %s.xml", why,
                 task->name);
        return fault;
    }
    if (model->nq != task->nq || model->nv != task->nv || model->nu != task->nu || model->na ||
        model->nmocap || model->nu > MOST_ACTIONS) {
        snprintf(fault, sizeof fault, "%s.xml has nq %d, nv %d, nu %d, na %d, not %d, %d, %d, 0",
                 task->name, model->nq, model->nv, model->nu, model->na, task->nq, task->nv,
                 task->nu);
        return fault;
    }
    for (int k = 0; k < model->nu; k++) {
        sim->low[k] = (float)model->actuator_ctrlrange[2 * k];
        sim->high[k] = (float)model->actuator_ctrlrange[2 * k + 1];
    }
    sim->data = (gb_handles){.open = open_data, .close = close_data, .context = model};
    return NULL;
}

const char *gb_mujoco_prepare(gb_mujoco *m, const gb_mujoco_task *task) {
    catch_errors();
    gb_mujoco_release(m);
    m->sim = calloc(1, sizeof *m->sim);
    if (!m->sim) return "there is no memory for the simulator";
    const char *fault = open_sim(m->sim, task);
    if (fault) return fault;
    m->model = m->sim->model;
    m->dt = m->model->opt.timestep * m->frame_skip;
    m->low = m->sim->low;
    m->high = m->sim->high;
    return gb_mujoco_eye_open(m);
}

void gb_mujoco_release(void *config) {
    gb_mujoco *m = config;
    if (!m->sim) return;
    gb_mujoco_eye_close(m);
    gb_handles_close(&m->sim->data);
    if (m->sim->model) mj_deleteModel(m->sim->model);
    free(m->sim);
    m->sim = NULL;
}

int gb_mujoco_body(const gb_mujoco *m, const char *name) {
    return mj_name2id(m->model, mjOBJ_BODY, name);
}

/* --- between state and mjData -----------------------------------------------------------------*/

/* The head of a state as what it is: numbers in a row. */
typedef struct head {
    double *qpos, *qvel, *warmstart, *time;
    size_t nq, nv; /* bytes */
} head;

static head head_of(const mjModel *model, void *state) {
    const size_t nq = (size_t)model->nq, nv = (size_t)model->nv;
    double *x = state;
    return (head){x, x + nq, x + nq + nv, x + nq + 2 * nv, nq * sizeof *x, nv * sizeof *x};
}

/* Sets all that the simulator's next call depends on, but for the control. */
static void load(const mjModel *model, mjData *data, const void *state) {
    const size_t nq = (size_t)model->nq, nv = (size_t)model->nv;
    const double *x = state;
    memcpy(data->qpos, x, nq * sizeof *x);
    memcpy(data->qvel, x + nq, nv * sizeof *x);
    memcpy(data->qacc_warmstart, x + nq + nv, nv * sizeof *x);
    data->time = x[nq + 2 * nv];
    for (int k = 0; k < mjNWARNING; k++) data->warning[k].number = 0;
}

static void save(const mjModel *model, const mjData *data, void *state) {
    const head h = head_of(model, state);
    memcpy(h.qpos, data->qpos, h.nq);
    memcpy(h.qvel, data->qvel, h.nv);
    memcpy(h.warmstart, data->qacc_warmstart, h.nv);
    *h.time = data->time;
}

/* Whether MuJoCo met a number that is not one, or is enormous, and began anew. */
static bool diverged(const mjData *data) {
    return data->warning[mjWARN_BADQPOS].number || data->warning[mjWARN_BADQVEL].number ||
           data->warning[mjWARN_BADQACC].number || data->warning[mjWARN_BADCTRL].number;
}

/* What the host will report. */
static void spoil(const mjModel *model, void *state) {
    const head h = head_of(model, state);
    for (int k = 0; k < model->nq; k++) h.qpos[k] = NAN;
    for (int k = 0; k < model->nv; k++) h.qvel[k] = NAN;
}

static mjData *take(const gb_mujoco *m) {
    return gb_handles_take(&m->sim->data);
}

void gb_mujoco_give(const gb_mujoco *m, mjData *data) {
    gb_handles_give(&m->sim->data, data);
}

/* --- what tasks call --------------------------------------------------------------------------*/

void gb_mujoco_rest(const gb_mujoco *m, void *state) {
    const head h = head_of(m->model, state);
    memcpy(h.qpos, m->model->qpos0, h.nq);
    memset(h.qvel, 0, h.nv);
    *h.time = 0;
}

/* A simulator at work. */
typedef struct work {
    const gb_mujoco *m;
    mjData *data;
    void *state; /* to write back to */
    const float *action;
    int n; /* steps of the environment */
} work;

/* What comes of the work: the head of state, and what the task looks at besides. */
static void finish(const work *w, bool stepped) {
    const gb_mujoco_task *task = w->m->sim->task;
    save(w->m->model, w->data, w->state);
    if (task->read) task->read(w->m, w->data, w->state, stepped);
}

static void forward(void *context) {
    const work *w = context;
    memset(w->data->ctrl, 0, (size_t)w->m->model->nu * sizeof *w->data->ctrl);
    mj_forward(w->m->model, w->data);
    finish(w, false);
}

static void simulate(void *context) {
    const work *w = context;
    const mjModel *model = w->m->model;
    for (int i = 0; i < w->n; i++) {
        for (int k = 0; k < model->nu; k++) w->data->ctrl[k] = (double)w->action[i * model->nu + k];
        for (int k = 0; k < w->m->frame_skip; k++) mj_step(model, w->data);
    }
}

static void step(void *context) {
    simulate(context);
    finish(context, true);
}

/* Takes a simulator through f, and state with it. */
static void run(void (*f)(void *work), const gb_mujoco *m, void *state, const float *action) {
    work w = {.m = m, .data = take(m), .state = state, .action = action, .n = 1};
    if (!w.data) {
        spoil(m->model, state);
        return;
    }
    load(m->model, w.data, state);
    if (!gb_mujoco_guarded(f,
                           &w)) { /* it stopped in the middle of its work: not to be used again */
        mj_deleteData(w.data);
        spoil(m->model, state);
        return;
    }
    if (diverged(w.data)) spoil(m->model, state);
    gb_mujoco_give(m, w.data);
}

void gb_mujoco_settle(void *state, const void *config) {
    const gb_mujoco *m = config;
    const head h = head_of(m->model, state);
    memset(h.warmstart, 0, h.nv);
    run(forward, m, state, NULL);
}

void gb_mujoco_step(const gb_mujoco *m, void *state, const float *action) {
    run(step, m, state, action);
}

void gb_mujoco_bare(void *state, const void *config, const float *action, int n) {
    const gb_mujoco *m = config;
    work w = {.m = m, .data = take(m), .action = action, .n = n};
    if (!w.data) return;
    load(m->model, w.data, state);
    if (gb_mujoco_guarded(simulate, &w))
        gb_mujoco_give(m, w.data);
    else
        mj_deleteData(w.data);
}

static void positions(void *context) {
    const work *w = context;
    mj_fwdPosition(w->m->model, w->data);
}

mjData *gb_mujoco_look(const gb_mujoco *m, const void *state) {
    work w = {.m = m, .data = take(m)};
    if (!w.data) return NULL;
    load(m->model, w.data, state);
    if (gb_mujoco_guarded(positions, &w)) return w.data;
    mj_deleteData(w.data);
    return NULL;
}
