/* metrics.c -- see metrics.h; the format is 'text/plain; version=0.0.4' */
#include "http/metrics.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define N_SLOTS 8 /* more threads than that share */
#define MAX_BOUNDS 23

typedef enum { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } MetricKind;

/* A line of cache apart from the next, so that threads do not slow each other down. */
typedef struct {
    _Alignas(64) _Atomic guint64 counts[MAX_BOUNDS + 1]; /* a counter has the first only */
    _Atomic guint64 sum_micros;                          /* of values, in millionths */
} Slot;

struct _Metric {
    MetricKind kind;
    char *name, *help, *labels;
    Slot *slots;
    const double *bounds; /* own copy */
    guint n_bounds;
    double (*read) (gpointer data);
    gpointer data;
};

static GMutex lock; /* of the registry, not of the numbers */
static GPtrArray *metrics;

static guint
own_slot (void)
{
    static _Atomic guint next;
    static _Thread_local guint own = G_MAXUINT;

    if (own == G_MAXUINT)
        own = atomic_fetch_add (&next, 1) % N_SLOTS;
    return own;
}

static Metric *
metric_get (MetricKind kind, const char *name, const char *help, const char *labels)
{
    Metric *self;

    if (metrics == NULL)
        metrics = g_ptr_array_new ();
    for (guint i = 0; kind != METRIC_GAUGE && i < metrics->len; i++) {
        self = metrics->pdata[i];
        if (strcmp (self->name, name) == 0 && g_strcmp0 (self->labels, labels) == 0 &&
            self->kind == kind)
            return self;
    }
    self = g_new0 (Metric, 1);
    self->kind = kind;
    self->name = g_strdup (name);
    self->help = g_strdup (help);
    self->labels = g_strdup (labels);
    if (kind != METRIC_GAUGE) {
        self->slots = g_aligned_alloc0 (N_SLOTS, sizeof (Slot), 64);
    }
    g_ptr_array_add (metrics, self);
    return self;
}

Metric *
metrics_counter (const char *name, const char *help, const char *labels)
{
    Metric *self;

    g_mutex_lock (&lock);
    self = metric_get (METRIC_COUNTER, name, help, labels);
    g_mutex_unlock (&lock);
    return self;
}

Metric *
metrics_gauge (const char *name, const char *help, const char *labels,
               double (*read) (gpointer data), gpointer data)
{
    Metric *self;

    g_mutex_lock (&lock);
    self = metric_get (METRIC_GAUGE, name, help, labels);
    self->read = read;
    self->data = data;
    g_mutex_unlock (&lock);
    return self;
}

void
metrics_gauge_remove (Metric *self)
{
    g_mutex_lock (&lock);
    g_ptr_array_remove (metrics, self);
    g_mutex_unlock (&lock);
    g_free (self->name);
    g_free (self->help);
    g_free (self->labels);
    g_free (self);
}

Metric *
metrics_histogram (const char *name, const char *help, const char *labels, const double *bounds,
                   guint n_bounds)
{
    Metric *self;

    g_assert (n_bounds <= MAX_BOUNDS);
    g_mutex_lock (&lock);
    self = metric_get (METRIC_HISTOGRAM, name, help, labels);
    if (self->bounds == NULL) {
        self->bounds = g_memdup2 (bounds, sizeof *bounds * n_bounds);
        self->n_bounds = n_bounds;
    }
    g_mutex_unlock (&lock);
    return self;
}

void
metric_add (Metric *self, guint64 n)
{
    atomic_fetch_add_explicit (&self->slots[own_slot ()].counts[0], n, memory_order_relaxed);
}

void
metric_observe (Metric *self, double value)
{
    Slot *slot = &self->slots[own_slot ()];
    guint i = 0;

    while (i < self->n_bounds && value > self->bounds[i])
        i++;
    atomic_fetch_add_explicit (&slot->counts[i], 1, memory_order_relaxed);
    if (value > 0 && isfinite (value))
        atomic_fetch_add_explicit (&slot->sum_micros, (guint64) (value * 1e6),
                                   memory_order_relaxed);
}

/* ---- text ---- */

static guint64
sum_of (const Metric *self, guint i)
{
    guint64 sum = 0;

    for (guint slot = 0; slot < N_SLOTS; slot++)
        sum += atomic_load_explicit (&self->slots[slot].counts[i], memory_order_relaxed);
    return sum;
}

static void
append_name (GString *text, const Metric *self, const char *ending, const char *bound)
{
    g_string_append (text, self->name);
    g_string_append (text, ending);
    if (self->labels == NULL && bound == NULL)
        return;
    g_string_append_printf (text, "{%s%s", self->labels != NULL ? self->labels : "",
                            self->labels != NULL && bound != NULL ? "," : "");
    if (bound != NULL)
        g_string_append_printf (text, "le=\"%s\"", bound);
    g_string_append_c (text, '}');
}

static void
append_histogram (GString *text, const Metric *self)
{
    guint64 so_far = 0, micros = 0;
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    for (guint i = 0; i <= self->n_bounds; i++) {
        const char *bound = i < self->n_bounds
                                ? g_ascii_formatd (number, sizeof number, "%g", self->bounds[i])
                                : "+Inf";

        so_far += sum_of (self, i);
        append_name (text, self, "_bucket", bound);
        g_string_append_printf (text, " %" G_GUINT64_FORMAT "\n", so_far);
    }
    for (guint slot = 0; slot < N_SLOTS; slot++)
        micros += atomic_load_explicit (&self->slots[slot].sum_micros, memory_order_relaxed);
    append_name (text, self, "_sum", NULL);
    g_string_append_printf (text, " %s\n",
                            g_ascii_formatd (number, sizeof number, "%.6f", (double) micros / 1e6));
    append_name (text, self, "_count", NULL);
    g_string_append_printf (text, " %" G_GUINT64_FORMAT "\n", so_far);
}

static int
compare_metrics (gconstpointer a, gconstpointer b)
{
    const Metric *x = *(Metric *const *) a, *y = *(Metric *const *) b;
    int order = strcmp (x->name, y->name);

    return order != 0 ? order : g_strcmp0 (x->labels, y->labels);
}

GString *
metrics_text (void)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };
    GString *text = g_string_new (NULL);
    const char *last_name = "";

    g_mutex_lock (&lock);
    if (metrics != NULL)
        g_ptr_array_sort (metrics, compare_metrics);
    for (guint i = 0; metrics != NULL && i < metrics->len; i++) {
        const Metric *self = metrics->pdata[i];

        if (strcmp (self->name, last_name) != 0)
            g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", self->name, self->help,
                                    self->name, kinds[self->kind]);
        last_name = self->name;
        if (self->kind == METRIC_HISTOGRAM) {
            append_histogram (text, self);
        } else {
            char number[G_ASCII_DTOSTR_BUF_SIZE];

            append_name (text, self, "", NULL);
            if (self->kind == METRIC_COUNTER)
                g_string_append_printf (text, " %" G_GUINT64_FORMAT "\n", sum_of (self, 0));
            else
                g_string_append_printf (
                    text, " %s\n", g_ascii_dtostr (number, sizeof number, self->read (self->data)));
        }
    }
    g_mutex_unlock (&lock);
    return text;
}
