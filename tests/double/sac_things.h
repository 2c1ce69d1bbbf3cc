/* sac_things.h - what the suites on soft actor-critic share. */
#ifndef GB_TESTS_DOUBLE_SAC_THINGS_H
#define GB_TESTS_DOUBLE_SAC_THINGS_H

#include "../../agents/sac.h"
#include "opt.h"
#include "support.h"

extern const gb_agent_type gb_agent_sac;

/* Sets one option of an agent that is not open yet. */
static inline void set(gb_agent *agent, const char *name, const char *value) {
    gb_err err;
    const gb_opt *row = gb_opts_find(agent->type->opts, name);
    ck_assert_ptr_nonnull(row);
    ck_assert_msg(!gb_opt_set(row, agent->config, value, name, &err), "%s", err.msg);
}

#endif
