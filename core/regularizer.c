/* regularizer.c - the regularisers, each as a power divergence: which index, weight, prior and
 * offset. */
#include "regularizer.h"

#include "opt.h"
#include "softmax.h"

#include <float.h>
#include <string.h>

/* --- forms ------------------------------------------------------------------------------------*/

/* Returns (1 - exp(-c x)) / c, which is x at c = 0. */
static double shrunk(double c, double x) {
    return c == 0 ? x : -expm1(-c * x) / c;
}

static gb_regularizer_form none_form(const gb_regularizer *r, const gb_actions *actions) {
    (void)r;
    return (gb_regularizer_form){.index = 1, .prior = gb_prior_make(actions, 0)};
}

/* tau/(k-1) (sum p^k - 1) = tau k n^(1-k) D_k(p||uniform) - tau (1 - n^(1-k)) / (k-1) */
static gb_regularizer_form power_entropy(double tau, double index, const gb_actions *actions) {
    gb_prior prior = gb_prior_make(actions, 0);
    double c = index - 1, log_n = prior.log_mass;
    return (gb_regularizer_form){index, tau * index * exp(-c * log_n), -tau * shrunk(c, log_n),
                                 prior};
}

static gb_regularizer_form entropy_form(const gb_regularizer *r, const gb_actions *actions) {
    return power_entropy(r->tau, 1, actions);
}

static gb_regularizer_form tsallis_form(const gb_regularizer *r, const gb_actions *actions) {
    return power_entropy(r->tau, r->index, actions);
}

static gb_regularizer_form sparsemax_form(const gb_regularizer *r, const gb_actions *actions) {
    return power_entropy(r->tau / 2, 2, actions);
}

/* -tau sum ln p = tau n D_0(p||uniform) + tau n ln n */
static gb_regularizer_form barrier_form(const gb_regularizer *r, const gb_actions *actions) {
    gb_prior prior = gb_prior_make(actions, 0);
    double weight = r->tau * exp(prior.log_mass);
    return (gb_regularizer_form){0, weight, weight * prior.log_mass, prior};
}

static gb_regularizer_form divergence(double lambda, double index, const gb_actions *actions) {
    return (gb_regularizer_form){index, lambda, 0, gb_prior_make(actions, 1)};
}

static gb_regularizer_form kl_form(const gb_regularizer *r, const gb_actions *actions) {
    return divergence(r->lambda, 1, actions);
}

static gb_regularizer_form reverse_kl_form(const gb_regularizer *r, const gb_actions *actions) {
    return divergence(r->lambda, 0, actions);
}

static gb_regularizer_form chi2_form(const gb_regularizer *r, const gb_actions *actions) {
    return divergence(r->lambda, 2, actions);
}

/* f = 2 (1 - sqrt x) is half of that of index 1/2, up to a multiple of x - 1. */
static gb_regularizer_form hellinger_form(const gb_regularizer *r, const gb_actions *actions) {
    return divergence(r->lambda / 2, 0.5, actions);
}

static gb_regularizer_form alpha_form(const gb_regularizer *r, const gb_actions *actions) {
    return divergence(r->lambda, r->index, actions);
}

/* With b = lambda / (lambda + tau), Z = sum m^b and the prior m^b / Z:
 * lambda KL(p||m) - tau H(p) = (lambda + tau) (KL(p||m^b/Z) - ln Z). */
static gb_regularizer_form kl_entropy_form(const gb_regularizer *r, const gb_actions *actions) {
    double weight = r->lambda + r->tau, b = weight > 0 ? r->lambda / weight : 0;
    if (b == 0) return entropy_form(r, actions); /* the prior is not looked at */
    gb_prior tempered = gb_prior_make(actions, b);
    double log_z = tempered.log_mass - b * gb_prior_make(actions, 1).log_mass;
    return (gb_regularizer_form){1, weight, -weight * log_z, tempered};
}

/* --- the table --------------------------------------------------------------------------------*/

#define TAU                                                                                        \
    { "tau", GB_F64(gb_regularizer, tau), 0.1, 0, INFINITY, "weight of the entropy" }
#define LAMBDA                                                                                     \
    { "lambda", GB_F64(gb_regularizer, lambda), 0.1, 0, INFINITY, "weight of the divergence" }

static const gb_opt no_opts[] = {{0}};
static const gb_opt tau_opts[] = {TAU, {0}};
static const gb_opt lambda_opts[] = {LAMBDA, {0}};
static const gb_opt both_opts[] = {TAU, LAMBDA, {0}};
static const gb_opt tsallis_opts[] = {TAU,
                                      {"index", GB_F64(gb_regularizer, index), 2, 0.01, 10,
                                       "2: sparse, 1: Shannon entropy"},
                                      {0}};
static const gb_opt alpha_opts[] = {LAMBDA,
                                    {"index", GB_F64(gb_regularizer, index), 2, -10, 10,
                                     "2: chi2, 1: KL, 0: reverse KL"},
                                    {0}};

