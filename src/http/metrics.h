/* metrics.h -- numbers about the running program, in the text format of Prometheus
 *
 * A registry for the whole process. Counting costs an atomic addition to a slot that few threads
 * share; slots are added up when someone asks. Metrics live as long as the process, except gauges,
 * whose owner may go away. */
#pragma once
#include <gio/gio.h>

typedef struct _Metric Metric;

/** A number that only grows. The same name and labels give the same metric.
 *  @param name    "immich_jobs_x_success_total"
 *  @param labels  "queue=\"library\"", or NULL */
Metric *metrics_counter (const char *name, const char *help, const char *labels);
void metric_add (Metric *self, guint64 n); /* any thread */

/** A number that is asked for, on the thread that collects; @read must not block. */
Metric *metrics_gauge (const char *name, const char *help, const char *labels,
                       double (*read) (gpointer data), gpointer data);
void metrics_gauge_remove (Metric *self); /* @read is not called any more once it returned */

/** How values are spread. @bounds ascending upper bounds, at most 23, without the last, +Inf. */
Metric *metrics_histogram (const char *name, const char *help, const char *labels,
                           const double *bounds, guint n_bounds);
void metric_observe (Metric *self, double value); /* any thread */

/** All, sorted by name. (transfer full) */
GString *metrics_text (void);

/** GET /metrics on a port of its own, for the monitoring alone. */
typedef struct _MetricsServer MetricsServer;
/** @param host  NULL: 127.0.0.1
 *  @param port  0: any free one */
MetricsServer *metrics_server_new (const char *host, guint16 port, GError **error);
guint16 metrics_server_port (const MetricsServer *self);
void metrics_server_free (MetricsServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MetricsServer, metrics_server_free)
