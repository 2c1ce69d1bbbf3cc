/* eye.h - pictures by MuJoCo's own renderer, in the colours of the viewer.
 *
 * An environment in space has an eye if its option renderer lets it (see GB_MUJOCO_RENDERER). It
 * opens with the first picture. */
#ifndef GB_ENVS_MUJOCO_EYE_H
#define GB_ENVS_MUJOCO_EYE_H

#include "sim.h"

/* How the world lies on the picture. */
typedef struct gb_mujoco_camera {
    double right[3], up[3], toward[3]; /* unit vectors; the last towards who looks */
    double centre[3];                  /* m, what the camera looks at */
    double half;                       /* m around it that are in view at least */
} gb_mujoco_camera;

/* Gives m, whose model is there, its eye. Returns NULL, or why it cannot: pictures by OpenGL are
 * asked for, and cannot be had. */
const char *gb_mujoco_eye_open(gb_mujoco *m);
void gb_mujoco_eye_close(gb_mujoco *m);

/* Paints data, whose positions are computed, on canvas, whose view is set. pitch: m between lines
 * on the ground. False if there is no eye, no OpenGL, or a canvas that takes no pictures: then
 * nothing is painted. */
bool gb_mujoco_eye_draw(const gb_mujoco *m, mjData *data, const gb_mujoco_camera *camera,
                        double pitch, gb_canvas *canvas);

#endif
