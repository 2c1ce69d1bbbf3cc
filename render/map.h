/* map.h - a map of values painted over a world. Only files of render/ include it. */
#ifndef GB_RENDER_MAP_H
#define GB_RENDER_MAP_H

#include "painter.h"
#include "scene.h"

/* Paints heat and arrows; the painter's view must be the world's. */
void gb_map_paint(gb_painter *p, const gb_map *map, bool dark);

/* Paints the scale of colours into the lower left corner of the world's box. */
void gb_map_paint_scale(gb_painter *p, const gb_map *map, bool dark, gb_box world, double cap);

#endif
