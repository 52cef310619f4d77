/* test_operations.h -- misbehaviour on request, only in the worker that tests start */
#pragma once
#include <glib.h>
#include <jansson.h>

/** @return FALSE when @op is none of those that test_operations.c lists */
gboolean test_operation_handle (const char *op, const json_t *request, const int *fds, guint n_fds,
                                GString *reply);
