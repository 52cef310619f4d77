/* field.h -- how the values of a field lie in memory (internal) */
#pragma once
#include "base/descriptor.h"

/** What one item of a list of @field takes. */
static inline gsize
field_item_bytes (const FieldDescriptor *field)
{
    switch (field->kind) {
    case FIELD_OBJECT:
        return field->type->size_bytes;
    case FIELD_INT:
    case FIELD_TIME:
        return sizeof (gint64);
    case FIELD_NUMBER:
        return sizeof (double);
    case FIELD_BOOL:
        return sizeof (gboolean);
    case FIELD_ENUM:
        return sizeof (int);
    default:
        return sizeof (void *);
    }
}
