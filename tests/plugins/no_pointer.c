/* Refused: exports the type itself under the name that must be a pointer to it. */
#include "base.h"

extern const gb_env_type gb_plugin_env;
__attribute__((visibility("default")))
const gb_env_type gb_plugin_env = {GB_ENV_HEADER, .name = NAME, .help = "the type itself",
                                   .state_size = STATE_SIZE};