const gb_regularizer_type gb_regularizer_types[] = {
    {"none", "no regularisation: greedy", no_opts, none_form},
    {"entropy", "tau times the negative Shannon entropy: softmax", tau_opts, entropy_form},
    {"kl", "lambda KL(p||prior)", lambda_opts, kl_form},
    {"kl_entropy", "lambda KL(p||prior) - tau entropy", both_opts, kl_entropy_form},
    {"sparsemax", "tau/2 (sum p^2 - 1): sparse policies", tau_opts, sparsemax_form},
    {"tsallis", "tau times the negative Tsallis entropy of an index", tsallis_opts, tsallis_form},
    {"log_barrier", "-tau sum ln p: no probability is small", tau_opts, barrier_form},
    {"reverse_kl", "lambda KL(prior||p)", lambda_opts, reverse_kl_form},
    {"chi2", "lambda/2 times Pearson's chi-squared from the prior", lambda_opts, chi2_form},
    {"hellinger", "2 lambda times the squared Hellinger distance to the prior", lambda_opts,
     hellinger_form},
    {"alpha_divergence", "lambda times the alpha-divergence of an index from the prior", alpha_opts,
     alpha_form},
    {0}};

/* --- making one -------------------------------------------------------------------------------*/

const gb_regularizer_type *gb_regularizer_find(const char *name, gb_err *err) {
    gb_near near;
    char text[256];
    gb_near_init(&near, name);
    for (const gb_regularizer_type *type = gb_regularizer_types; type->name; type++) {
        if (!strcmp(type->name, name)) return type;
        gb_near_add(&near, type->name);
    }
    gb_near_text(&near, text, sizeof text);
    if (!*text) { /* nothing near: say what there is */
        gb_format(text, sizeof text, "; there are");
        for (const gb_regularizer_type *type = gb_regularizer_types; type->name; type++) {
            size_t used = strlen(text);
            gb_format(text + used, sizeof text - used, "%s %s",
                      type == gb_regularizer_types ? "" : ",", type->name);
        }
    }
    gb_fail(err, GB_USAGE, "%.64s: there is no such regulariser%s", name, text);
    return NULL;
}

int gb_regularizer_init(gb_regularizer *regularizer, const char *name, gb_err *err) {
    const gb_regularizer_type *type = gb_regularizer_find(name, err);
    if (!type) return GB_USAGE;
    *regularizer = (gb_regularizer){.type = type};
    gb_opts_default(type->opts, regularizer);
    return GB_OK;
}

int gb_regularizer_make(gb_regularizer *regularizer, const char *name, double tau, double lambda,
                        double index, gb_err *err) {
    gb_regularizer made = {gb_regularizer_find(name, err), tau, lambda, index};
    if (!made.type) return GB_USAGE;
    for (const gb_opt *row = made.type->opts; row->name; row++) {
        double value = *(const double *)((const char *)&made + row->offset);
        char range[64];
        if (!(value >= row->min && value <= row->max && isfinite(value)))
            return gb_fail(err, GB_USAGE, "%s: %.17g cannot be for %s; it takes %s", row->name,
                           value, name, gb_opt_range(row, range, sizeof range));
    }
    *regularizer = made;
    return GB_OK;
}

/* --- what it computes -------------------------------------------------------------------------*/

double gb_regularizer_greedy(const gb_regularizer *regularizer, const gb_actions *actions,
                             const double *q, double *log_policy) {
    gb_regularizer_form form = regularizer->type->form(regularizer, actions);
    return gb_divergence_greedy(form.index, form.weight, &form.prior, q, log_policy) - form.offset;
}

bool gb_regularizer_greedy_rows(const gb_regularizer *regularizer, int rows, int n, const double *q,
                                double *value, double *log_policy) {
    gb_actions actions = {.n = n};
    gb_regularizer_form form = regularizer->type->form(regularizer, &actions);
    if (form.index != 1 || form.weight < DBL_MIN || n > GB_SOFTMAX_MAX) return false;
    if (!gb_softmax_rows(form.weight, rows, n, q, value, log_policy)) return false;
    const double shift = -form.weight * form.prior.log_mass - form.offset; /* 0 for entropy */
    for (int s = 0; s < rows && value && shift != 0; s++) value[s] += shift;
    return true;
}

double gb_regularizer_value(const gb_regularizer *regularizer, const gb_actions *actions,
                            const double *log_policy) {
    gb_regularizer_form form = regularizer->type->form(regularizer, actions);
    if (form.weight == 0) return 0;
    return form.weight * gb_divergence_value(form.index, &form.prior, log_policy) + form.offset;
}

void gb_regularizer_gradient(const gb_regularizer *regularizer, const gb_actions *actions,
                             const double *log_policy, double *gradient) {
    gb_regularizer_form form = regularizer->type->form(regularizer, actions);
    gb_divergence_gradient(form.index, &form.prior, log_policy, gradient);
    for (int a = 0; a < actions->n; a++)
        if (gradient[a] != INFINITY) gradient[a] = form.weight > 0 ? form.weight * gradient[a] : 0;
}

void gb_regularizer_bounds(const gb_regularizer *regularizer, const gb_actions *actions,
                           double *low, double *high) {
    gb_regularizer_form form = regularizer->type->form(regularizer, actions);
    if (low) *low = form.offset;
    if (high)
        *high = form.weight == 0
                    ? 0
                    : form.weight * gb_divergence_max(form.index, &form.prior) + form.offset;
}
