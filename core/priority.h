/* priority.h - a sum tree: draws one of many numbered things with probability proportional to its
 * weight, and changes a weight, in O(log capacity) (Schaul et al. 2016, appendix B.2.1).
 *
 * Every inner node is the sum of its two children, added afresh at each change: no rounding errors
 * pile up, and a tree that is built again from its leaves is the same to the last bit.
 */
#ifndef GB_CORE_PRIORITY_H
#define GB_CORE_PRIORITY_H

#include "base.h"

typedef struct gb_priority {
    int64_t capacity; /* things 0..capacity-1 */
    int64_t leaves;   /* a power of two, at least capacity */
    double *sum;      /* (2 leaves) node k has children 2 k and 2 k + 1; thing i is leaves + i */
} gb_priority;

/* Makes a tree of zero weights. GB_OK or GB_FAIL (memory). */
int gb_priority_init(gb_priority *priority, int64_t capacity, gb_err *err);
void gb_priority_free(gb_priority *priority);

/* Gives thing i a weight, at least 0 and finite. */
void gb_priority_set(gb_priority *priority, int64_t i, double weight);

static inline double gb_priority_get(const gb_priority *priority, int64_t i) {
    return priority->sum[priority->leaves + i];
}
static inline double gb_priority_total(const gb_priority *priority) {
    return priority->sum[1];
}

/* Returns the thing on which `mass`, from 0 to below the total, falls when all weights are laid end
 * to end. Never one of weight 0; the total must not be 0. */
int64_t gb_priority_find(const gb_priority *priority, double mass);

/* Builds the inner nodes again, after the leaves were written in one go. */
void gb_priority_rebuild(gb_priority *priority);

#endif
