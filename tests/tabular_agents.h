/* tabular_agents.h - agents on tables, as two suites make them and tell them transitions. */
#ifndef GB_TESTS_TABULAR_AGENTS_H
#define GB_TESTS_TABULAR_AGENTS_H

#include "../agents/tabular.h"
#include "opt.h"
#include "support.h"

#include <string.h>

extern const gb_agent_type gb_agent_qlearning, gb_agent_soft_qlearning, gb_agent_expected_sarsa,
    gb_agent_mdqn;

enum { S = 3, A = 2 };
static const double gamma_ = 0.8;

/* Makes an agent for n states and k actions with options "name=value name=value". */
static inline struct tabular *make_for(gb_agent *agent, const gb_agent_type *type, int n, int k,
                                       const char *options) {
    gb_setting setting = {.envs = 1, .threads = 1, .seed = 3, .total_steps = 1000};
    setting.spec.obs = (gb_space){GB_DISCRETE, n, NULL, NULL, NULL};
    setting.spec.act = (gb_space){GB_DISCRETE, k, NULL, NULL, NULL};
    gb_err err = {""};
    ck_assert_int_eq(gb_agent_init(agent, type, &err), GB_OK);
    char text[256], *value, *left = NULL;
    gb_format(text, sizeof text, "gamma=0.8 %s", options);
    for (char *name = strtok_r(text, " ", &left); name; name = strtok_r(NULL, " ", &left)) {
        value = strchr(name, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(type->opts, name);
        ck_assert_msg(row && !gb_opt_set(row, agent->config, value, name, &err), "%s", name);
    }
    ck_assert_msg(gb_agent_open(agent, &setting, &err) == GB_OK, "%s", err.msg);
    return agent->state;
}

static inline struct tabular *make(gb_agent *agent, const gb_agent_type *type,
                                   const char *options) {
    return make_for(agent, type, S, A, options);
}

static inline void tell(gb_agent *agent, int s, int a, double reward, int next, bool terminal,
                        bool truncated) {
    float obs = (float)s, action = (float)a, r = (float)reward, next_obs = (float)next;
    uint8_t end = terminal, cut = truncated;
    gb_batch batch = {1, &obs, &action, &r, &next_obs, &end, &cut};
    gb_err err = {""};
    /* an assertion that holds is a system call too: not one a step */
    if (agent->type->observe(agent->state, &batch, &err)) ck_abort_msg("%s", err.msg);
}

#endif
