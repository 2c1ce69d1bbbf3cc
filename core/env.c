#include "env.h"

#include "opt.h"
#include "rng.h"
#include "sound.h"
#include "space.h"

/* --- one configured environment ---------------------------------------------------------------*/

int gb_env_init(gb_env *env, const gb_env_type *type, gb_err *err) {
    *env = (gb_env){.type = type};
    env->config = gb_alloc(1, type->config_size, err);
    if (!env->config) return GB_FAIL;
    gb_opts_default(type->opts, env->config);
    return GB_OK;
}

int gb_env_open(gb_env *env, gb_err *err) {
    const gb_env_type *type = env->type;
    const char *wrong = type->prepare ? type->prepare(env->config) : NULL;
    if (wrong) return gb_fail(err, GB_USAGE, "%s: %s", type->name, wrong);

    char fault[160];
    env->spec = (gb_spec){0};
    type->spec(env->config, &env->spec);
    wrong = gb_spec_fault(&env->spec, fault, sizeof fault);
    if (!wrong && type->model &&
        (env->spec.obs.kind != GB_DISCRETE || env->spec.act.kind != GB_DISCRETE))
        wrong = "there is a model, but observations or actions are not discrete";
    if (!wrong && type->observe_bits && env->spec.obs.kind != GB_BOX)
        wrong = "there is observe_bits, but observations are no box";
    if (!wrong) return GB_OK;
    return gb_fail(err, GB_USAGE, "%s: %s; mend the environment's spec function", type->name,
                   wrong);
}

void gb_env_free(gb_env *env) {
    if (env->config && env->type->release) env->type->release(env->config);
    gb_dealloc(env->config);
    *env = (gb_env){0};
}

/* --- n instances ------------------------------------------------------------------------------*/

/* All arrays of vec, cut from one block, each from a cache line on. With a null block it only adds
 * up. Returns the bytes of all of them. */
static size_t lay_out(gb_vec *vec, unsigned char *block, size_t n) {
    enum { LINE = 64 };
    size_t used = 0;
#define CUT(field, bytes)                                                                          \
    (vec->field = block ? (void *)(block + used) : NULL,                                           \
     used += (n * (bytes) + LINE - 1) / LINE * LINE)
    CUT(states, vec->stride);
    CUT(rng, sizeof *vec->rng);
    CUT(ret, sizeof *vec->ret);
    CUT(episode, sizeof *vec->episode);
    CUT(age, sizeof *vec->age);
    CUT(ended, sizeof *vec->ended);
    CUT(obs, sizeof *vec->obs * (size_t)vec->obs_size);
    CUT(next_obs, sizeof *vec->next_obs * (size_t)vec->obs_size);
    CUT(reward, sizeof *vec->reward);
    CUT(terminal, sizeof *vec->terminal);
    CUT(truncated, sizeof *vec->truncated);
#undef CUT
    return used;
}

int gb_vec_init(gb_vec *vec, const gb_env *env, int n, uint64_t seed, uint64_t stream,
                gb_err *err) {
    GB_ASSERT(n > 0);
    const size_t align = _Alignof(max_align_t);
    *vec = (gb_vec){.env = env, .n = n};
    vec->obs_size = gb_space_size(&env->spec.obs);
    vec->act_size = gb_space_size(&env->spec.act);
    vec->stride = (env->type->state_size + align - 1) / align * align;
    unsigned char *block = gb_alloc(1, lay_out(vec, NULL, (size_t)n), err);
    if (!block) return GB_FAIL;
    lay_out(vec, block, (size_t)n);

    for (int i = 0; i < n; i++) {
        vec->rng[i] = gb_rng_stream(seed, stream + (uint64_t)i);
        env->type->reset(gb_vec_state(vec, i), env->config, &vec->rng[i]);
        if (gb_vec_observe(vec, i)) continue;
        gb_observation_fault(env->type->name, &env->spec.obs,
                             vec->obs + (size_t)i * (size_t)vec->obs_size, "reset", err);
        gb_vec_free(vec);
        return GB_FAIL;
    }
    return GB_OK;
}

void gb_vec_free(gb_vec *vec) {
    gb_dealloc(vec->states); /* the head of the one block */
    *vec = (gb_vec){0};
}

/* --- saving -----------------------------------------------------------------------------------*/

void gb_vec_archive(gb_vec *vec, gb_archive *archive) {
    const size_t n = (size_t)vec->n;
    gb_archive_bytes(archive, "states", vec->states, n * vec->stride);
    gb_archive_u64(archive, "rng", &vec->rng[0].state, n * sizeof *vec->rng / sizeof(uint64_t));
    gb_archive_i32(archive, "age", vec->age, n);
    gb_archive_f64(archive, "ret", vec->ret, n);
    gb_archive_f32(archive, "obs", vec->obs, n * (size_t)vec->obs_size);
    gb_archive_i64(archive, "steps", &vec->steps, 1);
}
