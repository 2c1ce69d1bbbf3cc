#include "scene.h"

#include <math.h>
#include <stdio.h>

gb_item *gb_scene_item(gb_scene *scene, gb_item_kind kind, const char *label, const char *value) {
    static gb_item spare; /* written, never read */
    gb_item *item = scene->n_items < GB_SCENE_ITEMS ? &scene->items[scene->n_items++] : &spare;
    *item = (gb_item){.kind = kind, .mean = NAN, .sample = NAN, .color = GB_BLUE};
    snprintf(item->label, sizeof item->label, "%s", label);
    snprintf(item->value, sizeof item->value, "%s", value ? value : "");
    return item;
}

gb_item *gb_scene_add(gb_scene *scene, const char *label, const char *value) {
    return gb_scene_item(scene, GB_ITEM_ROW, label, value);
}
