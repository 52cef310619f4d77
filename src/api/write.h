/* write.h -- structs into JSON by their descriptors (internal) */
#pragma once
#include "api/operation.h"

/** Append the struct or, for a descriptor with FIELD_LIST, the list at @value.
 *  @return FALSE when a required pointer in it is NULL or an enum has no such value, which is a fault
 *          of the handler; *@out_field names the field, and @out is as it was */
gboolean api_write_value (const FieldDescriptor *field, const void *value, GString *out,
                          const char **out_field);
