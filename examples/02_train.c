/* 02_train.c - trains an agent from a program of your own: what `gibbs train` does, in 40 lines.
 *
 * Build against an installed Gibbs:  cc 02_train.c $(pkg-config --cflags --libs gibbs) -o train
 */
#include <run.h>

#include <stdio.h>

static int failed(const gb_err *err) {
    fprintf(stderr, "%s\n", err->msg);
    return 1;
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "my_run";
    gb_registry registry;
    gb_run run;
    gb_err err;
    if (gb_registry_init(&registry, gb_builtin_envs, gb_builtin_agents, gb_builtin_presets, &err))
        return failed(&err);
    if (gb_run_init(&run, gb_registry_agent(&registry, "sac", &err),
                    gb_registry_env(&registry, "pendulum", &err), &err) ||
        gb_run_preset(&run, gb_registry_preset(&registry, "sac", "pendulum"), &err) ||
        gb_run_set(&run, "steps", "10000", "steps", &err) || gb_env_open(&run.env, &err) ||
        gb_run_create_folder(&run, folder, &err))
        return failed(&err);

    gb_train train = {.config = run.train, .env = &run.env, .agent = &run.agent, .dir = run.dir};
    gb_summary summary;
    if (gb_train_open(&train, false, &err) || gb_train_run(&train, &err) ||
        gb_evaluate(&run.agent, &run.env, 20, 0, &summary, &err))
        return failed(&err);
    printf("%d episodes, %s\n", summary.episodes,
           summary.return_mean > -300 ? "the pendulum stands" : "the pendulum does not stand yet");
    gb_train_close(&train);
    gb_run_free(&run);
    gb_registry_free(&registry);
    return 0;
}
