#include "agent.h"

#include "opt.h"

int gb_agent_init(gb_agent *agent, const gb_agent_type *type, gb_err *err) {
    *agent = (gb_agent){.type = type};
    agent->config = gb_alloc(1, type->config_size, err);
    agent->state = gb_alloc(1, type->state_size, err);
    if (!agent->config || !agent->state) {
        gb_agent_free(agent);
        return GB_FAIL;
    }
    gb_opts_default(type->opts, agent->config);
    return GB_OK;
}

int gb_agent_suits(const gb_agent_type *type, const gb_spec *spec, gb_err *err) {
    const char *reason = type->reject(spec);
    if (!reason) return GB_OK;
    return gb_fail(err, GB_USAGE, "%s: %s; choose another agent or environment", type->name,
                   reason);
}

int gb_agent_open(gb_agent *agent, const gb_setting *setting, gb_err *err) {
    int code = gb_agent_suits(agent->type, &setting->spec, err);
    return code ? code : agent->type->init(agent->state, agent->config, setting, err);
}

void gb_agent_free(gb_agent *agent) {
    if (agent->type && agent->state) agent->type->free(agent->state);
    gb_dealloc(agent->state);
    gb_dealloc(agent->config);
    *agent = (gb_agent){0};
}

void gb_agent_insight(const gb_agent *agent, const float *obs, gb_rng *rng, gb_insight *out) {
    gb_insight_clear(out);
    if (agent->type->insight) agent->type->insight(agent->state, obs, rng, out);
}

void gb_agent_archive_policy(const gb_agent *agent, gb_archive *archive) {
    agent->type->archive(agent->state, archive, true);
    if (agent->type->archive_insight) agent->type->archive_insight(agent->state, archive);
}
