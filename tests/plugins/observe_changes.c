/* Fails memory: observe casts const away and changes state. */
#define BOX
#include "base.h"

struct counted {
    struct state state;
    int looks;
};

static void observe(const void *state, const void *config, float *obs) {
    base_observe(state, config, obs);
    ((struct counted *)(uintptr_t)state)->looks++;
}

#undef STATE_SIZE
#define STATE_SIZE sizeof(struct counted)
#undef OBSERVE
#define OBSERVE observe
PLUGIN;
