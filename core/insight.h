/* insight.h - what an agent makes of one observation, for people to look at: its policy there,
 * values, entropy.
 *
 * The host makes room; the agent's function `insight` (agent.h) fills in what it knows and leaves
 * the rest as gb_insight_clear set it: NAN, or counts of zero.
 */
#ifndef GB_CORE_INSIGHT_H
#define GB_CORE_INSIGHT_H

#include "base.h"
#include "gibbs_plugin.h"
#include "head.h"
#include "rng.h"

enum { GB_INSIGHT_POINTS = 96 }; /* of a density */

typedef struct gb_insight {
    gb_space act; /* bounds stay valid as long as the insight */
    bool sampled; /* asked by the host: q is that of `sample`, not of `mode` (boxes) */

    /* The policy. Exploration that does not belong to it (epsilon, noise) is left out. */
    bool has_policy;
    double *prob;      /* (n) discrete: probabilities */
    float *density;    /* (n, GB_INSIGHT_POINTS) box: of each dimension alone, in the middles of
                          equal parts of its range, in units of the action */
    float *low, *high; /* (n) that range: the bounds, or four deviations around the mean */
    float *mode;       /* (act) the deterministic action */
    float *sample;     /* (act) an action drawn from the policy */
    double entropy;    /* of the policy in nats; as agents report it (head.h has the scales) */

    int critics;  /* 0, 1 or 2 */
    double *q;    /* (critics, n) discrete: of every action; (critics, 1) box: of one action */
    double value; /* of the state, as the agent learns with it; see the agent */
    double temperature; /* weight of the entropy */
    double visits;      /* how often the agent learned from this state */

    gb_real *work; /* room for gb_insight_policy */
} gb_insight;

/* Makes room for actions of act. GB_OK, or GB_FAIL (memory). */
int gb_insight_init(gb_insight *insight, const gb_space *act, gb_err *err);
void gb_insight_free(gb_insight *insight);

/* Forgets all but the room and `sampled`. */
void gb_insight_clear(gb_insight *insight);

/* --- for agents -------------------------------------------------------------------------------*/

/* Fills in the policy p, one row of prepared parameters of head. Exact: densities are those of the
 * head's own log-probabilities, one dimension at a time. */
void gb_insight_policy(gb_insight *insight, const gb_head *head, gb_dists p, gb_rng *rng);

/* Fills in the policy of which prob (n) holds the probabilities already, and whose best action is
 * `mode`. */
void gb_insight_probabilities(gb_insight *insight, int mode, gb_rng *rng);

/* Fills in uniform probabilities and densities; no action. */
void gb_insight_uniform(gb_insight *insight);

#endif
