#include "base/descriptor.h"

int
enum_find (const EnumDescriptor *self, const char *text)
{
    for (guint i = 0; text != NULL && i < self->n_texts; i++)
        if (g_str_equal (self->texts[i], text))
            return (int) i;
    return -1;
}
