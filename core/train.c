#include "train.h"

#include "opt.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>

#define T gb_train_config
const gb_opt gb_train_opts[] = {
    {"steps", GB_I64(T, steps), 100000, 1, 1e15, "environment steps in all"},
    {"seed", GB_I64(T, seed), 1, 0, 9e15, "of every random draw"},
    {"envs", GB_INT(T, envs), 1, 1, 65536, "environments stepped side by side"},
    {"threads", GB_INT(T, threads), 1, 1, 256, "threads to use; the numbers do not change"},
    {"log_every", GB_I64(T, log_every), 1000, 1, 1e15, "steps between rows of metrics.csv"},
    {"save_every", GB_I64(T, save_every), -1, -1, 1e15,
     "steps between checkpoints; 0: at the end; -1: 10000, at most one a second"},
    {"eval_every", GB_I64(T, eval_every), 0, 0, 1e15, "steps between evaluations; 0: none"},
    {"eval_episodes", GB_INT(T, eval_episodes), 10, 1, 100000, "episodes of each"},
    {0},
};
#undef T

/* --- the loop ---------------------------------------------------------------------------------*/

int gb_train_open(gb_train *train, bool resume, gb_err *err) {
    const gb_train_config *c = &train->config;
    gb_setting setting = {.spec = train->env->spec,
                          .envs = c->envs,
                          .threads = c->threads,
                          .seed = (uint64_t)c->seed,
                          .total_steps = c->steps};
    int code = gb_agent_open(train->agent, &setting, err);
    if (code) return code;
    code = gb_vec_init(&train->vec, train->env, c->envs, setting.seed, GB_STREAM_ENV, err);
    if (code) return code;
    train->saved = -1;
    if (!(train->saver = gb_saver_create(err))) return GB_FAIL;
    size_t n = (size_t)c->envs;
    train->action = gb_alloc(n * (size_t)train->vec.act_size, sizeof(float), err);
    if (!train->action) return GB_FAIL;
    code = resume ? gb_train_load(train, err) : GB_CONTINUE;
    if (code < 0) return code;
    if (code == GB_CONTINUE) train->metrics = gb_metrics_create(train->dir, err);
    if (!train->metrics) return GB_FAIL;
    train->first_step = train->step;
    train->first_seconds = train->seconds;
    return GB_OK;
}

double gb_train_speed(const gb_train *train) {
    return (double)(train->step - train->first_step) / (train->seconds - train->first_seconds);
}

void gb_train_close(gb_train *train) {
    gb_saver_destroy(train->saver);
    gb_metrics_close(train->metrics);
    gb_vec_free(&train->vec);
    gb_dealloc(train->action);
    train->metrics = NULL, train->action = NULL, train->saver = NULL;
}

/* One step of all environments, and what the agent learns from it. */
static int advance(gb_train *train, gb_err *err) {
    gb_vec *vec = &train->vec;
    const gb_agent_type *agent = train->agent->type;
    void *state = train->agent->state;
    agent->act(state, vec->n, vec->obs, train->action, true);
    int code = gb_vec_step(vec, train->action, train->config.threads, err);
    if (code) return code;
    gb_batch batch = {.n = vec->n,
                      .obs = vec->obs,
                      .action = train->action,
                      .reward = vec->reward,
                      .next_obs = vec->next_obs,
                      .terminal = vec->terminal,
                      .truncated = vec->truncated};
    for (int k = 0; k < vec->finished; k++)
        gb_stats_add(&train->stats, &vec->episode[vec->ended[k]]);
    train->step += vec->n;
    gb_err why;
    code = agent->observe(state, &batch, &why);
    if (!code) return gb_vec_turn(vec, train->config.threads, err);
    return gb_fail(err, code, "%s, on %s at step %lld", why.msg, train->env->type->name,
                   (long long)train->step);
}

static int write_row(gb_train *train, gb_err *err) {
    int n = 3;
    gb_metric *row = train->figures;
    const double episodes = (double)train->stats.episodes;
    if (!train->n_figures || row[0].value != episodes) { /* else the means are those of before */
        row[0] = (gb_metric){"episodes", episodes};
        row[1] = (gb_metric){"return_mean", gb_stats_return(&train->stats)};
        row[2] = (gb_metric){"length_mean", gb_stats_length(&train->stats)};
    }
    if (train->config.eval_every) {
        bool fresh = train->eval.episodes && train->eval_step == train->step;
        row[n++] = (gb_metric){"eval_return_mean", fresh ? train->eval.return_mean : NAN};
        row[n++] = (gb_metric){"eval_return_std", fresh ? train->eval.return_std : NAN};
    }
    n += train->agent->type->metrics(train->agent->state, row + n);
    train->n_figures = n;
    double speed = gb_train_speed(train);
    const gb_metric timing[] = {{"steps_per_s", speed}, {"seconds", train->seconds}};
    if (gb_metrics_row(train->metrics, train->step, row, n, timing, 2, err)) return GB_FAIL;
    if (train->report) train->report(train->context, train);
    return GB_OK;
}

