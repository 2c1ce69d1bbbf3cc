/* eye.c - MuJoCo's abstract scene with our camera, lights and colours, rendered offscreen. */
#include "eye.h"
#include "draw.h"
#include "gl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_GEOMS = 400, SAMPLES = 4, SHADOW_PIXELS = 1024 };

struct gb_mujoco_eye {
    pthread_mutex_t lock; /* of all below: clones of an environment share its config */
    gb_gl *gl;            /* NULL: not opened yet, or blind */
    bool blind;           /* there is no OpenGL: not asked again */
    mjModel look;         /* the model with our settings of its visualisation; shares its memory */
    mjvScene scene;
    mjvOption option;
    mjrContext context;
    int width, height; /* pixels that context has room for; 0: it is not made */
};

/* A picture to paint, and of what. */
typedef struct sitting {
    gb_mujoco_eye *eye;
    const mjModel *model;
    mjData *data;
    const gb_mujoco_camera *camera;
    double pitch;
    const gb_picture *picture;
    bool painted;
} sitting;

/* --- the scene --------------------------------------------------------------------------------*/

static void set_color(float rgba[4], const gb_picture *picture, gb_color color) {
    for (int k = 0; k < 3; k++) rgba[k] = (float)picture->palette[color][k] / 255;
}

/* Wherever the camera goes there is ground: a plane would be as large as in the model, a box is
 * not.
 */
static void set_ground(const sitting *s, mjvGeom *geom) {
    const double *c = s->camera->centre, reach = 50 * s->camera->half;
    const double depth = 0.01 * s->camera->half, size[3] = {reach, reach, depth};
    const double at[3] = {c[0], c[1], gb_mujoco_ground(s->model) - depth};
    float rgba[4] = {0, 0, 0, 1};
    set_color(rgba, s->picture, GB_FLOOR);
    mjv_initGeom(geom, mjGEOM_BOX, size, at, NULL, rgba);
    geom->specular = 0;
}

/* Shapes in the colours of their bodies, the ground and marks of contacts in theirs. */
static void set_colors(const sitting *s) {
    mjvScene *scene = &s->eye->scene;
    for (int i = 0; i < scene->ngeom; i++) {
        mjvGeom *geom = &scene->geoms[i];
        geom->texid = -1;
        geom->reflectance = 0;
        geom->specular = 0.15f;
        geom->shininess = 0.3f;
        if (geom->type == mjGEOM_PLANE)
            set_ground(s, geom);
        else if (geom->objtype == mjOBJ_GEOM)
            set_color(geom->rgba, s->picture,
                      gb_mujoco_color(s->model, s->model->geom_bodyid[geom->objid]));
        else
            set_color(geom->rgba, s->picture, GB_RED);
    }
}

/* A line on the ground from x0, y0 to x1, y1: a flat box. */
static void add_line(const sitting *s, double ground, double x0, double y0, double x1, double y1) {
    mjvScene *scene = &s->eye->scene;
    if (scene->ngeom >= scene->maxgeom) return;
    const double half = 0.003 * s->camera->half;
    const double size[3] = {(x1 - x0) / 2 + half, (y1 - y0) / 2 + half, half / 2};
    const double at[3] = {(x0 + x1) / 2, (y0 + y1) / 2, ground};
    float rgba[4] = {0, 0, 0, 1};
    set_color(rgba, s->picture, GB_MUTED);
    mjv_initGeom(&scene->geoms[scene->ngeom++], mjGEOM_BOX, size, at, NULL, rgba);
    scene->geoms[scene->ngeom - 1].specular = 0;
}

/* Lines every `pitch` metres, that stay where they are when the camera follows. */
static void add_grid(const sitting *s) {
    const double ground = gb_mujoco_ground(s->model), pitch = s->pitch, reach = 8 * s->camera->half;
    const double *c = s->camera->centre;
    if (isnan(ground)) return;
    for (double x = floor((c[0] - reach) / pitch) * pitch; x < c[0] + reach; x += pitch)
        add_line(s, ground, x, c[1] - reach, x, c[1] + reach);
    for (double y = floor((c[1] - reach) / pitch) * pitch; y < c[1] + reach; y += pitch)
        add_line(s, ground, c[0] - reach, y, c[0] + reach, y);
}

