/* nn.h - feed-forward networks over one block of parameters.
 *
 * A network is a list of layers; it owns no memory. Parameters, gradients and Adam's moments are
 * flat arrays of net->n_params numbers in one layout, so that updates, norms and target copies are
 * flat loops. What a forward pass leaves for the backward pass is in a tape, apart from the
 * parameters. No allocation after init; no graph.
 *
 * A linear layer holds its weight as (in, out), then its bias (out); a convolution its weight as
 * (kernel, kernel, channels, filters), then its bias (filters); LayerNorm its gain, then its shift
 * (out each).
 */
#ifndef GB_CORE_NN_H
#define GB_CORE_NN_H

#include "archive.h"
#include "base.h"
#include "conv.h"
#include "rng.h"

typedef enum gb_layer_kind {
    GB_LINEAR = 1, /* y = x W + b */
    GB_RELU,       /* y = max(x, 0) */
    GB_TANH,       /* y = tanh(x) */
    GB_SILU,       /* y = x / (1 + exp(-x)) (Elfwing et al. 2018) */
    GB_LAYERNORM,  /* y = gain (x - mean) / sqrt(var + 1e-5) + shift (Ba et al. 2016) */
    GB_CONV        /* pictures filtered: conv.h */
} gb_layer_kind;

typedef struct gb_layer {
    int kind;
    int in, out;   /* features */
    int fan_in;    /* LINEAR, CONV: inputs that one output depends on; rows of the weight */
    int units;     /* LINEAR, CONV, LAYERNORM: numbers in the bias; columns of the weight */
    gb_conv conv;  /* CONV: sizes of its pictures */
    size_t param;  /* first parameter in the block */
    size_t output; /* first column of its output in the tape */
    size_t keep;   /* LAYERNORM: first column of what it keeps for the backward pass */
} gb_layer;

static inline bool gb_layer_has_weight(const gb_layer *layer) {
    return layer->kind == GB_LINEAR || layer->kind == GB_CONV;
}

#define GB_MAX_HIDDEN   8
#define GB_MAX_FILTERED 4
/* filters, activation; linear, LayerNorm, activation; output */
#define GB_MAX_LAYERS (2 * GB_MAX_FILTERED + 3 * GB_MAX_HIDDEN + 1)

typedef struct gb_net {
    int in, out, n_layers;
    gb_layer layer[GB_MAX_LAYERS];
    size_t n_params;
    size_t columns; /* numbers a row of the tape takes */
    int widest;     /* largest number of features between two layers */
    bool halves;    /* asks for layers in halves, below; false unless set */
} gb_net;

/* Begins a network that takes `in` features; then layers are appended. `out` counts for LINEAR
 * only. */
void gb_net_init(gb_net *net, int in);
void gb_net_add(gb_net *net, int kind, int out);
/* Appends a convolution of pictures (height, width, channels), which the layers so far give. */
void gb_net_add_conv(gb_net *net, int height, int width, int channels, int filters, int kernel);

/* A multilayer perceptron: for each of the hidden sizes (ended by 0) linear, LayerNorm if asked,
 * activation; then linear to out. */
void gb_net_mlp(gb_net *net, int in, const int *hidden, int out, int activation, bool layer_norm);

/* The same behind convolutions of pictures shape (height, width, channels): for each of the numbers
 * of filters (ended by 0) a 3 x 3 convolution and activation. At most GB_MAX_FILTERED, each of
 * which makes a picture smaller by 2. */
void gb_net_picture(gb_net *net, const int shape[3], const int *filters, const int *hidden, int out,
                    int activation, bool layer_norm);

/* Draws first parameters: weights and biases uniform in +-1/sqrt(fan_in) (PyTorch's default for
 * linear layers and convolutions), gains 1, shifts 0. */
void gb_net_reset(const gb_net *net, gb_real *params, gb_rng *rng);

/* The same with orthogonal weights (Saxe et al. 2014): columns (or rows, if these are fewer) of
 * length `gain`, of the last layer gain_last; biases 0. */
void gb_net_reset_orthogonal(const gb_net *net, gb_real *params, double gain, double gain_last,
                             gb_rng *rng);

