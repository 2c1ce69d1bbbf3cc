/* mdp_text.c - MDPs from and to text. The format is described in mdp.h. */
#include "file.h"
#include "mdp.h"
#include "memory.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 7   /* one more than any line may have */
#define MAX_FIELD  400 /* letters; no number needs as many */

/* --- lines and fields -------------------------------------------------------------------------*/

typedef struct field {
    const char *at;
    int length;
} field;

typedef struct source {
    const char *next, *end, *shown;
    int line;                 /* of the fields, from 1 */
    field fields[MAX_FIELDS]; /* (n) of the line at hand */
    int n;
    gb_err *err;

    /* the head: what was given so far, and the line that gave it */
    int states, actions, has_version, has_states, has_actions, has_gamma;
    double gamma, reward;

    gb_mdp_builder b;
    bool building;  /* b holds an MDP */
    size_t pair;    /* of the last line that was about one */
    int pair_line;  /* that line; 0: none yet */
    int start_line; /* the last that gave an initial probability */
} source;

static int refuse(const source *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails with "path:line: ...". */
static int refuse(const source *in, const char *format, ...) {
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return gb_fail(in->err, GB_USAGE, "%s:%d: %s", in->shown, in->line, what);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Parts the next line into fields, without its comment; keeps one too many at most. Returns false
 * at the end of the text. */
static bool next_line(source *in) {
    if (in->next == in->end) return false;
    const char *stop = memchr(in->next, '\n', (size_t)(in->end - in->next));
    const char *rest = stop ? stop + 1 : in->end, *p = in->next;
    if (!stop) stop = in->end;
    in->next = rest;
    in->line++;
    in->n = 0;
    while (p < stop && *p != '#') {
        const char *begin = p;
        while (p < stop && *p != '#' && !is_blank(*p)) p++;
        if (p > begin && in->n < MAX_FIELDS)
            in->fields[in->n++] =
                (field){begin, p - begin < MAX_FIELD ? (int)(p - begin) : MAX_FIELD};
        if (p < stop && *p != '#') p++;
    }
    return true;
}

static bool is_word(const source *in, int k, const char *word) {
    const field *f = &in->fields[k];
    return (size_t)f->length == strlen(word) && !memcmp(f->at, word, (size_t)f->length);
}

/* Copies field k for a message: cut short, and of printable ASCII. Returns text. */
static const char *shown(const source *in, int k, char text[48]) {
    const field *f = &in->fields[k];
    int n = f->length < 40 ? f->length : 40;
    for (int i = 0; i < n; i++) text[i] = f->at[i] > ' ' && f->at[i] < 127 ? f->at[i] : '?';
    text[n] = 0;
    if (n < f->length) strcpy(text + n, "...");
    return text;
}

/* Reads field k as a whole number of at least `least`; `what` is what it stands for. */
static int read_int(const source *in, int k, const char *what, int least, int *out) {
    char *end, text[48];
    errno = 0;
    const field *f = &in->fields[k];
    long value = strtol(f->at, &end, 10);
    if (end != f->at + f->length)
        return refuse(in, "%s is '%s'; give a whole number", what, shown(in, k, text));
    if (errno || value < least || value > INT_MAX)
        return refuse(in, "%s is %s; give a number of at least %d, below 2^31", what,
                      shown(in, k, text), least);
    *out = (int)value;
    return GB_OK;
}

/* Reads field k as a finite number. */
static int read_number(const source *in, int k, const char *what, double *out) {
    char *end, text[48];
    const field *f = &in->fields[k];
    double value = strtod(f->at, &end);
    if (end != f->at + f->length || f->length == MAX_FIELD)
        return refuse(in, "%s is '%s'; give a number", what, shown(in, k, text));
    if (!isfinite(value))
        return refuse(in, "%s is %s; give a finite number", what, shown(in, k, text));
    *out = value;
    return GB_OK;
}

/* --- the head ---------------------------------------------------------------------------------*/

static int check_fields(const source *in, int wanted, const char *form) {
    return in->n == wanted ? GB_OK
                           : refuse(in, "has %s fields; write '%s'",
                                    in->n < wanted ? "too few" : "too many", form);
}

/* Notes that a line of the head is here; each may come once, and before all outcomes. */
static int take_once(source *in, int *given, const char *what) {
    if (*given) return refuse(in, "%s was given in line %d; take one back", what, *given);
    if (in->building) return refuse(in, "%s comes after an outcome; move it up", what);
    *given = in->line;
    return GB_OK;
}

static int read_version(source *in) {
    int version, code = check_fields(in, 2, "mdp 1");
    if (!code) code = take_once(in, &in->has_version, "'mdp'");
    if (!code) code = read_int(in, 1, "the version of the format", 1, &version);
    if (!code && version != 1)
        return refuse(in, "is of version %d; this program reads version 1", version);
    return code;
}

static int read_states(source *in) {
    int code = check_fields(in, 2, "states N");
    if (!code) code = take_once(in, &in->has_states, "'states'");
    return code ? code : read_int(in, 1, "the number of states", 1, &in->states);
}

static int read_actions(source *in) {
    int code = check_fields(in, 2, "actions N");
    if (!code) code = take_once(in, &in->has_actions, "'actions'");
    return code ? code : read_int(in, 1, "the number of actions", 1, &in->actions);
}

static int read_gamma(source *in) {
    int code = check_fields(in, 2, "gamma X");
    if (!code) code = take_once(in, &in->has_gamma, "'gamma'");
    if (!code) code = read_number(in, 1, "gamma", &in->gamma);
    if (!code && !(in->gamma >= 0 && in->gamma < 1))
        return refuse(in, "gamma is %g; give a discount of at least 0 and below 1", in->gamma);
    return code;
}

/* Counts the outcomes that are still to come: an upper bound, for the memory they take. */
static size_t count_outcomes(const source *in) {
    source ahead = *in;
    size_t n = 0;
    do {
        if (!ahead.n) continue;
        n += is_word(&ahead, 0, "end") ? (size_t)ahead.actions : 1;
    } while (next_line(&ahead));
    return n;
}

/* Begins the MDP at the first line that needs it. */
static int begin(source *in) {
    if (in->building) return GB_OK;
    const char *missing = !in->has_states    ? "states"
                          : !in->has_actions ? "actions"
                          : !in->has_gamma   ? "gamma"
                                             : NULL;
    if (missing) return refuse(in, "'%s' is missing above this line; add it", missing);
    gb_err why;
    int code = gb_mdp_begin(&in->b, in->states, in->actions, in->gamma, count_outcomes(in), &why);
    in->building = !code;
    return code ? gb_fail(in->err, code, "%s: %.300s", in->shown, why.msg) : GB_OK;
}

/* --- what follows the head --------------------------------------------------------------------*/

/* Puts path and line before a message of the builder. */
static int place(source *in, int line, int code, const gb_err *why) {
    in->line = line;
    return code == GB_USAGE ? refuse(in, "%s", why->msg) : gb_fail(in->err, code, "%s", why->msg);
}

/* Takes what the builder said to a line about pair s, a. Rows are checked when the next begins, so
 * that a fault may be that of lines above. */
static int take_pair(source *in, int s, int a, int code, const gb_err *why) {
    const size_t pair = gb_mdp_pair(&in->b.mdp, s, a), at = in->b.pair;
    const bool above = s < in->states && a < in->actions && at < pair && at == in->pair;
    if (code) return place(in, above && in->pair_line ? in->pair_line : in->line, code, why);
    in->pair = pair;
    in->pair_line = in->line;
    return GB_OK;
}

static int read_start(source *in) {
    int s, code = check_fields(in, 3, "start STATE PROBABILITY");
    double p;
    gb_err why;
    if (!code) code = begin(in);
    if (!code) code = read_int(in, 1, "the state", 0, &s);
    if (!code) code = read_number(in, 2, "the probability", &p);
    if (code) return code;
    code = gb_mdp_start(&in->b, s, p, &why);
    in->start_line = in->line;
    return code ? place(in, in->line, code, &why) : GB_OK;
}

static int read_reward(source *in) {
    int code = check_fields(in, 2, "reward X");
    return code ? code : read_number(in, 1, "the reward", &in->reward);
}

static int read_illegal(source *in) {
    int s, a, code = check_fields(in, 3, "illegal STATE ACTION");
    gb_err why;
    if (!code) code = begin(in);
    if (!code) code = read_int(in, 1, "the state", 0, &s);
    if (!code) code = read_int(in, 2, "the action", 0, &a);
    if (code) return code;
    code = gb_mdp_forbid(&in->b, s, a, &why);
    return take_pair(in, s, a, code, &why);
}

static int read_end(source *in) {
    int s, code = check_fields(in, 2, "end STATE");
    gb_err why;
    if (!code) code = begin(in);
    if (!code) code = read_int(in, 1, "the state", 0, &s);
    if (code) return code;
    const gb_outcome over = {.probability = 1, .next = s, .terminal = true};
    for (int a = 0; a < in->actions && !code; a++) {
        code = gb_mdp_add(&in->b, s, a, over, &why);
        code = take_pair(in, s, a, code, &why);
    }
    return code;
}

static int read_outcome(source *in) {
    int s, a;
    gb_err why;
    gb_outcome o = {.reward = in->reward, .terminal = is_word(in, in->n - 1, "terminal")};
    const int numbers = in->n - o.terminal;
    if (numbers < 4 || numbers > 5)
        return refuse(in,
                      "has too %s fields; write 'STATE ACTION SUCCESSOR PROBABILITY REWARD "
                      "[terminal]'",
                      numbers < 4 ? "few" : "many");
    int code = begin(in);
    if (!code) code = read_int(in, 0, "the state", 0, &s);
    if (!code) code = read_int(in, 1, "the action", 0, &a);
    if (!code) code = read_int(in, 2, "the successor", 0, &o.next);
    if (!code) code = read_number(in, 3, "the probability", &o.probability);
    if (!code && numbers == 5) code = read_number(in, 4, "the reward", &o.reward);
    if (code) return code;
    code = gb_mdp_add(&in->b, s, a, o, &why);
    return take_pair(in, s, a, code, &why);
}

static const struct {
    const char *word;
    int (*read)(source *in);
} lines[] = {
    {"mdp", read_version}, {"states", read_states},   {"actions", read_actions},
    {"gamma", read_gamma}, {"start", read_start},     {"reward", read_reward},
    {"end", read_end},     {"illegal", read_illegal},
};

/* Reads the fields of a line that is not empty. */
static int read_line(source *in) {
    char text[48];
    if (!in->has_version && !is_word(in, 0, "mdp"))
        return refuse(in, "begins with '%s', not with 'mdp 1'; check that this is an MDP file",
                      shown(in, 0, text));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (is_word(in, 0, lines[i].word)) return lines[i].read(in);
    const char c = in->fields[0].at[0];
    if ((c >= '0' && c <= '9') || c == '-' || c == '+') return read_outcome(in);
    return refuse(in,
                  "'%s' begins no line; use mdp, states, actions, gamma, start, reward, end, "
                  "illegal, or a state's number",
                  shown(in, 0, text));
}

int gb_mdp_parse(gb_mdp *mdp, const char *text, size_t n, const char *name, gb_err *err) {
    source in = {.next = text, .end = text + n, .shown = name, .err = err};
    gb_err why;
    int code = GB_OK;
    *mdp = (gb_mdp){0};
    while (!code && next_line(&in))
        if (in.n) code = read_line(&in);
    if (!code && !in.has_version) {
        in.line = in.line ? in.line : 1;
        code = refuse(&in, "the file holds no MDP; begin it with 'mdp 1'");
    }
    if (!code) code = begin(&in);
    if (!code && (code = gb_mdp_finish(&in.b, mdp, &why))) {
        const bool rows = in.b.pair < gb_mdp_pairs(&in.b.mdp);
        const int line = rows ? in.pair_line : in.start_line;
        place(&in, line ? line : in.line, code, &why);
    }
    if (code) gb_mdp_abandon(&in.b);
    return code;
}

int gb_mdp_read(gb_mdp *mdp, const char *path, gb_err *err) {
    size_t n;
    const double room = fmin(gb_memory_available() / 2, (double)(SIZE_MAX / 4));
    *mdp = (gb_mdp){0};
    char *text = gb_file_read(path, (size_t)room, &n, err);
    if (!text) return GB_FAIL;
    int code = gb_mdp_parse(mdp, text, n, path, err);
    gb_dealloc(text);
    return code;
}

/* --- writing ----------------------------------------------------------------------------------*/

/* Text that grows; of a failed one nothing more is written. */
typedef struct sink {
    char *text;
    size_t n, room;
    int code;
    gb_err *err;
} sink;

static void put(sink *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(sink *out, const char *format, ...) {
    enum { LINE = 160 }; /* no line is longer */
    if (out->code) return;
    if (out->room - out->n < LINE) {
        size_t room = out->room ? 2 * out->room : 1 << 16;
        char *larger = NULL;
        out->code = gb_memory_check((double)room, "the text of an MDP", out->err);
        if (!out->code && !(larger = gb_alloc(room, 1, out->err))) out->code = GB_FAIL;
        if (out->code) return;
        if (out->n) memcpy(larger, out->text, out->n);
        gb_dealloc(out->text);
        out->text = larger;
        out->room = room;
    }
    va_list args;
    va_start(args, format);
    out->n += (size_t)vsnprintf(out->text + out->n, LINE, format, args);
    va_end(args);
}

static void put_pair(sink *out, const gb_mdp *mdp, int s, int a) {
    const size_t i = gb_mdp_pair(mdp, s, a);
    if (mdp->legal && !mdp->legal[i]) put(out, "illegal %d %d\n", s, a);
    for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++) {
        gb_outcome o = gb_mdp_outcome(mdp, i, k);
        put(out, "%d %d %d %.17g %.17g%s\n", s, a, o.next, o.probability, o.reward,
            o.terminal ? " terminal" : "");
    }
}

int gb_mdp_write(const gb_mdp *mdp, const char *path, gb_err *err) {
    sink out = {.err = err};
    put(&out, "mdp 1\nstates %d\nactions %d\ngamma %.17g\n", mdp->states, mdp->actions, mdp->gamma);
    for (int s = 0; s < mdp->states; s++)
        if (mdp->start[s] > 0) put(&out, "start %d %.17g\n", s, mdp->start[s]);
    put(&out, "# state action successor probability reward\n");
    for (int s = 0; s < mdp->states && !out.code; s++)
        for (int a = 0; a < mdp->actions; a++) put_pair(&out, mdp, s, a);
    if (!out.code) out.code = gb_write_file(path, out.text, out.n, err);
    gb_dealloc(out.text);
    return out.code;
}
