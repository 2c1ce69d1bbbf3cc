#include "registry.h"

#include "opt.h"

#include <string.h>

#define MAX_NAME 63 /* letters; names become parts of file names */

/* --- is a type sound? -------------------------------------------------------------------------*/

static bool is_one_line(const char *text) {
    if (!text || !*text) return false;
    for (; *text; text++)
        if ((unsigned char)*text < ' ') return false;
    return true;
}

/* Returns the bytes of one number of a state field's kind; 0: not a kind for state fields. */
static size_t field_bytes(int kind) {
    return kind < GB_KIND_TEXT ? gb_kind_size(kind) : 0;
}

static const char *fields_fault(const gb_field *fields, size_t state_size, char *fault,
                                size_t size) {
    for (const gb_field *field = fields; field && field->name; field++) {
        if (!gb_is_name(field->name))
            return gb_format(fault, size, "state field '%.64s' is not a name [a-z][a-z0-9_]*",
                             field->name);
        size_t bytes = field_bytes(field->kind);
        if (!bytes)
            return gb_format(fault, size, "state field %s is of kind %d, not a number", field->name,
                             field->kind);
        if (!field->size || field->size % bytes || field->offset % bytes)
            return gb_format(fault, size, "state field %s does not hold whole numbers of its kind",
                             field->name);
        if (field->offset > state_size || field->size > state_size - field->offset)
            return gb_format(fault, size, "state field %s lies outside state_size %zu", field->name,
                             state_size);
        for (const gb_field *earlier = fields; earlier < field; earlier++)
            if (!strcmp(earlier->name, field->name))
                return gb_format(fault, size, "two state fields are called %s", field->name);
    }
    return NULL;
}

const char *gb_env_type_fault(const gb_env_type *type, char *fault, size_t size) {
    if (!gb_is_name(type->name) || strlen(type->name) > MAX_NAME)
        return gb_format(fault, size, "its name '%.80s' is not one of [a-z][a-z0-9_]*, up to %d",
                         type->name ? type->name : "", MAX_NAME);
    if (!is_one_line(type->help)) return gb_format(fault, size, "help is not one line of text");
    if (type->gym_id && !is_one_line(type->gym_id))
        return gb_format(fault, size, "gym_id is neither NULL nor a name");
    if (!type->state_size) return gb_format(fault, size, "state_size is 0");

    const char *missing = !type->spec      ? "spec"
                          : !type->reset   ? "reset"
                          : !type->step    ? "step"
                          : !type->observe ? "observe"
                                           : NULL;
    if (missing) return gb_format(fault, size, "the function %s is missing", missing);
    if (type->opts && gb_opts_fault(type->opts, type->config_size, fault, size)) return fault;
    return fields_fault(type->fields, type->state_size, fault, size);
}

/* --- keeping ----------------------------------------------------------------------------------*/

/* Makes room for one more in the array *items (n of them, size bytes each). Memory doubles when n
 * is a power of two. */
static int grow(void *items, int n, size_t size, gb_err *err) {
    if (n & (n - 1)) return GB_OK;
    void *old, *new = gb_alloc(n ? 2 * (size_t)n : 1, size, err);
    if (!new) return GB_FAIL;
    memcpy(&old, items, sizeof old);
    if (n) memcpy(new, old, n * size);
    memcpy(items, &new, sizeof new);
    gb_dealloc(old);
    return GB_OK;
}

static bool is_called(const gb_env_type *type, const char *name) {
    return name && (!strcmp(type->name, name) || (type->gym_id && !strcmp(type->gym_id, name)));
}

static int find_env(const gb_registry *registry, const char *name) {
    for (int i = 0; i < registry->n_envs; i++)
        if (is_called(registry->envs[i], name)) return i;
    return -1;
}

int gb_registry_add_env(gb_registry *registry, const gb_env_type *type, const char *from,
                        gb_err *err) {
    char text[256];
    const char *fault = gb_env_type_fault(type, text, sizeof text);
    if (fault) return gb_fail(err, GB_FAIL, "%.200s: %s; mend it and build it again", from, fault);
    const char *const names[] = {type->name, type->gym_id};
    for (int k = 0; k < 2; k++) {
        int other = find_env(registry, names[k]);
        if (other >= 0)
            return gb_fail(err, GB_FAIL, "%.160s: %.64s is taken by %.16s of %.160s; %s", from,
                           names[k], registry->envs[other]->name, registry->origins[other].from,
                           k ? "give it another gym_id" : "give it another name");
    }

    int n = registry->n_envs;
    size_t length = strlen(from) + 1;
    char *kept = NULL;
    if (grow(&registry->envs, n, sizeof *registry->envs, err) ||
        grow(&registry->origins, n, sizeof *registry->origins, err) ||
        !(kept = gb_alloc(length, 1, err)))
        return GB_FAIL;
    memcpy(kept, from, length);
    registry->envs[n] = type;
    registry->origins[n] = (gb_env_origin){.from = kept};
    registry->n_envs++;
    return GB_OK;
}

