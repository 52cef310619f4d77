#include "worker/sidecar.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "worker/metadata_exif.h"
#include "worker/metadata_xmp.h"

#define MAX_BYTES (16 * 1024 * 1024) /* as much as metadata_read () looks at */
#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define NS_META "adobe:ns:meta/"

static const char empty[] = "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                            "<x:xmpmeta xmlns:x=\"" NS_META "\">\n"
                            " <rdf:RDF xmlns:rdf=\"" NS_RDF "\">\n"
                            "  <rdf:Description rdf:about=\"\"/>\n"
                            " </rdf:RDF>\n"
                            "</x:xmpmeta>\n"
                            "<?xpacket end=\"w\"?>";

typedef enum {
    SHAPE_TEXT,
    SHAPE_ALTERNATIVE, /* in the default language; other languages stay */
    SHAPE_SEQUENCE,
    SHAPE_LATITUDE, /* '52,31.2N' */
    SHAPE_LONGITUDE,
    SHAPE_REMOVED, /* would contradict what is written */
} Shape;

/* A tag may be several properties. */
static const struct {
    const char *tag, *space, *prefix, *name;
    Shape shape;
} properties[] = {
    { "ImageDescription", "http://purl.org/dc/elements/1.1/", "dc", "description",
      SHAPE_ALTERNATIVE },
    { "ImageDescription", "http://ns.adobe.com/tiff/1.0/", "tiff", "ImageDescription",
      SHAPE_ALTERNATIVE },
    { "DateTimeOriginal", "http://ns.adobe.com/exif/1.0/", "exif", "DateTimeOriginal", SHAPE_TEXT },
    { "DateTimeOriginal", "http://ns.adobe.com/photoshop/1.0/", "photoshop", "DateCreated",
      SHAPE_TEXT },
    { "DateTimeOriginal", "http://cipa.jp/exif/1.0/", "exifEX", "OffsetTimeOriginal",
      SHAPE_REMOVED },
    { "GPSLatitude", "http://ns.adobe.com/exif/1.0/", "exif", "GPSLatitude", SHAPE_LATITUDE },
    { "GPSLongitude", "http://ns.adobe.com/exif/1.0/", "exif", "GPSLongitude", SHAPE_LONGITUDE },
    { "Rating", "http://ns.adobe.com/xap/1.0/", "xmp", "Rating", SHAPE_TEXT },
    { "TagsList", "http://www.digikam.org/ns/1.0/", "digiKam", "TagsList", SHAPE_SEQUENCE },
};

typedef xmlDoc XmlDocument;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlDocument, xmlFreeDoc)
typedef xmlBuffer XmlBytes;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlBytes, xmlBufferFree)

#define X(text) ((const xmlChar *) (text))

/* ---- reading what is there ---- */

static gboolean
refuse (GError **error, AppErrorCode code, const char *why)
{
    g_set_error (error, APP_ERROR, (gint) code, "the sidecar %s", why);
    return FALSE;
}

