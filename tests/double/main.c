/* main.c - the suites that run in double precision, where central differences can be trusted. */
#include "support.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>

Suite *double_nn_suite(void);
Suite *double_dist_suite(void);
Suite *double_head_suite(void);
Suite *double_on_policy_suite(void);
Suite *double_policy_gradient_suite(void);
Suite *double_sac_suite(void);
Suite *double_sac_scales_suite(void);
Suite *double_sac_targets_suite(void);
Suite *double_deep_q_suite(void);

int main(void) {
    gsl_set_error_handler_off();
    SRunner *runner = srunner_create(double_nn_suite());
    srunner_add_suite(runner, double_dist_suite());
    srunner_add_suite(runner, double_head_suite());
    srunner_add_suite(runner, double_on_policy_suite());
    srunner_add_suite(runner, double_policy_gradient_suite());
    srunner_add_suite(runner, double_sac_suite());
    srunner_add_suite(runner, double_sac_scales_suite());
    srunner_add_suite(runner, double_sac_targets_suite());
    srunner_add_suite(runner, double_deep_q_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