int gb_registry_add_env_copy(gb_registry *registry, const gb_env_type *type, size_t size,
                             const char *from, const gb_env_type **out, gb_err *err) {
    gb_env_type *copy = gb_alloc(1, sizeof *copy, err);
    if (!copy) return GB_FAIL;
    memcpy(copy, type, size < sizeof *copy ? size : sizeof *copy);
    int code = gb_registry_add_env(registry, copy, from, err);
    if (code) {
        gb_dealloc(copy);
        return code;
    }
    registry->origins[registry->n_envs - 1].copy = copy;
    registry->origins[registry->n_envs - 1].source = type;
    *out = copy;
    return GB_OK;
}

static int add_agent(gb_registry *registry, const gb_agent_type *type, gb_err *err) {
    GB_ASSERT(gb_is_name(type->name) && is_one_line(type->help) && type->state_size);
    GB_ASSERT(type->reject && type->init && type->act && type->observe && type->metrics &&
              type->archive && type->free);
    char fault[256];
    GB_ASSERT(!type->opts || !gb_opts_fault(type->opts, type->config_size, fault, sizeof fault));
    for (int i = 0; i < registry->n_agents; i++)
        GB_ASSERT(strcmp(registry->agents[i]->name, type->name) != 0);
    if (grow(&registry->agents, registry->n_agents, sizeof *registry->agents, err)) return GB_FAIL;
    registry->agents[registry->n_agents++] = type;
    return GB_OK;
}

int gb_registry_init(gb_registry *registry, const gb_env_type *const *envs,
                     const gb_agent_type *const *agents, const gb_preset *presets, gb_err *err) {
    *registry = (gb_registry){.presets = presets};
    int code = GB_OK;
    char fault[256];
    for (; !code && envs && *envs; envs++) {
        GB_ASSERT((*envs)->abi == GB_ABI && (*envs)->size == sizeof **envs);
        GB_ASSERT(!gb_env_type_fault(*envs, fault, sizeof fault));
        GB_ASSERT(find_env(registry, (*envs)->name) < 0 && find_env(registry, (*envs)->gym_id) < 0);
        code = gb_registry_add_env(registry, *envs, "the built-in environments", err);
    }
    for (; !code && agents && *agents; agents++) code = add_agent(registry, *agents, err);
    if (code) gb_registry_free(registry);
    return code;
}

void gb_registry_free(gb_registry *registry) {
    for (int i = 0; i < registry->n_envs; i++) {
        gb_dealloc(registry->origins[i].from);
        gb_dealloc(registry->origins[i].copy);
    }
    gb_dealloc(registry->envs);
    gb_dealloc(registry->origins);
    gb_dealloc(registry->agents);
    *registry = (gb_registry){0};
}

/* --- finding ----------------------------------------------------------------------------------*/

/* Writes the message for a name that nothing has. kind: "environment"; verb: what lists them. */
static void not_found(const gb_near *near, const char *kind, const char *list, gb_err *err) {
    char text[256];
    gb_near_text(near, text, sizeof text);
    gb_fail(err, GB_USAGE, "%.64s: there is no such %s%s%s 'gibbs list %s' shows all", near->wanted,
            kind, text, *text ? "" : ";", list);
}

const gb_env_type *gb_registry_env(const gb_registry *registry, const char *name, gb_err *err) {
    int found = find_env(registry, name);
    if (found >= 0) return registry->envs[found];
    gb_near near;
    gb_near_init(&near, name);
    for (int i = 0; i < registry->n_envs; i++) {
        gb_near_add(&near, registry->envs[i]->name);
        if (registry->envs[i]->gym_id) gb_near_add(&near, registry->envs[i]->gym_id);
    }
    not_found(&near, "environment", "envs", err);
    return NULL;
}

const gb_agent_type *gb_registry_agent(const gb_registry *registry, const char *name, gb_err *err) {
    gb_near near;
    gb_near_init(&near, name);
    for (int i = 0; i < registry->n_agents; i++) {
        if (!strcmp(registry->agents[i]->name, name)) return registry->agents[i];
        gb_near_add(&near, registry->agents[i]->name);
    }
    not_found(&near, "agent", "agents", err);
    return NULL;
}

const gb_preset *gb_registry_preset(const gb_registry *registry, const char *agent,
                                    const char *env) {
    for (const gb_preset *preset = registry->presets; preset && preset->agent; preset++)
        if (!strcmp(preset->agent, agent) && !strcmp(preset->env, env)) return preset;
    return NULL;
}
