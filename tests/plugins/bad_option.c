/* Refused: the default of an option lies outside its range. */
#include "base.h"

struct config {
    double wind;
};
static const gb_opt opts[] = {{"wind", GB_F64(struct config, wind), 7, 0, 1, "m/s"}, {0}};

#undef CONFIG_SIZE
#define CONFIG_SIZE sizeof(struct config)
#undef OPTS
#define OPTS opts
PLUGIN;
