/* help_viewer.c - gibbs help watch, play and record: what their options mean. */
#include "help_viewer.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *option, *value, *help; /* value: the default, if there is one */
};

static const struct row watch_rows[] = {
    {"--steps N", "", "close after so many steps; with --shot: take it then, else after 50 [0..]"},
    {"--seed S", "0", "of the first episode; the same episodes as gibbs rollout [0..9e+15]"},
    {"--sampled", "", "actions are drawn from the policy, not its best ones"},
    {"--map NAME", "",
     "on cells: value, entropy, visits or none; else value; none without a policy"},
    {"--size WxH", "960x640", "of window or picture, in pixels [64..4096]"},
    {"--scale X", "", "of lines and letters, as far as there is room; else the screen's [0.5..8]"},
    {"--theme NAME", "light", "colours [light|dark]"},
    {"--shot F.png", "", "no window, but this picture"},
    {"--plugin F.so", "", "load an environment first (also: give F.so as ENV)"},
    {"--env.OPTION V", "", "of the environment, if it is ENV; see gibbs help ENV"},
    {"--solve SOLVER", "", "play what a solver finds in ENV; gibbs help SOLVER has its --OPTION V"},
    {"--gamma G", "0.99", "with --solve: discount [0..1)"},
    {"--iteration N", "", "with --solve: show this one first, else the last [0..]"},
    {0},
};

static const struct row play_rows[] = {
    {"--seed S", "0", "of the first episode [0..9e+15]"},
    {"--steps N", "", "end after so many steps, else when the window is closed [1..]"},
    {"--speed X", "1", "times the environment's own time; where that waits, of steps [0.05..20]"},
    {"--save F.jsonl", "", "a new file for the steps, as gibbs rollout prints them"},
    {"--size WxH", "960x640", "of the window, in pixels [64..4096]"},
    {"--theme NAME", "light", "colours [light|dark]"},
    {"--plugin F.so", "", "load an environment first (also: give F.so as ENV)"},
    {"--env.OPTION V", "", "of the environment; see gibbs help ENV, also for its keys"},
    {0},
};

static const struct row record_rows[] = {
    {"-o FILE", "", "a film (.mp4, .gif) or frames on one picture (.png)"},
    {"--episodes N", "1", "to play [1..1000000]"},
    {"--steps N", "", "at most so many, of all episodes; else 1000 each if they know no limit"},
    {"--seed S", "0", "of the first episode; the same episodes as gibbs rollout [0..9e+15]"},
    {"--size WxH", "640x480", "of film or picture, in pixels; even ones for mp4 [64..4096]"},
    {"--fps F", "", "frames a second, else the environment's own steps [0.1..240; gif: ..50]"},
    {"--theme NAME", "light", "colours [light|dark]"},
    {"--panel", "", "beside the world policy, values and state, as in the window"},
    {"--map NAME", "", "on cells: value, entropy, visits or none; else arrows of the policy only"},
    {"--sampled", "", "actions are drawn from the policy"},
    {"--deterministic", "", "actions are the policy's best; so it is without this, too"},
    {"--frames N", "12", "on a picture, evenly over the steps; 1 with --panel [1..400]"},
    {"--plugin F.so", "", "load an environment first (also: give F.so as ENV)"},
    {"--env.OPTION V", "", "of the environment, if it is ENV; see gibbs help ENV"},
    {0},
};

bool help_viewer(const char *command) {
    const struct row *row = !strcmp(command, "watch")    ? watch_rows
                            : !strcmp(command, "play")   ? play_rows
                            : !strcmp(command, "record") ? record_rows
                                                         : NULL;
    if (!row) return false;
    puts("options (default, meaning, range):");
    for (; row->option; row++) printf("  %-20s %-12s %s\n", row->option, row->value, row->help);
    return true;
}