static GString *
read_all (int fd, GError **error)
{
    g_autoptr (GString) out = g_string_new (NULL);
    char bytes[16384];
    gssize n;

    while ((n = pread (fd, bytes, sizeof bytes, (off_t) out->len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            g_set_error (error, APP_ERROR, APP_ERROR_IO, "cannot read the sidecar: %s",
                         g_strerror (errno));
            return NULL;
        }
        g_string_append_len (out, bytes, n);
        if (out->len > MAX_BYTES) {
            refuse (error, APP_ERROR_TOO_LARGE, "is larger than 16 MiB");
            return NULL;
        }
    }
    return g_steal_pointer (&out);
}

/* Without what may stand before XML and is none. */
static const char *
skip_blanks (const char *text)
{
    if (g_str_has_prefix (text, "\xef\xbb\xbf"))
        text += 3;
    while (g_ascii_isspace (*text))
        text++;
    return text;
}

/* A name with a prefix that nobody declared would come to mean something once that is declared beside it. */
static XmlDocument *
read_xml (const char *text, gsize n_bytes)
{
    xmlParserCtxt *parser = xmlNewParserCtxt ();
    XmlDocument *document;

    if (parser == NULL)
        return NULL;
    document = xmlCtxtReadMemory (parser, text, (int) n_bytes, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!parser->nsWellFormed)
        g_clear_pointer (&document, xmlFreeDoc);
    xmlFreeParserCtxt (parser);
    return document;
}

/* Nothing that makes XMP declares types or entities, and entities are how XML is made to explode. */
static XmlDocument *
parse (const GString *text, GError **error)
{
    const char *start = skip_blanks (text->str);
    gsize n = text->len - (gsize) (start - text->str);
    XmlDocument *document = NULL;

    if (g_strstr_len (start, (gssize) n, "<!DOCTYPE") == NULL &&
        g_strstr_len (start, (gssize) n, "<!ENTITY") == NULL)
        document = read_xml (start, n);
    if (document != NULL && document->intSubset == NULL)
        return document;
    refuse (error, APP_ERROR_MEDIA_TYPE,
            "is no XML that XMP is written in: it is damaged, or it declares entities");
    xmlFreeDoc (document);
    return NULL;
}

static gboolean
is_node (const xmlNode *node, const char *space, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           xmlStrEqual (node->ns->href, X (space)) && xmlStrEqual (node->name, X (name));
}

/* The RDF: the root itself, or in the wrapper that it usually has. */
static xmlNode *
find_rdf (XmlDocument *document)
{
    xmlNode *root = xmlDocGetRootElement (document);

    if (root == NULL || is_node (root, NS_RDF, "RDF"))
        return root;
    for (xmlNode *node = root->children; node != NULL; node = node->next)
        if (is_node (node, NS_RDF, "RDF"))
            return node;
    return NULL;
}

/* ---- changing it ---- */

static xmlNode *
find_child (const xmlNode *parent, const char *space, const char *name)
{
    xmlNode *node = parent->children;

    while (node != NULL && !is_node (node, space, name))
        node = node->next;
    return node;
}

/* The first property of the name that has texts by language; NULL: none. */
static xmlNode *
find_alternative (const xmlNode *rdf, const char *space, const char *name)
{
    for (const xmlNode *each = rdf->children; each != NULL; each = each->next)
        for (xmlNode *node = is_node (each, NS_RDF, "Description") ? each->children : NULL;
             node != NULL; node = node->next)
            if (is_node (node, space, name) && find_child (node, NS_RDF, "Alt") != NULL)
                return node;
    return NULL;
}

/* A property may be an attribute or an element, of any of the descriptions. @kept stays; NULL: none */
static void
remove_property (xmlNode *description, const char *space, const char *name, const xmlNode *kept)
{
    xmlAttr *attribute = xmlHasNsProp (description, X (name), X (space));

    if (attribute != NULL)
        xmlRemoveProp (attribute);
    for (xmlNode *node = description->children, *next; node != NULL; node = next) {
        next = node->next;
        if (node == kept || !is_node (node, space, name))
            continue;
        xmlUnlinkNode (node);
        xmlFreeNode (node);
    }
}

static xmlNs *
get_space (XmlDocument *document, xmlNode *node, const char *space, const char *prefix)
{
    xmlNs *known = xmlSearchNsByHref (document, node, X (space));

    for (int i = 2; known == NULL && i < 100; i++) {
        g_autofree char *other = g_strdup_printf ("%s%d", prefix, i);

        if (i == 2 && xmlSearchNs (document, node, X (prefix)) == NULL)
            known = xmlNewNs (node, X (space), X (prefix));
        else if (xmlSearchNs (document, node, X (other)) == NULL)
            known = xmlNewNs (node, X (space), X (other));
    }
    return known;
}

/* What XML can hold: without control characters and the like. */
static char *
clean_text (const char *text)
{
    GString *out = g_string_new (NULL);

    for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
        gunichar c = g_utf8_get_char (at);

        if (c == '\t' || c == '\n' || c == '\r' ||
            (c >= 0x20 && c != 0xfffe && c != 0xffff && !(c >= 0xd800 && c < 0xe000)))
            g_string_append_unichar (out, c);
    }
    return g_string_free (out, FALSE);
}

static xmlNode *
add_item (xmlNode *list, const char *text)
{
    g_autofree char *clean = clean_text (text);

    return xmlNewTextChild (list, list->ns, X ("li"), X (clean));
}

static void
add_list (XmlDocument *document, xmlNode *property, const json_t *values)
{
    xmlNs *rdf = get_space (document, property, NS_RDF, "rdf");
    xmlNode *list = xmlNewChild (property, rdf, X ("Seq"), NULL);
    gsize i;
    json_t *value;

    json_array_foreach (values, i, value) add_item (list, json_string_value (value));
    if (json_array_size (values) == 0)
        add_item (list, ""); /* so that there is a list, and it says: none */
}

static gboolean
is_default (const xmlNode *item)
{
    xmlChar *value = xmlGetNsProp (item, X ("lang"), XML_XML_NAMESPACE);
    gboolean is = value != NULL && g_ascii_strcasecmp ((const char *) value, "x-default") == 0;

    xmlFree (value);
    return is;
}

