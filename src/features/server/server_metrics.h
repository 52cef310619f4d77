/* server_metrics.h -- numbers about this server for Prometheus, see http/metrics.h */
#pragma once
#include "features/app.h"

/** Register the gauges; those that come from the database are looked up every few seconds on the main
 *  loop, so that a scrape never waits for it. */
void server_metrics_start (App *app);
/** Take them back; before what they read goes. */
void server_metrics_stop (App *app);
