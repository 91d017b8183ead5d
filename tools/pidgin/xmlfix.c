/* Lets SIPE, Pidgin's plug-in for Lync, read XML with the libxml2 of Debian 12. See README.md.
 *
 * Preloaded, this function stands before libxml2's function of the same name. SIPE passes it a
 * table of callbacks with the magic number of SAX2, but only the SAX1 callbacks for elements set.
 * Debian's libxml2 goes by the number alone, so it never calls them. We pass on a copy of the table
 * without the number, which is what its content says. A table that is right already is passed on
 * untouched, and a libxml2 that looks at the callbacks too treats the copy no differently.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define SAX1_MARK 1u
#define SAX2_MAGIC 0xDEEDBEAFu

/* The layout of xmlSAXHandler, part of libxml2's stable binary interface since 2.6; only what we look
 * at has a name. Declared here so that the headers of libxml2 need not be installed. */
struct sax_handler {
	void (*before[14])(void);
	void (*start_element)(void);
	void (*after[12])(void);
	unsigned int initialized;
	/* From here on only tables with the magic number of SAX2 have anything. */
	void *private_data;
	void (*start_element_ns)(void);
	void (*end_element_ns)(void);
	void (*structured_error)(void);
};

typedef int parse_memory(struct sax_handler *, void *, const char *, int);

int xmlSAXUserParseMemory(struct sax_handler *sax, void *user_data, const char *buffer, int size)
{
	static parse_memory *real;

	if (!real)
		real = (parse_memory *)dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
	if (!real) {
		fputs("xmlfix: no libxml2 behind this library\n", stderr);
		abort();
	}
	if (sax && sax->initialized == SAX2_MAGIC && sax->start_element && !sax->start_element_ns && !sax->end_element_ns) {
		struct sax_handler sax1 = *sax;

		sax1.initialized = SAX1_MARK;
		return real(&sax1, user_data, buffer, size);
	}
	return real(sax, user_data, buffer, size);
}