/* The text for those who ask for no language, which is the first. */
static void
set_default (xmlNode *list, const char *text)
{
    xmlNode *item;

    for (xmlNode *node = list->children, *next; node != NULL; node = next) {
        next = node->next;
        if (!is_node (node, NS_RDF, "li") || !is_default (node))
            continue;
        xmlUnlinkNode (node);
        xmlFreeNode (node);
    }
    item = add_item (list, text);
    xmlNodeSetLang (item, X ("x-default"));
    if (list->children != item)
        xmlAddPrevSibling (list->children, item);
}

static void
add_alternative (XmlDocument *document, xmlNode *property, const char *text)
{
    xmlNs *rdf = get_space (document, property, NS_RDF, "rdf");

    set_default (xmlNewChild (property, rdf, X ("Alt"), NULL), text);
}

/* Degrees and minutes; eight digits are a millimetre. */
static char *
format_position (double degrees, const char *signs)
{
    double whole = floor (fabs (degrees)), minutes = (fabs (degrees) - whole) * 60;
    char figures[G_ASCII_DTOSTR_BUF_SIZE];

    return g_strdup_printf ("%d,%s%c", (int) whole,
                            g_ascii_formatd (figures, sizeof figures, "%.8f", minutes),
                            signs[degrees < 0]);
}

static char *
format_value (const json_t *value, Shape shape)
{
    if (shape == SHAPE_LATITUDE)
        return format_position (json_number_value (value), "NS");
    if (shape == SHAPE_LONGITUDE)
        return format_position (json_number_value (value), "EW");
    return json_is_integer (value)
               ? g_strdup_printf ("%" JSON_INTEGER_FORMAT, json_integer_value (value))
               : clean_text (json_string_value (value));
}

static gboolean
fits (const json_t *value, Shape shape)
{
    gsize i;
    json_t *item;

    if (shape == SHAPE_LATITUDE || shape == SHAPE_LONGITUDE)
        return json_is_number (value) && fabs (json_number_value (value)) <= 180;
    if (shape != SHAPE_SEQUENCE)
        return json_is_string (value) || json_is_integer (value);
    json_array_foreach (value, i, item)
    {
        if (!json_is_string (item))
            return FALSE;
    }
    return json_is_array (value);
}

static void
set_property (XmlDocument *document, xmlNode *rdf, xmlNode *description, gsize i,
              const json_t *value)
{
    const char *space = properties[i].space, *name = properties[i].name;
    g_autofree char *text = NULL;
    xmlNode *property, *kept = NULL;

    if (properties[i].shape == SHAPE_ALTERNATIVE)
        kept = find_alternative (rdf, space, name);
    for (xmlNode *node = rdf->children; node != NULL; node = node->next)
        if (is_node (node, NS_RDF, "Description"))
            remove_property (node, space, name, kept);
    if (properties[i].shape == SHAPE_REMOVED)
        return;
    if (kept != NULL) {
        text = format_value (value, SHAPE_ALTERNATIVE);
        set_default (find_child (kept, NS_RDF, "Alt"), text);
        return;
    }
    property =
        xmlNewChild (description, get_space (document, description, space, properties[i].prefix),
                     X (name), NULL);
    if (properties[i].shape == SHAPE_SEQUENCE) {
        add_list (document, property, value);
        return;
    }
    text = format_value (value, properties[i].shape);
    if (properties[i].shape == SHAPE_ALTERNATIVE) {
        add_alternative (document, property, text);
    } else {
        xmlNode *content = xmlNewDocText (document, X (text));

        xmlAddChild (property, content);
    }
}

