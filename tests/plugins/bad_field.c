/* Refused: a state variable lies outside the state. */
#include "base.h"

struct larger {
    struct state state;
    int outside;
};
static const gb_field fields[] = {{"outside", GB_INT(struct larger, outside), NULL}, {0}};

#undef FIELDS
#define FIELDS fields
PLUGIN;