/* In perspective, such that what lies in the plane of the centre falls where the canvas has it. */
static void set_camera(const sitting *s) {
    const gb_mujoco_camera *c = s->camera;
    const gb_picture *picture = s->picture;
    const double distance = 6 * c->half, near = 0.1 * distance, per = near / distance;
    double x = 0, y = 0;
    for (int k = 0; k < 3; k++) x += c->right[k] * c->centre[k], y += c->up[k] * c->centre[k];
    mjvGLCamera *camera = &s->eye->scene.camera[0];
    for (int k = 0; k < 3; k++) {
        camera->pos[k] = (float)(c->centre[k] + distance * c->toward[k]);
        camera->forward[k] = (float)-c->toward[k];
        camera->up[k] = (float)c->up[k];
    }
    camera->frustum_center = (float)(per * ((picture->left + picture->right) / 2 - x));
    camera->frustum_bottom = (float)(per * (picture->bottom - y));
    camera->frustum_top = (float)(per * (picture->top - y));
    camera->frustum_near = (float)near;
    camera->frustum_far = (float)(50 * distance);
    s->eye->scene.camera[1] = *camera; /* the other eye of a stereo pair */
}

static void set_light(mjvLight *light, float ambient, float diffuse, const float dir[3],
                      const double at[3]) {
    *light = (mjvLight){.directional = 1, .attenuation = {1, 0, 0}, .cutoff = 45};
    for (int k = 0; k < 3; k++) {
        light->dir[k] = dir[k];
        light->pos[k] = (float)at[k] - 5 * dir[k];
        light->ambient[k] = ambient;
        light->diffuse[k] = diffuse;
        light->specular[k] = diffuse / 2;
    }
}

/* A sun that casts shadows, from the left behind who looks, and a weaker light from the front. */
static void set_lights(const sitting *s) {
    static const float sun[3] = {-0.1f, 0.45f, -0.8875f};
    const gb_mujoco_camera *c = s->camera;
    const float front[3] = {(float)-c->toward[0], (float)-c->toward[1], (float)-c->toward[2]};
    mjvScene *scene = &s->eye->scene;
    set_light(&scene->lights[0], 0, 0.35f, sun, c->centre);
    scene->lights[0].castshadow = 1;
    set_light(&scene->lights[1], 0.55f, 0.25f, front, c->centre);
    scene->nlight = 2;
}

/* --- on the thread of OpenGL -------------------------------------------------------------------*/

/* The context's buffers are as large as the largest picture so far. */
static void make_room(gb_mujoco_eye *eye, int width, int height) {
    if (width <= eye->width && height <= eye->height) return;
    if (eye->width) mjr_freeContext(&eye->context);
    if (width < eye->width) width = eye->width;
    if (height < eye->height) height = eye->height;
    eye->width = eye->height = 0;
    eye->look.vis.global.offwidth = width;
    eye->look.vis.global.offheight = height;
    mjr_defaultContext(&eye->context);
    mjr_makeContext(&eye->look, &eye->context, mjFONTSCALE_100);
    mjr_setBuffer(mjFB_OFFSCREEN, &eye->context);
    eye->width = width;
    eye->height = height;
}

/* MuJoCo's rows go up. */
static void turn_over(const gb_picture *picture) {
    const size_t row = (size_t)picture->width * 3;
    uint8_t *top = picture->rgb, *bottom = picture->rgb + row * (size_t)(picture->height - 1);
    for (; top < bottom; top += row, bottom -= row)
        for (size_t k = 0; k < row; k++) {
            const uint8_t byte = top[k];
            top[k] = bottom[k];
            bottom[k] = byte;
        }
}

static void render(void *context) {
    sitting *s = context;
    gb_mujoco_eye *eye = s->eye;
    const mjrRect all = {0, 0, s->picture->width, s->picture->height};
    make_room(eye, all.width, all.height);
    mjr_render(all, &eye->scene, &eye->context);
    mjr_readPixels(s->picture->rgb, NULL, all, &eye->context);
    s->painted = !mjr_getError();
}

