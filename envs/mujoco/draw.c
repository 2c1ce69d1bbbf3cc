/* draw.c - shapes projected along one direction, the farthest first (painter's algorithm), with
 * shadows and lines on the ground, and marks where bodies touch. */
#include "draw.h"

#include <stdlib.h>

enum { MOST_SHAPES = 64 };

/* A capsule, a sphere (both ends alike) or a cylinder, shown as a thick line; or a flat cylinder.
 */
typedef struct shape {
    double a[3], b[3];       /* ends of the axis */
    double side[3], back[3]; /* of a flat one: radii across the axis */
    double radius, depth;
    bool flat;
    gb_color color;
} shape;

typedef struct scene {
    const mjModel *model;
    const mjData *data;
    gb_mujoco_camera camera;
    double half;   /* as the camera's */
    double ground; /* height of the ground; NAN: there is none */
    gb_canvas *canvas;
    shape shape[MOST_SHAPES];
    int n;
} scene;

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Where point x lies on the picture. */
static void project(const gb_mujoco_camera *c, const double x[3], double *h, double *v) {
    *h = dot(x, c->right);
    *v = dot(x, c->up);
}

/* --- what there is ----------------------------------------------------------------------------*/

static bool is_named(const mjModel *model, int body, const char *name) {
    return !strcmp(model->names + model->name_bodyadr[body], name);
}

gb_color gb_mujoco_color(const mjModel *model, int body) {
    if (body == 0) return GB_MUTED;
    if (is_named(model, body, "target") || is_named(model, body, "goal")) return GB_GREEN;
    if (is_named(model, body, "object")) return GB_YELLOW;
    const int root = model->body_rootid[body];
    if (body == root) return GB_BLUE;
    while (model->body_parentid[body] != root) body = model->body_parentid[body];
    int turn = 0;
    for (int k = root + 1; k < body; k++) turn += model->body_parentid[k] == root;
    return turn % 2 ? GB_PURPLE : GB_ORANGE;
}

static bool is_thick_line(int type) {
    return type == mjGEOM_CAPSULE || type == mjGEOM_CYLINDER || type == mjGEOM_SPHERE;
}

static void add_shape(scene *s, int geom) {
    const mjModel *model = s->model;
    const double *size = model->geom_size + 3 * geom, *at = s->data->geom_xpos + 3 * geom;
    const double *frame = s->data->geom_xmat + 9 * geom; /* its third column is the axis */
    if (s->n == MOST_SHAPES || !is_thick_line(model->geom_type[geom])) return;
    if (model->geom_rgba[4 * geom + 3] == 0) return; /* made invisible by the model */
    shape *p = &s->shape[s->n++];
    const double length = model->geom_type[geom] == mjGEOM_SPHERE ? 0 : size[1];
    for (int k = 0; k < 3; k++) {
        p->a[k] = at[k] - length * frame[3 * k + 2];
        p->b[k] = at[k] + length * frame[3 * k + 2];
        p->side[k] = size[0] * frame[3 * k];
        p->back[k] = size[0] * frame[3 * k + 1];
    }
    p->radius = size[0];
    p->flat = model->geom_type[geom] == mjGEOM_CYLINDER && length < size[0] / 2;
    p->depth = dot(at, s->camera.toward);
    p->color = gb_mujoco_color(model, model->geom_bodyid[geom]);
}

static int by_depth(const void *a, const void *b) {
    const shape *x = a, *y = b;
    if (x->depth != y->depth) return x->depth < y->depth ? -1 : 1;
    return (x > y) - (x < y);
}

/* --- how it is drawn --------------------------------------------------------------------------*/

static void thick_line(const scene *s, const double a[3], const double b[3], double radius,
                       gb_color color) {
    gb_canvas *canvas = s->canvas;
    double x0, y0, x1, y1;
    project(&s->camera, a, &x0, &y0);
    project(&s->camera, b, &x1, &y1);
    canvas->disc(canvas, x0, y0, radius, color);
    if (x0 == x1 && y0 == y1) return;
    canvas->disc(canvas, x1, y1, radius, color);
    canvas->line(canvas, x0, y0, x1, y1, 2 * radius, color);
}

static void flat_disc(const scene *s, const shape *p, gb_color color) {
    enum { corners = 32 };
    double xy[2 * corners];
    for (int i = 0; i < corners; i++) {
        const double turn = 6.283185307179586 * i / corners, c = cos(turn), d = sin(turn);
        double at[3];
        for (int k = 0; k < 3; k++) at[k] = p->b[k] + c * p->side[k] + d * p->back[k];
        project(&s->camera, at, &xy[2 * i], &xy[2 * i + 1]);
    }
    s->canvas->polygon(s->canvas, xy, corners, color);
}

/* A rim of paper keeps limbs of one colour apart. */
static void draw_shapes(const scene *s) {
    for (int i = 0; i < s->n; i++) {
        const shape *p = &s->shape[i];
        if (p->flat) {
            flat_disc(s, p, p->color);
            continue;
        }
        if (p->color != GB_MUTED) thick_line(s, p->a, p->b, p->radius + 0.008 * s->half, GB_PAPER);
        thick_line(s, p->a, p->b, p->radius, p->color);
    }
}

