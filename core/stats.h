/* stats.h - statistics of episodes and of evaluations. */
#ifndef GB_CORE_STATS_H
#define GB_CORE_STATS_H

#include "archive.h"
#include "base.h"

#define GB_STATS_WINDOW 100 /* episodes that the running means look back on */

/* What is known of one finished episode. */
typedef struct gb_episode {
    double ret; /* undiscounted return */
    int length; /* steps */
    bool terminal;
} gb_episode;

/* Totals of a run and its last GB_STATS_WINDOW episodes. Zeros are the empty state. */
typedef struct gb_stats {
    int64_t episodes;
    double ret[GB_STATS_WINDOW], length[GB_STATS_WINDOW]; /* rings, newest at (episodes - 1) % W */
} gb_stats;

void gb_stats_add(gb_stats *stats, const gb_episode *episode);
/* Means over the last episodes; NAN before the first. */
double gb_stats_return(const gb_stats *stats);
double gb_stats_length(const gb_stats *stats);
void gb_stats_archive(gb_stats *stats, gb_archive *archive);

/* Summary of an evaluation. */
typedef struct gb_summary {
    int episodes;
    double return_mean, return_std, return_min, return_max; /* std with n - 1; 0 if n is 1 */
    double length_mean, terminal_fraction;
} gb_summary;

/* Summarises n >= 1 episodes (through GSL). */
gb_summary gb_summarize(const gb_episode *episodes, int n);

#endif
