/* args.c - the command line taken apart. */
#include "cli.h"
#include "opt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_flag(const char *name, const char *const *flags) {
    for (; *flags; flags++)
        if (!strcmp(name, *flags)) return true;
    return false;
}

/* "-2" and "-.5" are values, not options. */
static bool is_option(const char *word) {
    return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]);
}

int args_parse(struct args *args, int argc, char **argv, const char *const *flags, gb_err *err) {
    *args = (struct args){0};
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (!is_option(word)) {
            if (!word[0])
                return gb_fail(err, GB_USAGE, "word %d of the command is empty; give a name",
                               i + 1);
            if (args->n_words == MOST_WORDS) return gb_fail(err, GB_USAGE, "too many words");
            args->words[args->n_words++] = word;
            continue;
        }
        if (args->n_options == MOST_OPTIONS) return gb_fail(err, GB_USAGE, "too many options");
        struct option *option = &args->options[args->n_options++];
        option->name = word + 1 + (word[1] == '-');
        char *equals = strchr(word, '=');
        if (equals) *equals++ = 0;
        gb_format(option->shown, sizeof option->shown, "%s", word);
        option->value = equals;
        if (is_flag(option->name, flags)) {
            if (equals) return gb_fail(err, GB_USAGE, "%s: takes no value; leave it out", word);
        } else if (!equals) {
            if (i + 1 == argc || is_option(argv[i + 1]))
                return gb_fail(err, GB_USAGE, "%s: its value is missing; write %s VALUE", word,
                               word);
            option->value = argv[++i];
        }
    }
    return GB_OK;
}

const char *args_take(struct args *args, const char *name) {
    const char *value = NULL;
    GB_ASSERT(args->n_asked < (int)(sizeof args->asked / sizeof *args->asked));
    args->asked[args->n_asked++] = name;
    for (int i = 0; i < args->n_options; i++) {
        if (strcmp(args->options[i].name, name)) continue;
        args->options[i].taken = true;
        value = args->options[i].value ? args->options[i].value : "";
    }
    return value;
}

const char *args_take_next(struct args *args, const char *name, int *at) {
    while (*at < args->n_options) {
        struct option *option = &args->options[(*at)++];
        if (strcmp(option->name, name)) continue;
        option->taken = true;
        return option->value ? option->value : "";
    }
    return NULL;
}

int args_take_file(struct args *args, const char *name, const char **path, gb_err *err) {
    int at = 0;
    args_take_next(args, name, &at);
    bool twice = args_take_next(args, name, &at) != NULL;
    const char *dashes = name[1] ? "--" : "-";
    *path = args_take(args, name);
    if (twice) return gb_fail(err, GB_USAGE, "%s%s: given twice; give it once", dashes, name);
    if (!*path || **path) return GB_OK;
    return gb_fail(err, GB_USAGE, "%s%s: its value is empty; name a file or folder", dashes, name);
}

int args_check_folder(const char *path, gb_err *err) {
    char folder[GB_PATH_MAX];
    struct stat is;
    gb_format(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    if (access(slash ? folder : ".", W_OK | X_OK))
        return gb_fail(err, GB_FAIL, "%.300s: %s; choose another folder", path, strerror(errno));
    if (stat(path, &is) || !S_ISDIR(is.st_mode)) return GB_OK;
    return gb_fail(err, GB_FAIL, "%.300s: is a folder; choose another name", path);
}

int args_take_int(struct args *args, const char *name, int64_t min, int64_t max, int64_t *value,
                  gb_err *err) {
    struct number {
        int64_t value;
    } number;
    char shown[80];
    const char *text = args_take(args, name);
    if (!text) return GB_OK;
    const gb_opt row = {name, GB_I64(struct number, value), (double)min, (double)min, (double)max,
                        ""};
    int code = gb_opt_set(&row, &number, text, gb_format(shown, sizeof shown, "--%s", name), err);
    if (!code) *value = number.value;
    return code;
}

int args_read_size(const char *shown, const char *text, int *width, int *height, gb_err *err) {
    char end;
    bool digits = !text[strspn(text, "0123456789x")] && strlen(text) < 12;
    if (digits && sscanf(text, "%dx%d%c", width, height, &end) == 2) return GB_OK;
    return gb_fail(err, GB_USAGE, "%s: %s is not WIDTHxHEIGHT; write %s 800x600", shown, text,
                   shown);
}

int args_take_size(struct args *args, int least, int most, int *width, int *height, gb_err *err) {
    const char *text = args_take(args, "size");
    if (!text) return GB_OK;
    int code = args_read_size("--size", text, width, height, err);
    if (code) return code;
    if (*width >= least && *width <= most && *height >= least && *height <= most) return GB_OK;
    return gb_fail(err, GB_USAGE, "--size: %s is out of range; choose %d to %d each way", text,
                   least, most);
}

int args_take_choice(struct args *args, const char *name, const char *const *names, int *choice,
                     gb_err *err) {
    const char *text = args_take(args, name);
    char all[160] = "";
    if (!text) return GB_OK;
    for (int i = 0; names[i]; i++) {
        const size_t n = strlen(all);
        gb_format(all + n, sizeof all - n, "%s%s",
                  !i             ? ""
                  : names[i + 1] ? ", "
                                 : " or ",
                  names[i]);
        if (strcmp(text, names[i])) continue;
        *choice = i;
        return GB_OK;
    }
    return gb_fail(err, GB_USAGE, "--%s: there is no %s; choose %s", name, text, all);
}

int args_finish(const struct args *args, int min, int max, const char *usage, gb_err *err) {
    for (int i = 0; i < args->n_options; i++) {
        const struct option *option = &args->options[i];
        if (option->taken) continue;
        gb_near near;
        char text[256];
        gb_near_init(&near, option->name);
        for (int k = 0; k < args->n_asked; k++) gb_near_add(&near, args->asked[k]);
        return gb_fail(err, GB_USAGE, "%s: no such option%s; usage: %s", option->shown,
                       gb_near_text(&near, text, sizeof text), usage);
    }
    if (args->n_words < min)
        return gb_fail(err, GB_USAGE, "something is missing; usage: %s", usage);
    if (args->n_words > max)
        return gb_fail(err, GB_USAGE, "%s: one word too many; usage: %s", args->words[max], usage);
    return GB_OK;
}
