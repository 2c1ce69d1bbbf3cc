#include "mind.h"

#include <math.h>

static void look_at_solution(const gb_solver *solver, int s, gb_rng *rng, gb_insight *out) {
    const gb_mdp *mdp = solver->mdp;
    int best = 0;
    gb_insight_clear(out);
    if (s < 0 || s >= mdp->states) return;
    const double *log_policy = solver->log_policy + gb_mdp_pair(mdp, s, 0);
    const double *q = solver->q + gb_mdp_pair(mdp, s, 0);
    out->critics = 1;
    for (int a = 0; a < mdp->actions; a++) {
        out->prob[a] = exp(log_policy[a]);
        out->q[a] = q[a];
        if (log_policy[a] > log_policy[best]) best = a;
    }
    out->value = solver->v[s];
    gb_insight_probabilities(out, best, rng);
}

void mind_look(const struct mind *mind, const float *obs, gb_rng *rng, gb_insight *out) {
    if (mind->solver) {
        look_at_solution(mind->solver, (int)obs[0], rng, out);
    } else if (mind->agent) {
        gb_agent_insight(mind->agent, obs, rng, out);
    } else {
        gb_insight_clear(out);
        gb_insight_uniform(out);
    }
}
