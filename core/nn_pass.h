/* nn_pass.h - between nn_pass.c, networks forward, and nn_pass_back.c, networks backward: what both
 * must agree on. Only these two include this.
 */
#ifndef GB_CORE_NN_PASS_H
#define GB_CORE_NN_PASS_H

#include "nn.h"

#include <math.h>

static inline size_t weights_of(const gb_layer *layer) {
    return (size_t)layer->fan_in * (size_t)layer->units;
}

static inline const gb_real *layer_input(const gb_net *net, const gb_tape *tape, int k) {
    return k ? gb_tape_column(tape, net->layer[k - 1].output) : tape->input;
}

/* --- shares of threads ------------------------------------------------------------------------*/

/* Where part `part` of n begins. */
static inline int share(int n, int part, int parts) {
    return (int)((int64_t)n * part / parts);
}

/* The same on a whole cache line, but for the end. */
static inline int cut_line(int n, int part, int parts) {
    enum { LINE = 16 };
    return part == parts ? n : share(n / LINE, part, parts) * LINE;
}

/* Returns into how many parts so many operations are worth cutting: waking a thread, and its way to
 * what another has written, take a microsecond or two. */
static inline int worth(int threads, double operations) {
    enum { LEAST = 200000 };
    return threads < 2 || operations < 2.0 * LEAST ? 1 : (int)fmin(threads, operations / LEAST);
}

/* --- passes -----------------------------------------------------------------------------------
 * A linear layer does the ReLU behind it in the same pass, and on the way back the derivative of
 * the ReLU or tanh before it: see la.h. */

static inline bool is_kind(const gb_net *net, int k, int kind) {
    return k >= 0 && k < net->n_layers && net->layer[k].kind == kind;
}

/* Whether layer k is a ReLU that the linear layer before it has done. */
static inline bool done_before(const gb_net *net, int k) {
    return is_kind(net, k, GB_RELU) && k > 0 && gb_layer_has_weight(&net->layer[k - 1]);
}

/* --- layers in halves ---------------------------------------------------------------------------
 * In networks that ask for it, large linear layers add up their inputs in two halves. Two threads
 * then have a half each of the weight, of its gradient and of Adam's moments to themselves, which
 * stay in their caches. A convolution before such a layer, if it is the first of all layers, goes
 * along: upper and lower half of its pictures are those inputs. One thread does the same in the
 * same order. */

static inline bool in_halves(const gb_net *net, int k) {
    enum { WIDE = 1 << 15 };
    const gb_layer *layer = &net->layer[k];
    return net->halves && layer->kind == GB_LINEAR && layer->in >= 64 &&
           (int64_t)layer->in * layer->out >= WIDE;
}

/* Whether the first layer is a convolution that goes along with the layer behind its ReLU. */
static inline bool conv_in_halves(const gb_net *net) {
    return is_kind(net, 0, GB_CONV) && is_kind(net, 1, GB_RELU) && net->n_layers > 2 &&
           in_halves(net, 2) && gb_conv_size(&net->layer[0].conv, net->layer[0].conv.height) > 1;
}

/* Rows of the output picture of conv in its upper half. */
static inline int upper(const gb_conv *conv) {
    return gb_conv_size(conv, conv->height) / 2;
}

/* Where the second half of the inputs of linear layer k begins. */
static inline int half_of(const gb_net *net, int k) {
    const gb_conv *conv = &net->layer[0].conv;
    if (k == 2 && conv_in_halves(net))
        return upper(conv) * gb_conv_size(conv, conv->width) * conv->filters;
    return cut_line(net->layer[k].in, 1, 2);
}

#endif
