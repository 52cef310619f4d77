/* test_metrics.c -- the text that Prometheus reads, and the port it reads it from */
#include <string.h>

#include "http/http.h"
#include "http/metrics.h"
#include "http/test_client.h"

static gpointer
count_much (gpointer counter)
{
    for (int i = 0; i < 10000; i++)
        metric_add (counter, 1);
    return NULL;
}

static void
test_counts_of_all_threads_add_up (void)
{
    Metric *counter = metrics_counter ("test_a_total", "A count", "kind=\"x\"");
    GThread *threads[12];
    g_autoptr (GString) text = NULL;

    g_assert_true (counter == metrics_counter ("test_a_total", "A count", "kind=\"x\""));
    g_assert_true (counter != metrics_counter ("test_a_total", "A count", "kind=\"y\""));
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("count", count_much, counter);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    text = metrics_text ();
    g_assert_nonnull (strstr (text->str,
                              "# HELP test_a_total A count\n# TYPE test_a_total counter\n"
                              "test_a_total{kind=\"x\"} 120000\n"
                              "test_a_total{kind=\"y\"} 0\n"));
}

static double
read_number (gpointer data)
{
    return *(double *) data;
}

static void
test_gauges_are_asked_while_they_live (void)
{
    double number = 2.5;
    Metric *gauge = metrics_gauge ("test_gauge", "A number", NULL, read_number, &number);
    g_autoptr (GString) with = metrics_text (), without = NULL;

    g_assert_nonnull (strstr (with->str, "# TYPE test_gauge gauge\ntest_gauge 2.5\n"));
    metrics_gauge_remove (gauge);
    without = metrics_text ();
    g_assert_null (strstr (without->str, "test_gauge"));
}

static void
test_histograms_are_cumulative (void)
{
    static const double bounds[] = { 0.1, 1, 10 };
    Metric *histogram = metrics_histogram ("test_h", "Spread", "a=\"b\"", bounds, 3);
    g_autoptr (GString) text = NULL;

    metric_observe (histogram, 0.1);
    metric_observe (histogram, 0.5);
    metric_observe (histogram, 5);
    metric_observe (histogram, 50);
    text = metrics_text ();
    g_assert_nonnull (strstr (text->str, "test_h_bucket{a=\"b\",le=\"0.1\"} 1\n"
                                         "test_h_bucket{a=\"b\",le=\"1\"} 2\n"
                                         "test_h_bucket{a=\"b\",le=\"10\"} 3\n"
                                         "test_h_bucket{a=\"b\",le=\"+Inf\"} 4\n"
                                         "test_h_sum{a=\"b\"} 55.600000\n"
                                         "test_h_count{a=\"b\"} 4\n"));
}

static void
begin (gpointer app, HttpRequest *request, HttpPlan *out_plan)
{
    out_plan->on_event_thread = TRUE;
}

static void
handle (gpointer app, HttpRequest *request)
{
    http_respond (request, http_response_new_text (404, "text/plain", "12345"));
}

static void
test_requests_are_counted_and_served_apart (void)
{
    static const HttpApp app_class = { .begin = begin, .handle = handle };
    const HttpSettings settings = { .host = "127.0.0.1" };
    g_autoptr (GError) error = NULL;
    g_autoptr (HttpServer) server = http_server_new (&settings, &app_class, NULL, &error);
    g_autoptr (MetricsServer) metrics = metrics_server_new (NULL, 0, &error);
    g_autoptr (TestClient) user = test_client_new (http_server_port (server));
    g_autoptr (TestClient) monitor = test_client_new (metrics_server_port (metrics));
    g_autoptr (TestReply) reply = NULL, other = NULL;
    g_autofree char *text = NULL, *type = NULL;
    g_autoptr (GString) before = NULL;

    for (int i = 0; i < 3; i++) {
        g_autoptr (TestReply) each = test_client_get (user, "/", NULL);

        g_assert_cmpuint (each->status, ==, 404);
    }
    http_server_stop (server,
                      60); /* a request is counted when it has ended, after its answer came */
    reply = test_client_get (monitor, "/metrics", NULL);
    text = test_reply_text (reply);
    type = test_reply_header (reply, "Content-Type");
    g_assert_cmpuint (reply->status, ==, 200);
    g_assert_cmpstr (type, ==, "text/plain; version=0.0.4; charset=utf-8");
    g_assert_nonnull (strstr (text, "tintype_http_requests_total{status=\"4xx\"} 3\n"));
    g_assert_nonnull (strstr (text, "tintype_http_sent_bytes_total 15\n"));
    g_assert_nonnull (strstr (text, "tintype_http_request_duration_seconds_count 3\n"));
    other = test_client_get (monitor, "/", NULL);
    g_assert_cmpuint (other->status, ==, 404);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/metrics/counts-of-all-threads-add-up", test_counts_of_all_threads_add_up);
    g_test_add_func ("/metrics/gauges-are-asked-while-they-live",
                     test_gauges_are_asked_while_they_live);
    g_test_add_func ("/metrics/histograms-are-cumulative", test_histograms_are_cumulative);
    g_test_add_func ("/metrics/requests-are-counted-and-served-apart",
                     test_requests_are_counted_and_served_apart);
    return g_test_run ();
}
