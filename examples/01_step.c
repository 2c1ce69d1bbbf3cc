/* 01_step.c - steps an environment by hand: the functions of its type, no host.
 *
 * Build against an installed Gibbs:  cc 01_step.c $(pkg-config --cflags --libs gibbs) -o step
 */
#include <env.h>
#include <registry.h>
#include <rng.h>

#include <stdio.h>

int main(void) {
    gb_registry registry;
    gb_err err;
    if (gb_registry_init(&registry, gb_builtin_envs, gb_builtin_agents, gb_builtin_presets, &err))
        return fprintf(stderr, "%s\n", err.msg), 1;
    const gb_env_type *type = gb_registry_env(&registry, "CartPole-v1", &err);
    if (!type) return fprintf(stderr, "%s\n", err.msg), 1;

    gb_env env; /* default options; set others in env.config through type->opts */
    if (gb_env_init(&env, type, &err) || gb_env_open(&env, &err))
        return fprintf(stderr, "%s\n", err.msg), 1;
    void *state = gb_alloc(1, type->state_size, &err);
    if (!state) return fprintf(stderr, "%s\n", err.msg), 1;

    gb_rng rng = gb_rng_stream(1, GB_STREAM_ENV);
    float obs[4];
    bool over = false;
    type->reset(state, env.config, &rng);
    for (int t = 0; !over && t < env.spec.max_steps; t++) {
        type->observe(state, env.config, obs);
        float action = obs[2] + obs[3] > 0; /* push to the side where the pole falls */
        over = type->step(state, env.config, &action, &rng).terminal;
        if (t % 50 == 0) printf("step %3d: x %6.3f, angle %6.3f\n", t, obs[0], obs[2]);
    }
    puts(over ? "the pole fell" : "up to the end");
    gb_dealloc(state);
    gb_env_free(&env);
    gb_registry_free(&registry);
    return 0;
}
