/* draw.h - pictures of a model's bodies, by MuJoCo's renderer (eye.h) or from the shapes that
 * MuJoCo computes contacts with. */
#ifndef GB_ENVS_MUJOCO_DRAW_H
#define GB_ENVS_MUJOCO_DRAW_H

#include "eye.h"

/* From where. */
typedef enum gb_mujoco_view {
    GB_MUJOCO_SIDE, /* along y: x to the right, z up */
    GB_MUJOCO_TOP,  /* from above: x to the right, y up */
    GB_MUJOCO_SLANT /* from above and the side */
} gb_mujoco_view;

/* Draws state as seen from view, `half` metres around the point `centre`. */
void gb_mujoco_draw(const gb_mujoco *m, const void *state, gb_mujoco_view view, double half,
                    const double centre[3], gb_canvas *canvas);

/* Returns the colour of a body's shapes: the body at the base is the agent; limbs that hang on it
 * take turns in two colours. */
gb_color gb_mujoco_color(const mjModel *model, int body);
/* Returns the height of the ground, m; NAN: there is none. */
double gb_mujoco_ground(const mjModel *model);

#endif