static void render_guarded(void *context) {
    gb_mujoco_guarded(render, context);
}

static void free_context(void *context) {
    mjr_freeContext(context);
}

static void let_go(void *context) {
    gb_mujoco_guarded(free_context, context);
}

/* --- the eye ----------------------------------------------------------------------------------*/

static void make_scene(void *context) {
    gb_mujoco_eye *eye = context;
    mjv_defaultOption(&eye->option);
    eye->option.flags[mjVIS_CONTACTPOINT] = 1;
    mjv_defaultScene(&eye->scene);
    mjv_makeScene(&eye->look, &eye->scene, MOST_GEOMS);
    eye->scene.flags[mjRND_SHADOW] = 1;
}

static bool open_gl(gb_mujoco_eye *eye, const mjModel *model) {
    if (eye->gl) return !eye->blind && gb_gl_is_here(eye->gl);
    if (eye->blind) return false;
    eye->look = *model;
    eye->look.vis.quality.offsamples = SAMPLES;
    eye->look.vis.quality.shadowsize = SHADOW_PIXELS;
    eye->gl = gb_gl_open();
    eye->blind = !eye->gl || !gb_mujoco_guarded(make_scene, eye);
    return !eye->blind;
}

static void set_scene(void *context) {
    sitting *s = context;
    gb_mujoco_eye *eye = s->eye;
    mjvCamera any;
    mjv_defaultCamera(&any);
    eye->look.vis.scale.contactwidth = (float)(0.045 * s->camera->half / s->model->stat.meansize);
    eye->look.vis.scale.contactheight = eye->look.vis.scale.contactwidth / 8;
    eye->look.vis.map.shadowclip = (float)(1.7 * s->camera->half / s->model->stat.extent);
    mjv_updateScene(&eye->look, s->data, &eye->option, NULL, &any, mjCAT_ALL, &eye->scene);
    set_colors(s);
    add_grid(s);
    set_camera(s);
    set_lights(s);
}

static bool paint(void *context, const gb_picture *picture) {
    sitting *s = context;
    s->picture = picture;
    if (!gb_mujoco_guarded(set_scene, s)) return false;
    gb_gl_run(s->eye->gl, render_guarded, s);
    s->eye->blind = !s->painted;
    if (s->painted) turn_over(picture);
    return s->painted;
}

bool gb_mujoco_eye_draw(const gb_mujoco *m, mjData *data, const gb_mujoco_camera *camera,
                        double pitch, gb_canvas *canvas) {
    gb_mujoco_eye *eye = m->eye;
    if (!eye) return false;
    pthread_mutex_lock(&eye->lock);
    sitting s = {.eye = eye, .model = m->model, .data = data, .camera = camera, .pitch = pitch};
    const bool drawn = open_gl(eye, m->model) && gb_canvas_picture(canvas, paint, &s);
    pthread_mutex_unlock(&eye->lock);
    return drawn;
}

const char *gb_mujoco_eye_open(gb_mujoco *m) {
    if (!m->renderer[0] || !strcmp(m->renderer, "flat")) return NULL;
    m->eye = calloc(1, sizeof *m->eye);
    if (!m->eye) return "there is no memory for its renderer";
    pthread_mutex_init(&m->eye->lock, NULL);
    if (!strcmp(m->renderer, "opengl") && !open_gl(m->eye, m->model))
        return "OpenGL cannot be had here (EGL and a driver of Mesa, say); take --env.renderer "
               "flat";
    return NULL;
}

void gb_mujoco_eye_close(gb_mujoco *m) {
    gb_mujoco_eye *eye = m->eye;
    if (!eye) return;
    if (eye->gl) {
        if (eye->width && gb_gl_is_here(eye->gl)) gb_gl_run(eye->gl, let_go, &eye->context);
        mjv_freeScene(&eye->scene);
        gb_gl_close(eye->gl);
    }
    pthread_mutex_destroy(&eye->lock);
    free(eye);
    m->eye = NULL;
}
