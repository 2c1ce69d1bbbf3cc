/* plugin.h - environments from shared libraries; the only module that loads code. */
#ifndef GB_CORE_PLUGIN_H
#define GB_CORE_PLUGIN_H

#include "base.h"
#include "registry.h"

/* Loads the environment in the shared library at path and adds it to registry. ABI number and
 * struct size are checked before any of its code runs; an older, shorter plugin loads, and lacks
 * the newer functions. GB_FAIL with one line that says what is wrong and what to do. The library
 * stays loaded as long as the process. On success *out, if not NULL, is the type. */
int gb_plugin_load(gb_registry *registry, const char *path, const gb_env_type **out, gb_err *err);

/* Returns whether a name that a user typed means a plugin file: it ends in .so, or has a '/'. */
bool gb_plugin_is_path(const char *name);

/* Looks for NAME.so in the folders of search (separated by ':', as in GIBBS_PLUGIN_PATH; may be
 * NULL). Returns true and the path in path[size] if there is one. */
bool gb_plugin_find(const char *search, const char *name, char *path, size_t size);

#endif
