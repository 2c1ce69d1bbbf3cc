/* plugin_files.c - what the folders of GIBBS_PLUGIN_PATH hold, by their file names alone. */
#include "cli.h"
#include "plugin.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct plugin_file *)a)->name, ((const struct plugin_file *)b)->name);
}

static bool is_taken(const struct plugin_files *files, const gb_registry *registry,
                     const char *name) {
    for (int i = 0; i < registry->n_envs; i++)
        if (!strcmp(registry->envs[i]->name, name)) return true;
    for (int i = 0; i < files->n; i++)
        if (!strcmp(files->file[i].name, name)) return true;
    return false;
}

/* Adds the file of a folder if its name is NAME.so and free. */
static void add(struct plugin_files *files, const gb_registry *registry, const char *file) {
    struct plugin_file one;
    size_t n = strlen(file);
    if (n < 4 || strcmp(file + n - 3, ".so") || n - 3 >= sizeof one.name) return;
    gb_format(one.name, sizeof one.name, "%.*s", (int)n - 3, file);
    /* what the search would take for this name */
    if (!gb_plugin_find(getenv("GIBBS_PLUGIN_PATH"), one.name, one.path, sizeof one.path) ||
        is_taken(files, registry, one.name))
        return;
    struct plugin_file *more = realloc(files->file, ((size_t)files->n + 1) * sizeof *more);
    if (!more) return;
    files->file = more;
    files->file[files->n++] = one;
}

void plugin_files_list(struct plugin_files *files, const gb_registry *registry) {
    const char *search = getenv("GIBBS_PLUGIN_PATH");
    *files = (struct plugin_files){0};
    while (search && *search) {
        char folder[GB_PATH_MAX];
        size_t n = strcspn(search, ":");
        const int first = files->n;
        gb_format(folder, sizeof folder, "%.*s", (int)n, search);
        DIR *dir = n && n < sizeof folder ? opendir(folder) : NULL;
        for (const struct dirent *entry; dir && (entry = readdir(dir));)
            add(files, registry, entry->d_name);
        if (dir) closedir(dir);
        if (files->n > first)
            qsort(files->file + first, (size_t)(files->n - first), sizeof *files->file, by_name);
        search += n + (search[n] == ':');
    }
}

void plugin_files_free(struct plugin_files *files) {
    free(files->file);
    *files = (struct plugin_files){0};
}