static void draw_shadows(const scene *s) {
    for (int i = 0; i < s->n; i++) {
        const shape *p = &s->shape[i];
        if (p->flat) continue;
        const double a[3] = {p->a[0], p->a[1], s->ground}, b[3] = {p->b[0], p->b[1], s->ground};
        thick_line(s, a, b, p->radius, GB_MUTED);
    }
}

/* A mark where two shapes touch. */
static void draw_contacts(const scene *s) {
    for (int i = 0; i < s->data->ncon; i++) {
        const mjContact *contact = &s->data->contact[i];
        if (contact->dist >= contact->includemargin || contact->exclude) continue;
        double x, y;
        project(&s->camera, contact->pos, &x, &y);
        s->canvas->disc(s->canvas, x, y, 0.022 * s->half, GB_RED);
    }
}

double gb_mujoco_ground(const mjModel *model) {
    for (int k = 0; k < model->ngeom; k++)
        if (model->geom_type[k] == mjGEOM_PLANE) return model->geom_pos[3 * k + 2];
    return NAN;
}

static void ground_line(const scene *s, double x0, double y0, double x1, double y1) {
    const double a[3] = {x0, y0, s->ground}, b[3] = {x1, y1, s->ground};
    double h0, v0, h1, v1;
    project(&s->camera, a, &h0, &v0);
    project(&s->camera, b, &h1, &v1);
    s->canvas->line(s->canvas, h0, v0, h1, v1, 0.006 * s->half, GB_MUTED);
}

/* The ground from above: lines every `pitch` metres, that stay where they are when the camera
 * follows. */
static void draw_grid(const scene *s, double pitch) {
    const double reach = 6 * s->half, *c = s->camera.centre;
    for (double x = floor((c[0] - reach) / pitch) * pitch; x < c[0] + reach; x += pitch)
        ground_line(s, x, c[1] - reach, x, c[1] + reach);
    for (double y = floor((c[1] - reach) / pitch) * pitch; y < c[1] + reach; y += pitch)
        ground_line(s, c[0] - reach, y, c[0] + reach, y);
}

/* The ground from the side: its surface, and a stroke every metre. */
static void draw_floor(const scene *s) {
    const double x = s->camera.centre[0], reach = 6 * s->half, half = s->half, z = s->ground;
    gb_canvas *canvas = s->canvas;
    canvas->rect(canvas, x - reach, z - 0.02 * half, 2 * reach, 0.02 * half, GB_MUTED);
    for (double k = floor(x - reach); k < x + reach; k++)
        canvas->line(canvas, k, z - 0.02 * half, k - 0.08 * half, z - 0.1 * half, 0.012 * half,
                     GB_MUTED);
}

static void set_view(const scene *s) {
    const double half = s->half;
    double x, y;
    project(&s->camera, s->camera.centre, &x, &y);
    s->canvas->view(s->canvas, x - half, y - half, x + half, y + half);
}

/* Metres between lines on the ground. */
static double pitch_of(double half) {
    return half > 1 ? 1 : half > 0.5 ? 0.25 : 0.1;
}

static void draw_scene(scene *s, gb_mujoco_view view) {
    s->ground = gb_mujoco_ground(s->model);
    const bool ground = !isnan(s->ground);
    if (ground && view == GB_MUJOCO_SIDE) draw_floor(s);
    if (ground && view != GB_MUJOCO_SIDE) draw_grid(s, pitch_of(s->half));
    for (int k = 0; k < s->model->ngeom; k++) add_shape(s, k);
    qsort(s->shape, (size_t)s->n, sizeof *s->shape, by_depth);
    if (ground && view == GB_MUJOCO_SLANT) draw_shadows(s);
    draw_shapes(s);
    draw_contacts(s);
}

void gb_mujoco_draw(const gb_mujoco *m, const void *state, gb_mujoco_view view, double half,
                    const double centre[3], gb_canvas *canvas) {
    static const gb_mujoco_camera cameras[] = {
        [GB_MUJOCO_SIDE] = {{1, 0, 0}, {0, 0, 1}, {0, -1, 0}, {0}, 0},
        [GB_MUJOCO_TOP] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0}, 0},
        /* turned by 30 degrees, looking down by 25 */
        [GB_MUJOCO_SLANT] = {{0.866025, 0.5, 0},
                             {-0.211309, 0.365998, 0.906308},
                             {0.453154, -0.784886, 0.422618},
                             {0},
                             0},
    };
    scene s = {.model = m->model, .camera = cameras[view], .half = half, .canvas = canvas};
    mjData *data = gb_mujoco_look(m, state);
    if (!data) return;
    s.data = data;
    s.camera.half = half;
    for (int k = 0; k < 3; k++) s.camera.centre[k] = centre[k];
    set_view(&s);
    if (!gb_mujoco_eye_draw(m, data, &s.camera, pitch_of(half), canvas)) draw_scene(&s, view);
    gb_mujoco_give(m, data);
}