/* Layers in halves: large linear layers add up their inputs in two halves, and a first convolution
 * before one adds up its gradient over the upper and the lower halves of pictures. With a tape that
 * is `by_inputs`, two threads then have half of each large weight, of its gradient and of Adam's
 * moments to themselves. Numbers differ from those of whole layers by rounding only, and do not
 * depend on the threads. gb_net_backward_rows is not for threads side by side on such a network. */

/* What a forward pass leaves behind, for up to `rows` rows. Passes over whole batches share their
 * work among `threads` threads where it is worth a fork: 1 unless the owner sets it. The numbers
 * do not depend on how many. */
typedef struct gb_tape {
    int rows, threads;
    bool by_inputs; /* of a network with `halves`: each thread reads its half of the weight only */
    const gb_real *input; /* of the last forward pass; must stay until the backward pass */
    gb_real *data;        /* columns x rows; column c begins at c * rows */
    gb_real *delta[2];    /* (rows, widest) each: gradients on their way back */
    int *some;            /* (rows) which rows are on their way back */
    gb_real *half;        /* room for half of the gradient of a convolution's parameters */
} gb_tape;

/* Column `first` and on: (rows, ...) of one layer. */
static inline gb_real *gb_tape_column(const gb_tape *tape, size_t first) {
    return tape->data + first * (size_t)tape->rows;
}

int gb_tape_init(gb_tape *tape, const gb_net *net, int rows, gb_err *err);
void gb_tape_free(gb_tape *tape);

/* Runs n rows of x (n, in) forward. Returns the output (n, out), which lives in the tape until the
 * next forward pass. */
gb_real *gb_net_forward(const gb_net *net, const gb_real *params, const gb_real *x, int n,
                        gb_tape *tape);

/* The same for rows first..first+n-1 of the batch x alone, whose outputs are returned. Threads may
 * run parts of a batch side by side; the numbers are those of the whole. */
gb_real *gb_net_forward_rows(const gb_net *net, const gb_real *params, const gb_real *x, int first,
                             int n, gb_tape *tape);

/* Returns what the layer before the last gave in the last forward pass, (n, in of the last). */
const gb_real *gb_net_features(const gb_net *net, const gb_tape *tape);

/* Runs the first n rows of the last forward pass backward from dout (n, out), which is left as it
 * is. Writes the gradient of the parameters to grad (n_params) unless grad is NULL, and the columns
 * from..from+cols-1 of the gradient of the input to dx (n, cols) unless dx is NULL. If grad is
 * NULL, rows whose dout is zero cost nothing (in networks of linear layers, ReLU and tanh). */
void gb_net_backward(const gb_net *net, const gb_real *params, gb_tape *tape, int n,
                     const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols);

/* The same for rows first..first+n-1 alone of the whole batches dout and dx; grad gets what these
 * rows add to the gradient. Threads may run parts of a batch side by side. */
void gb_net_backward_rows(const gb_net *net, const gb_real *params, gb_tape *tape, int first, int n,
                          const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols);

/* Returns how the outputs of the first n rows of the last forward pass move, (n, out), as params
 * move along dparams (n_params): the Jacobian times dparams. It lives in the tape until the next
 * backward pass or call of this; what the forward pass left stays. The first layer must be LINEAR,
 * and there must be no convolution.
 */
gb_real *gb_net_jvp(const gb_net *net, const gb_real *params, const gb_real *dparams, gb_tape *tape,
                    int n);

/* Visits the parameters layer by layer: "0.weight" (fan_in, units), "0.bias" (units), ... */
void gb_net_archive(const gb_net *net, gb_real *params, gb_archive *archive);

/* Nominal floating-point operations of a forward pass for one row: 2 fan_in out for each linear
 * layer and convolution; and of a backward pass for the gradient of the parameters: as many by
 * weights, and by inputs but for those of the first layer. */
double gb_net_flops(const gb_net *net);
double gb_net_backward_flops(const gb_net *net);

/* Compares the gradients of sum(weight * output) over n rows of x with central differences of step
 * h, for all parameters and inputs. Returns the largest relative error, |difference| / max(1e-3,
 * |gradient|), or -1 if memory is short: below 1e-3 a difference quotient holds too few digits to
 * be divided by. Meaningful bounds: 1e-6 in double builds with h = 1e-5. */
double gb_net_check_gradient(const gb_net *net, gb_real *params, gb_real *x, const gb_real *weight,
                             int n, double h);

#endif
