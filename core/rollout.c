#include "rollout.h"

#include "memory.h"

#include <string.h>

int gb_rollout_init(gb_rollout *rollout, int steps, int envs, int features, int raw,
                    const char *what, gb_err *err) {
    *rollout = (gb_rollout){.steps = steps, .envs = envs, .features = features, .raw = raw};
    const size_t rows = (size_t)steps * (size_t)envs;
    const size_t row = (size_t)features + (size_t)raw + 6;
    if (rows > 1 << 30)
        return gb_fail(err, GB_FAIL, "%s: %zu rows are too many; make it smaller", what, rows);
    if (gb_memory_check((double)rows * (double)(row * sizeof(gb_real) + 1), what, err))
        return GB_FAIL;
    rollout->length = gb_alloc((size_t)envs, sizeof *rollout->length, err);
    rollout->after = gb_alloc(rows, 1, err);
    gb_real *cut = rollout->x = gb_alloc(rows * row, sizeof *cut, err);
    if (!rollout->length || !rollout->after || !cut) return GB_FAIL;
    rollout->action = cut += rows * (size_t)features;
    rollout->log_prob = cut += rows * (size_t)raw;
    rollout->reward = cut += rows;
    rollout->next_value = cut += rows;
    rollout->value = cut += rows;
    rollout->advantage = cut += rows;
    rollout->ret = cut + rows;
    return GB_OK;
}

static int longest(const gb_rollout *rollout) {
    int most = 0;
    for (int i = 0; i < rollout->envs; i++)
        if (rollout->length[i] > most) most = rollout->length[i];
    return most;
}

void gb_rollout_advantages(gb_rollout *rollout, double gamma, double lambda) {
    const size_t envs = (size_t)rollout->envs;
    const gb_real g = (gb_real)gamma, gl = (gb_real)(gamma * lambda);
    for (int t = longest(rollout) - 1; t >= 0; t--)
        for (size_t i = 0; i < envs; i++) {
            if (t >= rollout->length[i]) continue;
            const size_t row = (size_t)t * envs + i;
            const int after = rollout->after[row];
            const bool last = t == rollout->length[i] - 1, on = after == GB_GOES_ON && !last;
            gb_real next = on ? rollout->value[row + envs] : rollout->next_value[row];
            gb_real a = rollout->reward[row] - rollout->value[row];
            if (after != GB_ENDED) a += g * next;
            if (on) a += gl * rollout->advantage[row + envs];
            rollout->advantage[row] = a;
            rollout->ret[row] = a + rollout->value[row];
        }
}

void gb_rollout_clear(gb_rollout *rollout) {
    memset(rollout->length, 0, (size_t)rollout->envs * sizeof *rollout->length);
}

void gb_rollout_archive(gb_rollout *rollout, gb_archive *archive) {
    gb_archive_i32(archive, "length", rollout->length, (size_t)rollout->envs);
    for (int i = 0; i < rollout->envs; i++)
        if (rollout->length[i] < 0 || rollout->length[i] > rollout->steps) {
            gb_archive_reject(archive, "rollout of another size; keep --n_steps as it was");
            gb_rollout_clear(rollout);
        }
    const size_t rows = (size_t)longest(rollout) * (size_t)rollout->envs;
    gb_archive_real(archive, "x", rollout->x, rows * (size_t)rollout->features, 0);
    gb_archive_real(archive, "action", rollout->action, rows * (size_t)rollout->raw, 0);
    gb_archive_real(archive, "log_prob", rollout->log_prob, rows, 0);
    gb_archive_real(archive, "reward", rollout->reward, rows, 0);
    gb_archive_real(archive, "next_value", rollout->next_value, rows, 0);
    gb_archive_bytes(archive, "after", rollout->after, rows);
}

void gb_rollout_free(gb_rollout *rollout) {
    gb_dealloc(rollout->length);
    gb_dealloc(rollout->after);
    gb_dealloc(rollout->x);
    *rollout = (gb_rollout){0};
}
