/* plugin.c - the only file that calls dlopen. What can be checked before, is: a file that was cut
 * short would end the process with SIGBUS inside dlopen, and a wrong ABI number with anything. */
#include "plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUIRED_SIZE offsetof(gb_env_type, prepare) /* all up to and including observe */
#define SPEC_SIZE_AT  offsetof(gb_env_type, spec_size)

bool gb_plugin_is_path(const char *name) {
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 3 && !strcmp(name + n - 3, ".so"));
}

bool gb_plugin_find(const char *search, const char *name, char *path, size_t size) {
    if (!gb_is_name(name)) return false;
    while (search && *search) {
        size_t n = strcspn(search, ":");
        struct stat info;
        /* an empty folder is not taken for the current one */
        if (n && n + strlen(name) + sizeof "/.so" <= size) {
            gb_format(path, size, "%.*s/%s.so", (int)n, search, name);
            if (!stat(path, &info) && S_ISREG(info.st_mode)) return true;
        }
        search += n + (search[n] == ':');
    }
    return false;
}

/* Returns NULL if the open file of `bytes` bytes is a shared library with all that dlopen will map,
 * else what is wrong with it. */
static const char *elf_fault(int file, off_t bytes) {
    ElfW(Ehdr) head;
    if (pread(file, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_type != ET_DYN ||
        head.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        head.e_phentsize != sizeof(ElfW(Phdr)))
        return "it is not a shared library for this machine";
    for (int i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        off_t at = (off_t)head.e_phoff + i * (off_t)sizeof part;
        if (at < 0 || pread(file, &part, sizeof part, at) != (ssize_t)sizeof part)
            return "it is cut short";
        if (part.p_type == PT_LOAD &&
            (part.p_offset > (uint64_t)bytes || part.p_filesz > (uint64_t)bytes - part.p_offset))
            return "it is cut short";
    }
    return NULL;
}

static int check_file(const char *path, gb_err *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return gb_fail(err, GB_FAIL, "%.300s: cannot open it: %s; check the path", path,
                       strerror(errno));
    struct stat info;
    const char *fault = fstat(file, &info) || !S_ISREG(info.st_mode)
                            ? "it is not a file"
                            : elf_fault(file, info.st_size);
    close(file);
    if (!fault) return GB_OK;
    return gb_fail(err, GB_FAIL,
                   "%.300s: %s; build it with cc -shared -fPIC -DGB_PLUGIN (see gibbs_plugin.h)",
                   path, fault);
}

/* A bare name would be searched for among the system's libraries, so it gets a folder. */
static void *open_library(const char *path, gb_err *err) {
    char full[4096];
    gb_format(full, sizeof full, "%s%s", strchr(path, '/') ? "" : "./", path);
    void *library = dlopen(full, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
    const char *why = dlerror();
    size_t n = strlen(full);
    if (why && !strncmp(why, full, n) && why[n] == ':') why += n + 2;
    gb_fail(err, GB_FAIL, "%.200s: cannot load it: %.200s; build it again", path,
            why ? why : "no reason given");
    return NULL;
}

/* Finds the type in the library. Reads no more of it than abi and size, and runs nothing. */
static const gb_env_type *find_type(void *library, const char *path, gb_err *err) {
    const gb_env_type *const *symbol = dlsym(library, "gb_plugin_env");
    if (!symbol) {
        gb_fail(err, GB_FAIL,
                "%.300s: it has no symbol gb_plugin_env; define the environment with GB_ENV(...) "
                "and build it with -DGB_PLUGIN",
                path);
        return NULL;
    }
    const gb_env_type *type = *symbol;
    if (!type || (uintptr_t)type % _Alignof(gb_env_type)) {
        gb_fail(err, GB_FAIL,
                "%.300s: gb_plugin_env does not point to a gb_env_type; define the environment "
                "with GB_ENV(...)",
                path);
        return NULL;
    }
    if (type->abi != GB_ABI) {
        gb_fail(err, GB_FAIL, "%.300s: it was built for ABI %u, this gibbs has ABI %u; rebuild it",
                path, type->abi, GB_ABI);
        return NULL;
    }
    if (type->size > sizeof *type) {
        gb_fail(err, GB_FAIL,
                "%.300s: it was built for a newer gibbs (its gb_env_type has %u bytes, ours %zu); "
                "rebuild it with this one's gibbs_plugin.h",
                path, type->size, sizeof *type);
        return NULL;
    }
    if (type->size > SPEC_SIZE_AT && type->spec_size > sizeof(gb_spec)) {
        gb_fail(err, GB_FAIL,
                "%.300s: it was built for a newer gibbs (its gb_spec has %zu bytes, ours %zu); "
                "rebuild it with this one's gibbs_plugin.h",
                path, type->spec_size, sizeof(gb_spec));
        return NULL;
    }
    if (type->size < REQUIRED_SIZE) {
        gb_fail(err, GB_FAIL,
                "%.300s: its gb_env_type has %u bytes, too few for the required functions (%zu); "
                "use GB_ENV_HEADER and rebuild it",
                path, type->size, REQUIRED_SIZE);
        return NULL;
    }
    return type;
}

int gb_plugin_load(gb_registry *registry, const char *path, const gb_env_type **out, gb_err *err) {
    if (check_file(path, err)) return GB_FAIL;
    void *library = open_library(path, err);
    if (!library) return GB_FAIL;
    const gb_env_type *type = find_type(library, path, err), *found = NULL;
    /* the system hands out the same library for the same file, by whatever path */
    for (int i = 0; type && i < registry->n_envs; i++)
        if (registry->origins[i].source == type) found = registry->envs[i];

    if (!type ||
        (!found && gb_registry_add_env_copy(registry, type, type->size, path, &found, err))) {
        dlclose(library);
        return GB_FAIL;
    }
    if (out) *out = found;
    return GB_OK;
}
