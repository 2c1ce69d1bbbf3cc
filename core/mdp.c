/* mdp.c - what a finished MDP can do; mdp_build.c makes it. */
#include "mdp.h"

gb_outcome gb_mdp_outcome(const gb_mdp *mdp, size_t i, size_t k) {
    return (gb_outcome){.probability = mdp->p[k],
                        .next = mdp->next[k],
                        .reward = mdp->reward ? mdp->reward[k] : mdp->r[i],
                        .terminal = k >= mdp->stop[i]};
}

/* As gb_model_step does it, so that the same stream gives the same path. */
gb_outcome gb_mdp_sample(const gb_mdp *mdp, size_t i, gb_rng *rng) {
    size_t k = mdp->row[i];
    const size_t last = mdp->row[i + 1] - 1;
    GB_ASSERT(k <= last && last < mdp->outcomes);
    if (k < last) {
        double left = gb_rng_unit(rng);
        while (k < last && (left -= mdp->p[k]) >= 0) k++;
    }
    return gb_mdp_outcome(mdp, i, k);
}

int gb_mdp_sample_start(const gb_mdp *mdp, gb_rng *rng) {
    const double *sum = mdp->start_sum;
    const double u = gb_rng_unit(rng) * sum[mdp->states - 1];
    int low = 0, high = mdp->states - 1; /* the first state whose running sum is above u */
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sum[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Marks s as seen and queues it, unless that was done before. */
static void visit(int32_t s, uint8_t *seen, int32_t *queue, int *n) {
    if (seen[s]) return;
    seen[s] = 1;
    queue[(*n)++] = s;
}

int gb_mdp_reachable(const gb_mdp *mdp, uint8_t *seen, gb_err *err) {
    const size_t states = (size_t)mdp->states, actions = (size_t)mdp->actions;
    int32_t *queue = gb_alloc(states, sizeof *queue, err);
    uint8_t *marks = gb_alloc(states, 1, err);
    int n = 0;
    if (!queue || !marks) {
        n = GB_FAIL;
        goto done;
    }
    for (int s = 0; s < mdp->states; s++)
        if (mdp->start[s] > 0) visit(s, marks, queue, &n);
    for (int done = 0; done < n; done++) {
        const size_t first = (size_t)queue[done] * actions;
        for (size_t i = first; i < first + actions; i++)
            for (size_t k = mdp->row[i]; k < mdp->stop[i]; k++)
                visit(mdp->next[k], marks, queue, &n);
    }
    for (size_t s = 0; seen && s < states; s++) seen[s] = marks[s];
done:
    gb_dealloc(queue);
    gb_dealloc(marks);
    return n;
}

void gb_mdp_free(gb_mdp *mdp) {
    gb_dealloc(mdp->row);
    gb_dealloc(mdp->stop_of_ends);
    gb_dealloc(mdp->next);
    gb_dealloc(mdp->p);
    gb_dealloc(mdp->r);
    gb_dealloc(mdp->reward);
    gb_dealloc(mdp->start);
    gb_dealloc(mdp->start_sum);
    gb_dealloc(mdp->legal);
    *mdp = (gb_mdp){0};
}
