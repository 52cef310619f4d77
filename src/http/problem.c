/* problem.c -- which status an error becomes; the only such table of the program */
#include "base/error.h"
#include "http/http.h"

static const unsigned statuses[APP_ERROR_LAST] = {
    [APP_ERROR_INVALID] = 400,
    [APP_ERROR_UNAUTHORIZED] = 401,
    [APP_ERROR_FORBIDDEN] = 403,
    [APP_ERROR_NOT_FOUND] = 404,
    [APP_ERROR_CONFLICT] = 409,
    [APP_ERROR_TOO_LARGE] = 413,
    [APP_ERROR_MEDIA_TYPE] = 415,
    [APP_ERROR_RANGE] = 416,
    [APP_ERROR_TOO_MANY] = 429,
    [APP_ERROR_HEADERS] = 431,
    [APP_ERROR_DB] = 500,
    [APP_ERROR_CONSTRAINT] = 409,
    [APP_ERROR_IO] = 500,
    [APP_ERROR_MEDIA] = 500,
    [APP_ERROR_CONFIG] = 500,
    [APP_ERROR_INTERNAL] = 500,
    [APP_ERROR_NOT_IMPLEMENTED] = 501,
    [APP_ERROR_UNAVAILABLE] = 503,
    [APP_ERROR_UNSURE] = 503,
    [APP_ERROR_DISK_FULL] = 507,
};

static const struct {
    unsigned status;
    const char *title;
} titles[] = {
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 413, "Content Too Large" }, /* RFC 9110, as in the status line */
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 507, "Insufficient Storage" },
};

unsigned
http_problem_status (const GError *error)
{
    if (error == NULL || error->domain != APP_ERROR || error->code < 0 ||
        error->code >= APP_ERROR_LAST || statuses[error->code] == 0)
        return 500;
    return statuses[error->code];
}

const char *
http_problem_title (unsigned status)
{
    for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return status < 400 ? "OK" : status < 500 ? "Bad Request" : "Internal Server Error";
}
