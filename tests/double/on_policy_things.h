/* on_policy_things.h - on-policy agents that tests hold still and look into. */
#ifndef GB_TESTS_DOUBLE_ON_POLICY_THINGS_H
#define GB_TESTS_DOUBLE_ON_POLICY_THINGS_H

#include "../../agents/natural.h"
#include "opt.h"
#include "registry.h"
#include "support.h"

#include <string.h>

extern const gb_agent_type gb_agent_a2c, gb_agent_npg, gb_agent_pmd, gb_agent_ppo,
    gb_agent_reinforce, gb_agent_trpo;

/* Makes an agent with options "name=value name=value ..."; those it does not have are left out. */
static inline struct on_policy *make_agent(gb_agent *agent, const gb_agent_type *type,
                                           const gb_setting *setting, const char *options) {
    gb_err err;
    char copy[1024];
    ck_assert_int_eq(gb_agent_init(agent, type, &err), GB_OK);
    gb_format(copy, sizeof copy, "%s", options);
    for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(type->opts, word);
        if (row) ck_assert_msg(!gb_opt_set(row, agent->config, value, word, &err), "%s", err.msg);
    }
    ck_assert_msg(!gb_agent_open(agent, setting, &err), "%s", err.msg);
    return agent->state; /* begins with it */
}

#endif
