/* plot_groups.c - which runs are of one kind, and what tells the kinds apart. */
#include "plot.h"

#include <stdio.h>
#include <string.h>

/* --- options as text --------------------------------------------------------------------------*/

/* Returns the value of key[n] in a text of lines "key=value", and its length; NULL: none. */
static const char *find_value(const char *options, const char *key, size_t n, size_t *length) {
    for (const char *line = options; *line; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, key, n) || line[n] != '=') continue;
        *length = strcspn(line + n + 1, "\n");
        return line + n + 1;
    }
    return NULL;
}

/* Returns whether two options texts agree on the line at `line`. */
static bool agrees(const char *line, const char *other) {
    size_t n = strcspn(line, "="), length = strcspn(line, "\n") - n - 1, found;
    const char *value = find_value(other, line, n, &found);
    return value && found == length && !strncmp(value, line + n + 1, length);
}

/* --- groups -----------------------------------------------------------------------------------*/

static bool same_kind(const struct plot_run *a, const struct plot_run *b) {
    return !strcmp(a->env, b->env) && !strcmp(a->name, b->name) && !strcmp(a->options, b->options);
}

/* A run that is there twice would count twice, and make the others' agreement seem greater. */
static int check_seeds(const struct plot_run *runs, int i, gb_err *err) {
    for (int k = 0; k < i; k++)
        if (runs[k].group == runs[i].group && !strcmp(runs[k].seed, runs[i].seed))
            return gb_fail(err, GB_USAGE,
                           "%s: has the same options and seed as %s; give one of them",
                           runs[i].path, runs[k].path);
    return GB_OK;
}

/* --- names ------------------------------------------------------------------------------------*/

static void add_text(char name[256], const char *text, int length) {
    size_t n = strlen(name);
    gb_format(name + n, 256 - n, "%.*s", length, text);
}

/* Adds what differs from groups of the same agent and environment. */
static void add_differences(struct plot_groups *groups, struct plot_group *group) {
    const struct plot_run *own = group->first;
    for (const char *line = own->options; *line; line += strcspn(line, "\n") + 1) {
        bool differs = false;
        for (int i = 0; i < groups->n; i++) {
            const struct plot_run *other = groups->group[i].first;
            bool peer = !strcmp(own->env, other->env) && !strcmp(own->name, other->name);
            differs |= peer && !agrees(line, other->options);
        }
        if (!differs) continue;
        int key = (int)strcspn(line, "="), all = (int)strcspn(line, "\n");
        add_text(group->name, group->name[0] ? ", " : "", 2);
        add_text(group->name, line, key);
        add_text(group->name, " ", 1);
        add_text(group->name, line + key + 1, all - key - 1);
    }
}

static bool has_one_env(const struct plot_groups *groups) {
    for (int i = 1; i < groups->n; i++)
        if (strcmp(groups->group[i].first->env, groups->group[0].first->env)) return false;
    return true;
}

static void name_groups(struct plot_groups *groups, bool one_panel) {
    bool with_env = one_panel && !has_one_env(groups);
    int colors = 0;
    for (int i = 0; i < groups->n; i++) {
        struct plot_group *group = &groups->group[i];
        const struct plot_run *run = group->first;
        bool both = with_env && run->name[0];
        gb_format(group->name, sizeof group->name, "%s%s%s", with_env ? run->env : "",
                  both ? " " : "", run->name);
        add_differences(groups, group);
        group->color = 0;
        for (int k = 0; k < i && !group->color; k++)
            if (!strcmp(groups->group[k].name, group->name)) group->color = groups->group[k].color;
        if (!group->color) group->color = ++colors;
    }
}

/* --- all --------------------------------------------------------------------------------------*/

/* Returns the panel of a new group: the one of its environment, or the next. */
static int panel_of(struct plot_groups *groups, const struct plot_run *run, bool one_panel) {
    for (int i = 0; i < groups->n; i++)
        if (one_panel || !strcmp(groups->group[i].first->env, run->env))
            return groups->group[i].panel;
    return groups->panels++;
}

int plot_groups_make(struct plot_groups *groups, struct plot_run *runs, int n, bool one_panel,
                     gb_err *err) {
    *groups = (struct plot_groups){0};
    groups->group = gb_alloc((size_t)n, sizeof *groups->group, err);
    if (!groups->group) return GB_FAIL;
    for (int i = 0; i < n; i++) {
        int at = 0;
        while (at < groups->n && !same_kind(&runs[i], groups->group[at].first)) at++;
        if (at == groups->n) {
            int panel = panel_of(groups, &runs[i], one_panel);
            groups->group[groups->n++] = (struct plot_group){.first = &runs[i], .panel = panel};
        }
        groups->group[at].runs++;
        runs[i].group = at;
        int code = check_seeds(runs, i, err);
        if (code) return code;
    }
    name_groups(groups, one_panel);
    return GB_OK;
}

void plot_groups_free(struct plot_groups *groups) {
    gb_dealloc(groups->group);
    *groups = (struct plot_groups){0};
}