static gboolean
set_all (XmlDocument *document, const json_t *tags, GError **error)
{
    xmlNode *rdf = find_rdf (document), *description = NULL;
    const char *name;
    json_t *value;

    if (rdf == NULL)
        return refuse (error, APP_ERROR_MEDIA_TYPE, "holds no XMP (there is no rdf:RDF in it)");
    for (xmlNode *node = rdf->children; node != NULL && description == NULL; node = node->next)
        if (is_node (node, NS_RDF, "Description"))
            description = node;
    if (description == NULL) {
        description = xmlNewChild (rdf, rdf->ns, X ("Description"), NULL);
        xmlNewNsProp (description, rdf->ns, X ("about"), X (""));
    }
    json_object_foreach ((json_t *) tags, name, value)
    {
        gboolean is_known = FALSE;

        for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
            if (strcmp (properties[i].tag, name) != 0)
                continue;
            is_known = fits (value, properties[i].shape);
            if (!is_known)
                break;
            set_property (document, rdf, description, i, value);
        }
        if (!is_known) {
            g_set_error (error, APP_ERROR, APP_ERROR_INVALID,
                         "'%s' is no tag of sidecars or has a wrong value", name);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- writing it ---- */

static XmlBytes *
serialize (XmlDocument *document, gboolean with_declaration)
{
    XmlBytes *out = xmlBufferCreate ();
    xmlSaveCtxt *save = xmlSaveToBuffer (
        out, "UTF-8", with_declaration ? XML_SAVE_AS_XML : XML_SAVE_AS_XML | XML_SAVE_NO_DECL);

    if (save != NULL && xmlSaveDoc (save, document) >= 0 && xmlSaveClose (save) >= 0 &&
        xmlBufferLength (out) > 0)
        return out;
    xmlBufferFree (out);
    return NULL;
}

static gboolean
write_all (int fd, const char *bytes, gsize n, GError **error)
{
    for (gsize at = 0; at < n;) {
        gssize w = write (fd, bytes + at, n - at);

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            g_set_error (error, APP_ERROR,
                         errno == ENOSPC || errno == EDQUOT ? APP_ERROR_DISK_FULL : APP_ERROR_IO,
                         "cannot write the sidecar: %s", g_strerror (errno));
            return FALSE;
        }
        at += (gsize) w;
    }
    return TRUE;
}

static gboolean
is_same_list (const json_t *wanted, const json_t *found)
{
    gsize n = json_array_size (wanted);

    if (n == 0) /* none at all would give the word to other lists */
        return json_array_size (found) == 1 &&
               g_strcmp0 (json_string_value (json_array_get (found, 0)), "") == 0;
    for (gsize i = 0; i < n; i++)
        if (g_strcmp0 (json_string_value (json_array_get (wanted, i)),
                       json_string_value (json_array_get (found, i))) != 0)
            return FALSE;
    return json_array_size (found) == n;
}

/* A date comes back with the marks of Exif. */
static gboolean
is_same_text (const char *wanted, const char *found)
{
    if (found == NULL || strlen (wanted) != strlen (found))
        return FALSE;
    for (gsize i = 0; wanted[i] != '\0'; i++)
        if (wanted[i] != found[i] && !(wanted[i] == '-' && found[i] == ':' && (i == 4 || i == 7)) &&
            !(wanted[i] == 'T' && found[i] == ' ' && i == 10))
            return FALSE;
    return TRUE;
}

static gboolean
is_same (const json_t *wanted, const json_t *found)
{
    if (json_is_array (wanted))
        return is_same_list (wanted, found);
    if (json_is_number (wanted))
        return json_is_number (found) &&
               fabs (json_number_value (wanted) - json_number_value (found)) < 4e-7;
    return is_same_text (json_string_value (wanted), json_string_value (found));
}

/* FALSE: no reader finds anything in it, as it breaks the rules of RDF. */
static gboolean
read_back (const XmlBytes *bytes, const json_t *tags, json_t *written, GError **error)
{
    MetadataTags found;
    const char *name;
    json_t *value;
    gboolean is_read;

    metadata_exiv2_init ();
    metadata_tags_init (&found);
    metadata_xmp_read ((Span){ xmlBufferContent (bytes), (gsize) xmlBufferLength (bytes) }, &found);
    json_object_foreach ((json_t *) tags, name, value)
    {
        if (is_same (value, json_object_get (found.object, name)))
            json_array_append_new (written, json_stringn (name, strlen (name)));
    }
    is_read = json_object_size (found.object) > 0;
    metadata_tags_clear (&found);
    return is_read || refuse (error, APP_ERROR_MEDIA_TYPE, "is XML but no XMP that can be read");
}

gboolean
sidecar_write (int fd, const json_t *tags, int out_fd, json_t *written, GError **error)
{
    g_autoptr (GString) before = fd >= 0 ? read_all (fd, error) : g_string_new (NULL);
    g_autoptr (XmlDocument) document = NULL;
    g_autoptr (XmlBytes) after = NULL;

    if (before == NULL)
        return FALSE;
    if (before->len == 0)
        g_string_assign (before, empty);
    document = parse (before, error);
    if (document == NULL || !set_all (document, tags, error))
        return FALSE;
    after = serialize (document, g_str_has_prefix (skip_blanks (before->str), "<?xml "));
    if (after == NULL)
        return refuse (error, APP_ERROR_MEDIA_TYPE, "cannot be written as XML again");
    return read_back (after, tags, written, error) &&
           write_all (out_fd, (const char *) xmlBufferContent (after),
                      (gsize) xmlBufferLength (after), error);
}
