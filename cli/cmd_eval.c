/* cmd_eval.c - gibbs eval: fresh episodes with the deterministic policy of a run. */
#include "cli.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static int print_json(const gb_run *run, const gb_summary *s, gb_err *err) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "env", run->env.type->name);
    cJSON_AddStringToObject(json, "agent", run->agent.type->name);
    cJSON_AddNumberToObject(json, "episodes", s->episodes);
    cJSON_AddNumberToObject(json, "return_mean", s->return_mean);
    cJSON_AddNumberToObject(json, "return_std", s->return_std);
    cJSON_AddNumberToObject(json, "return_min", s->return_min);
    cJSON_AddNumberToObject(json, "return_max", s->return_max);
    cJSON_AddNumberToObject(json, "length_mean", s->length_mean);
    cJSON_AddNumberToObject(json, "terminal_fraction", s->terminal_fraction);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    if (!text) return gb_fail(err, GB_FAIL, "out of memory: the summary; free some");
    puts(text);
    cJSON_free(text);
    return GB_OK;
}

static void print_text(const gb_run *run, const gb_summary *s) {
    printf("%s on %s, %d episodes: return %.5g +- %.3g (%.5g to %.5g), length %.5g, "
           "%.0f%% ended by the task\n",
           run->agent.type->name, run->env.type->name, s->episodes, s->return_mean, s->return_std,
           s->return_min, s->return_max, s->length_mean, 100 * s->terminal_fraction);
}

int cmd_eval(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"json", NULL};
    struct args args;
    gb_run run = {0};
    gb_summary summary;
    gb_err err;
    int64_t episodes = 100, seed = 0;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = args_take_int(&args, "episodes", 1, 1000000, &episodes, &err);
    if (!code) code = args_take_int(&args, "seed", 0, (int64_t)9e15, &seed, &err);
    bool json = args_take(&args, "json") != NULL;
    if (!code) code = session_take_plugin(session, &args, &err);
    if (!code) code = args_finish(&args, 1, 1, usage_of("eval"), &err);
    if (!code) code = gb_run_load(&run, &session->registry, args.words[0], &err);
    if (!code) code = gb_run_load_policy(&run, &err);
    if (!code)
        code = gb_evaluate(&run.agent, &run.env, (int)episodes, (uint64_t)seed, &summary, &err);
    if (!code && json) code = print_json(&run, &summary, &err);
    if (!code && !json) print_text(&run, &summary);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
