#include "step_lines.h"

#include "opt.h"
#include "space.h"

static void write_floats(FILE *out, const char *name, const float *x, int n) {
    fprintf(out, ",\"%s\":[", name);
    for (int i = 0; i < n; i++) fprintf(out, i ? ",%.9g" : "%.9g", (double)x[i]);
    fputc(']', out);
}

static void write_state(FILE *out, const gb_env *env, const void *state) {
    const char *comma = "";
    fprintf(out, ",\"state\":{");
    for (const gb_field *f = env->type->fields; f && f->name; f++) {
        int n = gb_field_elements(f);
        for (int k = 0; k < n; k++, comma = ",") {
            fprintf(out, "%s\"%s", comma, f->name);
            if (n > 1) fprintf(out, "%d", k);
            fprintf(out, "\":%.17g", gb_field_get(f, state, k));
        }
    }
    fputc('}', out);
}

void step_write(FILE *out, const gb_player *player, int64_t t) {
    const gb_env *env = player->env;
    int obs_size = gb_space_size(&env->spec.obs);
    fprintf(out, "{\"t\":%lld", (long long)t);
    write_state(out, env, player->last_state);
    write_floats(out, "obs", player->last_obs, obs_size);
    write_floats(out, "action", player->action, gb_space_size(&env->spec.act));
    fprintf(out, ",\"reward\":%.17g", player->reward);
    write_floats(out, "next_obs", player->obs, obs_size);
    fprintf(out, ",\"terminal\":%s,\"truncated\":%s}\n", player->terminal ? "true" : "false",
            player->truncated ? "true" : "false");
}
