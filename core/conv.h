/* conv.h - two-dimensional convolution of small pictures: stride 1, no padding, channels last.
 *
 * A picture is (height, width, channels), row-major; its filtered picture is (height - kernel + 1,
 * width - kernel + 1, filters). A weight is (kernel, kernel, channels, filters): what PyTorch's
 * Conv2d holds as (filters, channels, kernel, kernel). As elsewhere in learning, the kernel is not
 * mirrored:
 *
 *   y[i, j, f] = bias[f] + sum over u, v, c of x[i + u, j + v, c] weight[u, v, c, f]
 *
 * Pictures are convolved as they lie, without copies of their patches. The result for a picture
 * does not depend on the batch that it comes in. Full speed needs as many filters as a vector of
 * the CPU holds numbers (16 in single precision with AVX-512, 8 with AVX2, 4 with SSE); fewer work.
 */
#ifndef GB_CORE_CONV_H
#define GB_CORE_CONV_H

#include "base.h"

typedef struct gb_conv {
    int height, width, channels; /* of the input */
    int filters;                 /* channels of the output */
    int kernel;                  /* height and width of a filter */
} gb_conv;

/* Height or width of the output for that of the input. */
static inline int gb_conv_size(const gb_conv *conv, int input) {
    return input - conv->kernel + 1;
}

/* Numbers in an input picture, in an output picture, and in one filter. */
static inline int gb_conv_in(const gb_conv *conv) {
    return conv->height * conv->width * conv->channels;
}
static inline int gb_conv_out(const gb_conv *conv) {
    return gb_conv_size(conv, conv->height) * gb_conv_size(conv, conv->width) * conv->filters;
}
static inline int gb_conv_taps(const gb_conv *conv) {
    return conv->kernel * conv->kernel * conv->channels;
}

/* Filters n pictures x to y; relu: y = max(y, 0), with NaN kept. Of the output pictures only rows
 * top..top+rows-1. */
void gb_conv_forward(const gb_conv *conv, const gb_real *weight, const gb_real *bias,
                     const gb_real *x, gb_real *y, int n, int top, int rows, bool relu);

/* From rows top..top+rows-1 of dy, the gradient by n output pictures, writes what they add to those
 * by the weight and by the bias. */
void gb_conv_weight_gradient(const gb_conv *conv, const gb_real *x, const gb_real *dy, int top,
                             int rows, gb_real *d_weight, gb_real *d_bias, int n);

/* From dy writes dx, the gradient by n input pictures. */
void gb_conv_input_gradient(const gb_conv *conv, const gb_real *weight, const gb_real *dy,
                            gb_real *dx, int n);

#endif
