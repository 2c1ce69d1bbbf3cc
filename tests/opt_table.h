/* opt_table.h - an option table with a row of every kind, for the tests of options. */
#ifndef GB_TESTS_OPT_TABLE_H
#define GB_TESTS_OPT_TABLE_H

#include "opt.h"

#include <limits.h>

struct config {
    double lr, tau;
    float clip;
    int batch, free;
    int64_t steps;
    bool slippery;
    char loss[8], map[64], note[16];
    int hidden[4];
};

static const gb_opt table[] = {
    {"lr", GB_F64(struct config, lr), 3e-4, 0, 1, "learning rate"},
    {"tau", GB_F64(struct config, tau), 0.5, -INFINITY, INFINITY, "temperature"},
    {"clip", GB_F32(struct config, clip), 0.1, 0.1, 0.3, "clip range"},
    {"batch", GB_INT(struct config, batch), 64, 1, 4096, "batch size"},
    {"free", GB_INT(struct config, free), -1, INT_MIN, INT_MAX, "any int"},
    {"steps", GB_I64(struct config, steps), 1e6, 1, 0x1p63, "steps"},
    {"slippery", GB_BOOL(struct config, slippery), 1, 0, 1, "ice"},
    {"loss", GB_TEXT(struct config, loss), .help = "loss", .text = "mse", .choices = "mse|huber"},
    {"map", GB_FILE(struct config, map), .help = "map", .text = "4x4", .choices = "4x4|8x8"},
    {"note", GB_TEXT(struct config, note), .help = "any text"},
    {"hidden", GB_INTS(struct config, hidden), .help = "layers", .text = "64,64"},
    {0}};

#endif
