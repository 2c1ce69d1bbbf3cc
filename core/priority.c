#include "priority.h"

int gb_priority_init(gb_priority *priority, int64_t capacity, gb_err *err) {
    *priority = (gb_priority){.capacity = capacity, .leaves = 1};
    while (priority->leaves < capacity) priority->leaves *= 2;
    priority->sum = gb_alloc(2 * (size_t)priority->leaves, sizeof *priority->sum, err);
    return priority->sum ? GB_OK : GB_FAIL;
}

void gb_priority_free(gb_priority *priority) {
    gb_dealloc(priority->sum);
    *priority = (gb_priority){0};
}

static void add_up(double *sum, int64_t k) {
    sum[k] = sum[2 * k] + sum[2 * k + 1];
}

void gb_priority_set(gb_priority *priority, int64_t i, double weight) {
    int64_t k = priority->leaves + i;
    priority->sum[k] = weight;
    while (k /= 2) add_up(priority->sum, k);
}

int64_t gb_priority_find(const gb_priority *priority, double mass) {
    const double *sum = priority->sum;
    int64_t k = 1;
    while (k < priority->leaves) {
        k *= 2;
        /* rounding may leave more mass than there is: then the last thing with a weight */
        if (mass < sum[k] || sum[k + 1] <= 0) continue;
        mass -= sum[k++];
    }
    return k - priority->leaves;
}

void gb_priority_rebuild(gb_priority *priority) {
    for (int64_t k = priority->leaves; --k;) add_up(priority->sum, k);
}
