#define G_LOG_DOMAIN "config"

#include "features/config/config_private.h"

static ApiStatus
read_as (ApiCall *call, const TypeDescriptor *type, const char *json, void *out)
{
    GError *error = NULL;

    return api_read_json (type, json, -1, call->arena, out, &error) ? API_OK
                                                                    : api_fail (call, error);
}

/* What a type has of the whole config: unknown members are dropped when JSON is read by it. */
static ApiStatus
part_of_config (ApiCall *call, const TypeDescriptor *type, void *out)
{
    g_autoptr (GString) whole = g_string_new (NULL);

    api_write_json (&admin_config_type, config_get (call->app), whole);
    return read_as (call, type, whole->str, out);
}

static ApiStatus
save (ApiCall *call, const AdminConfig *body, AdminConfig *out)
{
    g_autoptr (GString) document = g_string_new (NULL);
    GError *error = NULL;
    const char *path = NULL;

    if (config_is_file (call->app))
        return api_refuse (call, APP_ERROR_INVALID,
                           "Cannot update configuration while IMMICH_CONFIG_FILE is in use");
    if (call->app->settings->log_level != NULL &&
        body->logging->level != config_get (call->app)->logging->level)
        return api_refuse (call, APP_ERROR_INVALID,
                           "Logging cannot be changed while the environment variable "
                           "IMMICH_LOG_LEVEL is set.");
    api_write_json (&admin_config_type, body, document);
    if (!config_save (call->app, document->str, &path, &error)) {
        ApiStatus status;

        if (path == NULL)
            return api_fail (call, error);
        status = api_refuse_field (call, path, "%s", error->message);
        g_error_free (error);
        return status;
    }
    *out = *config_get (call->app);
    return API_OK;
}

static ApiStatus
get_admin_config (ApiCall *call, const GetAdminConfigRequest *in, AdminConfig *out)
{
    *out = *config_get (call->app);
    return API_OK;
}

static ApiStatus
update_admin_config (ApiCall *call, const UpdateAdminConfigRequest *in, AdminConfig *out)
{
    return save (call, in->body, out);
}

static ApiStatus
get_admin_config_defaults (ApiCall *call, const GetAdminConfigDefaultsRequest *in, AdminConfig *out)
{
    return read_as (call, &admin_config_type, config_defaults (call->app, call->arena), out);
}

static ApiStatus
get_user_config (ApiCall *call, const GetUserConfigRequest *in, UserConfig *out)
{
    return part_of_config (call, &user_config_type, out);
}

static ApiStatus
get_user_config_defaults (ApiCall *call, const GetUserConfigDefaultsRequest *in, UserConfig *out)
{
    return read_as (call, &user_config_type, config_defaults (call->app, call->arena), out);
}

static ApiStatus
get_public_config (ApiCall *call, const GetPublicConfigRequest *in, PublicConfig *out)
{
    return part_of_config (call, &public_config_type, out);
}

static ApiStatus
get_public_config_defaults (ApiCall *call, const GetPublicConfigDefaultsRequest *in,
                            PublicConfig *out)
{
    return read_as (call, &public_config_type, config_defaults (call->app, call->arena), out);
}

static ApiStatus
get_config (ApiCall *call, const GetConfigRequest *in, AdminConfig *out)
{
    *out = *config_get (call->app);
    return API_OK;
}

static ApiStatus
update_config (ApiCall *call, const UpdateConfigRequest *in, AdminConfig *out)
{
    return save (call, in->body, out);
}

static ApiStatus
get_config_defaults (ApiCall *call, const GetConfigDefaultsRequest *in, AdminConfig *out)
{
    return read_as (call, &admin_config_type, config_defaults (call->app, call->arena), out);
}

#define LIST(texts) ((StringList){ texts, G_N_ELEMENTS (texts) })

static ApiStatus
get_storage_template_options (ApiCall *call, const GetStorageTemplateOptionsRequest *in,
                              SystemConfigTemplateStorageOption *out)
{
    static const char *seconds[] = { "s", "ss", "SSS" };
    static const char *minutes[] = { "m", "mm" };
    static const char *hours[] = { "h", "hh", "H", "HH" };
    static const char *days[] = { "d", "dd" };
    static const char *weeks[] = { "W", "WW" };
    static const char *months[] = { "M", "MM", "MMM", "MMMM" };
    static const char *years[] = { "y", "yy" };
    static const char *presets[] = {
        "{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}",
        "{{y}}/{{MM}}-{{dd}}/{{filename}}",
        "{{y}}/{{MMMM}}-{{dd}}/{{filename}}",
        "{{y}}/{{MM}}/{{filename}}",
        "{{y}}/{{#if album}}{{album}}{{else}}Other/{{MM}}{{/if}}/{{filename}}",
        "{{#if "
        "album}}{{album-startDate-y}}/{{album}}{{else}}{{y}}/Other/{{MM}}{{/if}}/{{filename}}",
        "{{y}}/{{MMM}}/{{filename}}",
        "{{y}}/{{MMMM}}/{{filename}}",
        "{{y}}/{{MM}}/{{dd}}/{{filename}}",
        "{{y}}/{{MMMM}}/{{dd}}/{{filename}}",
        "{{y}}/{{y}}-{{MM}}/{{y}}-{{MM}}-{{dd}}/{{filename}}",
        "{{y}}-{{MM}}-{{dd}}/{{filename}}",
        "{{y}}-{{MMM}}-{{dd}}/{{filename}}",
        "{{y}}-{{MMMM}}-{{dd}}/{{filename}}",
        "{{y}}/{{y}}-{{MM}}/{{filename}}",
        "{{y}}/{{y}}-{{WW}}/{{filename}}",
        "{{y}}/{{y}}-{{MM}}-{{dd}}/{{assetId}}",
        "{{y}}/{{y}}-{{MM}}/{{assetId}}",
        "{{y}}/{{y}}-{{WW}}/{{assetId}}",
        "{{album}}/{{filename}}",
        "{{make}}/{{model}}/{{lensModel}}/{{filename}}",
    };

    out->second_options = LIST (seconds);
    out->minute_options = LIST (minutes);
    out->hour_options = LIST (hours);
    out->day_options = LIST (days);
    out->week_options = LIST (weeks);
    out->month_options = LIST (months);
    out->year_options = LIST (years);
    out->preset_options = LIST (presets);
    return API_OK;
}

static const ConfigHandlers config_handlers = {
    .get_admin_config = get_admin_config,
    .update_admin_config = update_admin_config,
    .get_admin_config_defaults = get_admin_config_defaults,
    .get_user_config = get_user_config,
    .get_user_config_defaults = get_user_config_defaults,
    .get_public_config = get_public_config,
    .get_public_config_defaults = get_public_config_defaults,
    .get_config = get_config,
    .update_config = update_config,
    .get_config_defaults = get_config_defaults,
    .get_storage_template_options = get_storage_template_options,
};

void
config_serve (Api *api)
{
    api_serve_config (api, &config_handlers);
}
