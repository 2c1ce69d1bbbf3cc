/* sheet.h - scenes side by side on one picture: a film at a glance. */
#ifndef GB_RENDER_SHEET_H
#define GB_RENDER_SHEET_H

#include "raster.h"
#include "scene.h"

typedef struct gb_sheet {
    gb_raster all, one;
    int n, columns, rows, filled;
} gb_sheet;

/* Makes an empty sheet of w x h pixels for n scenes, in as many columns as show them largest.
 * GB_FAIL if memory is short, or n so large that they have no room. */
int gb_sheet_init(gb_sheet *sheet, int w, int h, int n, bool dark, gb_err *err);
void gb_sheet_free(gb_sheet *sheet);

/* Paints the next of the n scenes, with a label in its corner; NULL: none. */
void gb_sheet_add(gb_sheet *sheet, const gb_scene *scene, const char *label);

#endif