bool gb_train_due(const gb_train *train, int64_t every) {
    return every && train->step / every != (train->step - train->vec.n) / every;
}

/* Rows are written at once, but this many seconds after those before. */
static const double ROWS_EVERY = 0.1;

static int write_rows(gb_train *train, double *written, gb_err *err) {
    if (train->seconds - *written < ROWS_EVERY) return GB_OK;
    *written = train->seconds;
    return gb_metrics_flush(train->metrics, NULL, err);
}

/* Evaluates if it is time to, and notes a row if it is time to. */
static int look(gb_train *train, bool last, gb_err *err) {
    const gb_train_config *c = &train->config;
    if (gb_train_due(train, c->eval_every) || (c->eval_every && last)) {
        if (gb_evaluate(train->agent, train->env, c->eval_episodes, (uint64_t)c->seed, &train->eval,
                        err))
            return GB_FAIL;
        train->eval_step = train->step;
    }
    if (!gb_train_due(train, c->log_every) && !last && train->eval_step != train->step)
        return GB_OK;
    return write_row(train, err);
}

/* Trains to the end or until *stop. */
static int loop(gb_train *train, gb_err *err) {
    const gb_train_config *c = &train->config;
    const double start = gb_seconds() - train->seconds;
    double written = train->seconds; /* when the newest rows were */
    while (train->step < c->steps && !train->stopped) {
        int code = advance(train, err);
        bool last = train->step >= c->steps;
        train->seconds = gb_seconds() - start;
        if (code) return code;
        if (train->tick) train->tick(train->context, train);
        code = look(train, last, err);
        if (!code) code = write_rows(train, &written, err);
        if (!code) code = gb_train_save_if_due(train, err);
        if (code) return code;
        if (train->stop && *train->stop) train->stopped = true;
    }
    return GB_OK;
}

int gb_train_run(gb_train *train, gb_err *err) {
    gb_err why;
    int code = loop(train, err);
    if (!code && train->saved != train->step) code = gb_train_save(train, err);
    /* whatever ended the run: what was begun is brought to its end */
    int rows = gb_metrics_flush(train->metrics, NULL, code ? &why : err);
    int saved = gb_saver_wait(train->saver, code || rows ? &why : err);
    return code ? code : rows ? rows : saved;
}

/* --- evaluation -------------------------------------------------------------------------------*/

/* Episodes without a limit of their own are cut here. */
enum { LONGEST_EPISODE = 100000, MOST_INSTANCES = 256 };

/* Plays n instances until each has finished its first episode: later ones of the fast instances do
 * not count, which would favour short episodes. */
static int play(gb_agent *agent, gb_vec *vec, float *action, gb_episode *done, gb_err *err) {
    int left = vec->n;
    for (int i = 0; i < vec->n; i++) done[i].length = 0;
    for (int t = 1; left; t++) {
        agent->type->act(agent->state, vec->n, vec->obs, action, false);
        if (t == LONGEST_EPISODE)
            for (int i = 0; i < vec->n; i++)
                if (!done[i].length) done[i] = (gb_episode){vec->ret[i], t - 1, false}, left--;
        int code = left ? gb_vec_step(vec, action, 1, err) : GB_OK;
        if (!code && left) code = gb_vec_turn(vec, 1, err);
        if (code) return code;
        for (int k = 0; left && k < vec->finished; k++) {
            const int i = vec->ended[k];
            if (!done[i].length) done[i] = vec->episode[i], left--;
        }
    }
    return GB_OK;
}

int gb_evaluate(gb_agent *agent, const gb_env *env, int episodes, uint64_t seed,
                gb_summary *summary, gb_err *err) {
    gb_episode *done = gb_alloc((size_t)episodes, sizeof *done, err);
    if (agent->type->seed_evaluation) agent->type->seed_evaluation(agent->state, seed);
    int code = done ? GB_OK : GB_FAIL;
    for (int first = 0; first < episodes && !code; first += MOST_INSTANCES) {
        gb_vec vec = {0};
        int n = episodes - first < MOST_INSTANCES ? episodes - first : MOST_INSTANCES;
        code = gb_vec_init(&vec, env, n, seed, (uint64_t)(GB_STREAM_EVAL + first), err);
        float *action =
            code ? NULL : gb_alloc((size_t)n * (size_t)vec.act_size, sizeof *action, err);
        if (!code) code = action ? play(agent, &vec, action, done + first, err) : GB_FAIL;
        gb_dealloc(action);
        gb_vec_free(&vec);
    }
    if (!code) *summary = gb_summarize(done, episodes);
    gb_dealloc(done);
    return code;
}
