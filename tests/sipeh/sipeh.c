/* sipeh - headless, scriptable libpurple client for the Debian SIPE plugin.
 * One JSON object per line on stdout; commands one per line on stdin.
 * See README.md next to it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib.h>
#include <glib-unix.h>
#include <purple.h>

#define UI_ID "sipeh"

static GMainLoop *loop;
static PurpleAccount *account;
static FILE *jout;
static double t0;
static int rc;
static gboolean stdin_eof, stay, quitting;
static GQueue *cmdq;
static GPtrArray *evlog;              /* every JSON line so far */
static guint wf_cursor;               /* waitfor looks from here */
static char *wf_want[2];
static guint wf_timer, wait_timer;
static PurpleRoomlist *cur_roomlist;
static GHashTable *room_uri;          /* name -> uri from the last rooms */
static char *nickname_user;


/* ---------- libxml2 work-around ----------
 * Debian 12's patched libxml2 (2.9.14+dfsg-1.3~deb12u4..u6) switches to SAX2 as
 * soon as the handler carries XML_SAX2_MAGIC, even when only the SAX1 element
 * callbacks are set - which is exactly what SIPE's sipe-xml.c does. Its
 * callbacks are then never called and *every* XML body parses to nothing.
 * This executable-level definition wins over the library's and hands libxml2
 * a copy of the handler marked SAX1. SIPEH_NO_XMLFIX=1 turns it off. */
__attribute__((visibility("default")))
int xmlSAXUserParseMemory(void *sax, void *user_data, const char *buf, int size)
{
	static int (*real)(void *, void *, const char *, int);
	char copy[256];
	if (!real) real = (int (*)(void *, void *, const char *, int))dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
	memcpy(copy, sax, sizeof(copy));
	if (!getenv("SIPEH_NO_XMLFIX") && *(unsigned *)(copy + 0xd8) == 0xDEEDBEAFu   /* XML_SAX2_MAGIC */
	    && !*(void **)(copy + 0xe8) && *(void **)(copy + 14 * 8)) {            /* no startElementNs, but startElement */
		*(unsigned *)(copy + 0xd8) = 1;
		return real(copy, user_data, buf, size);
	}
	return real(sax, user_data, buf, size);
}

/* ---------- JSON ---------- */
static void js_str(GString *s, const char *v)
{
	if (!v) { g_string_append(s, "null"); return; }
	g_string_append_c(s, '"');
	for (const unsigned char *p = (const unsigned char *)v; *p; p++) {
		switch (*p) {
		case '"': g_string_append(s, "\\\""); break;
		case '\\': g_string_append(s, "\\\\"); break;
		case '\n': g_string_append(s, "\\n"); break;
		case '\r': g_string_append(s, "\\r"); break;
		case '\t': g_string_append(s, "\\t"); break;
		default:
			if (*p < 0x20) g_string_append_printf(s, "\\u%04x", *p);
			else g_string_append_c(s, *p);
		}
	}
	g_string_append_c(s, '"');
}
static void pump(void);
static gboolean pump_cb(gpointer d) { (void)d; pump(); return FALSE; }

/* fmt: per key one char: s string, i int (gint64), b bool, r raw json */
static void ev(const char *type, const char *fmt, ...)
{
	GString *s = g_string_new("{\"ev\":");
	va_list ap;
	js_str(s, type);
	g_string_append_printf(s, ",\"t\":%.3f", g_get_monotonic_time() / 1e6 - t0);
	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		const char *k = va_arg(ap, const char *);
		g_string_append_c(s, ',');
		js_str(s, k);
		g_string_append_c(s, ':');
		switch (*fmt) {
		case 's': js_str(s, va_arg(ap, const char *)); break;
		case 'i': g_string_append_printf(s, "%" G_GINT64_FORMAT, va_arg(ap, gint64)); break;
		case 'b': g_string_append(s, va_arg(ap, int) ? "true" : "false"); break;
		case 'r': g_string_append(s, va_arg(ap, const char *)); break;
		}
	}
	va_end(ap);
	g_string_append(s, "}");
	fprintf(jout, "%s\n", s->str);
	fflush(jout);
	printf("(sipeh) %s\n", s->str); /* also into the debug log */
	g_ptr_array_add(evlog, g_string_free(s, FALSE));
	if (wf_want[0]) g_idle_add(pump_cb, NULL);
}

/* ---------- event loop ops ---------- */
typedef struct { PurpleInputFunction fn; guint result; gpointer data; } IOClosure;
static gboolean io_invoke(GIOChannel *src, GIOCondition c, gpointer data)
{
	IOClosure *cl = data;
	PurpleInputCondition pc = 0;
	if (c & (G_IO_IN | G_IO_HUP | G_IO_ERR)) pc |= PURPLE_INPUT_READ;
	if (c & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)) pc |= PURPLE_INPUT_WRITE;
	cl->fn(cl->data, g_io_channel_unix_get_fd(src), pc);
	return TRUE;
}
static guint input_add(gint fd, PurpleInputCondition cond, PurpleInputFunction fn, gpointer data)
{
	IOClosure *cl = g_new0(IOClosure, 1);
	GIOCondition c = 0;
	GIOChannel *ch = g_io_channel_unix_new(fd);
	cl->fn = fn; cl->data = data;
	if (cond & PURPLE_INPUT_READ) c |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (cond & PURPLE_INPUT_WRITE) c |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	cl->result = g_io_add_watch_full(ch, G_PRIORITY_DEFAULT, c, io_invoke, cl, g_free);
	g_io_channel_unref(ch);
	return cl->result;
}
static PurpleEventLoopUiOps el_ops = {
	g_timeout_add, g_source_remove, input_add, g_source_remove, NULL,
	g_timeout_add_seconds, NULL, NULL, NULL
};

/* ---------- conversations ---------- */
static void flags_str(GString *s, PurpleMessageFlags f)
{
	static const struct { int f; const char *n; } t[] = {
		{ PURPLE_MESSAGE_SEND, "SEND" }, { PURPLE_MESSAGE_RECV, "RECV" },
		{ PURPLE_MESSAGE_SYSTEM, "SYSTEM" }, { PURPLE_MESSAGE_AUTO_RESP, "AUTO" },
		{ PURPLE_MESSAGE_NICK, "NICK" }, { PURPLE_MESSAGE_NO_LOG, "NO_LOG" },
		{ PURPLE_MESSAGE_WHISPER, "WHISPER" }, { PURPLE_MESSAGE_ERROR, "ERROR" },
		{ PURPLE_MESSAGE_DELAYED, "DELAYED" }, { PURPLE_MESSAGE_RAW, "RAW" },
		{ PURPLE_MESSAGE_NOTIFY, "NOTIFY" } };
	gboolean first = TRUE;
	g_string_append_c(s, '[');
	for (guint i = 0; i < G_N_ELEMENTS(t); i++)
		if (f & t[i].f) {
			g_string_append_printf(s, "%s\"%s\"", first ? "" : ",", t[i].n);
			first = FALSE;
		}
	g_string_append_c(s, ']');
}
static void emit_msg(const char *kind, PurpleConversation *c, const char *who,
		     const char *msg, PurpleMessageFlags f, time_t mt)
{
	GString *fs = g_string_new("");
	char *plain = purple_unescape_text(msg);
	GDateTime *d = g_date_time_new_from_unix_utc(mt);
	char *iso = g_date_time_format(d, "%FT%TZ");
	flags_str(fs, f);
	ev(kind, "ssssisbr", "conv", purple_conversation_get_name(c), "from", who,
	   "text", plain, "html", msg, "ts", (gint64)mt, "time", iso,
	   /* libpurple never gets a DELAYED flag from SIPE: judge by the clock */
	   "old", (int)(time(NULL) - mt > 5), "flags", fs->str);
	g_free(iso); g_date_time_unref(d); g_free(plain);
	g_string_free(fs, TRUE);
}
static void write_chat(PurpleConversation *c, const char *who, const char *m,
		       PurpleMessageFlags f, time_t t) { emit_msg("message", c, who, m, f, t); }
static void write_im(PurpleConversation *c, const char *who, const char *m,
		     PurpleMessageFlags f, time_t t) { emit_msg("im", c, who, m, f, t); }
static void write_conv(PurpleConversation *c, const char *name, const char *alias,
		       const char *m, PurpleMessageFlags f, time_t t)
{ (void)alias; emit_msg("conv-text", c, name, m, f, t); }
static void cb_json(GString *s, PurpleConvChatBuddy *cb)
{
	g_string_append(s, "{\"name\":"); js_str(s, cb->name);
	g_string_append_printf(s, ",\"op\":%s}", (cb->flags & PURPLE_CBFLAGS_OP) ? "true" : "false");
}
static void chat_add_users(PurpleConversation *c, GList *l, gboolean isnew)
{
	GString *s = g_string_new("[");
	for (GList *e = l; e; e = e->next) { if (e != l) g_string_append_c(s, ','); cb_json(s, e->data); }
	g_string_append_c(s, ']');
	ev("users-add", "sbr", "conv", purple_conversation_get_name(c), "new", (int)isnew, "users", s->str);
	g_string_free(s, TRUE);
}
static void chat_remove_users(PurpleConversation *c, GList *l)
{
	GString *s = g_string_new("[");
	for (GList *e = l; e; e = e->next) { if (e != l) g_string_append_c(s, ','); js_str(s, e->data); }
	g_string_append_c(s, ']');
	ev("users-remove", "sr", "conv", purple_conversation_get_name(c), "users", s->str);
	g_string_free(s, TRUE);
}
static void chat_update_user(PurpleConversation *c, const char *u)
{
	PurpleConvChatBuddy *cb = purple_conv_chat_cb_find(PURPLE_CONV_CHAT(c), u);
	ev("user-update", "ssb", "conv", purple_conversation_get_name(c), "user", u,
	   "op", cb ? (int)!!(cb->flags & PURPLE_CBFLAGS_OP) : 0);
}
static PurpleConversationUiOps conv_ops = {
	NULL, NULL, write_chat, write_im, write_conv, chat_add_users, NULL,
	chat_remove_users, chat_update_user, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL
};

static void sig_chat_joined(PurpleConversation *c, gpointer d)
{ (void)d; ev("chat-joined", "sis", "conv", purple_conversation_get_name(c),
   "id", (gint64)purple_conv_chat_get_id(PURPLE_CONV_CHAT(c)), "title", purple_conversation_get_title(c)); }
static void sig_chat_left(PurpleConversation *c, gpointer d)
{ (void)d; ev("chat-left", "s", "conv", purple_conversation_get_name(c)); }
static void sig_chat_join_failed(PurpleConnection *gc, GHashTable *c, gpointer d)
{ (void)d; (void)gc; ev("chat-join-failed", "s", "uri", c ? (char *)g_hash_table_lookup(c, "uri") : NULL); }
static void sig_topic(PurpleConversation *c, const char *who, const char *topic, gpointer d)
{ (void)d; ev("topic", "sss", "conv", purple_conversation_get_name(c), "who", who, "topic", topic); }

/* ---------- roomlist ---------- */
static GList *rl_fields;
static int rl_count;
static gboolean rl_asking;                  /* an end before the request has gone out is a failure */
static void rl_create(PurpleRoomlist *l) { cur_roomlist = l; rl_count = 0; rl_fields = NULL; g_hash_table_remove_all(room_uri); }
static void rl_set_fields(PurpleRoomlist *l, GList *f) { (void)l; rl_fields = f; }
static void rl_add_room(PurpleRoomlist *l, PurpleRoomlistRoom *r)
{
	GString *s = g_string_new("{");
	GList *v = purple_roomlist_room_get_fields(r);
	const char *uri = NULL;
	(void)l;
	for (GList *f = rl_fields; f && v; f = f->next, v = v->next) {
		PurpleRoomlistField *fd = f->data;
		if (s->len > 1) g_string_append_c(s, ',');
		js_str(s, fd->name); g_string_append_c(s, ':');
		switch (fd->type) {
		case PURPLE_ROOMLIST_FIELD_BOOL: g_string_append(s, v->data ? "true" : "false"); break;
		case PURPLE_ROOMLIST_FIELD_INT: g_string_append_printf(s, "%d", GPOINTER_TO_INT(v->data)); break;
		default: js_str(s, v->data);
			if (!strcmp(fd->name, "uri")) uri = v->data;
		}
	}
	g_string_append_c(s, '}');
	rl_count++;
	if (uri) g_hash_table_insert(room_uri, g_strdup(purple_roomlist_room_get_name(r)), g_strdup(uri));
	ev("room", "sr", "name", purple_roomlist_room_get_name(r), "fields", s->str);
	g_string_free(s, TRUE);
}
static void rl_in_progress(PurpleRoomlist *l, gboolean p)
{ (void)l; if (!p && !rl_asking) ev("rooms-end", "i", "count", (gint64)rl_count); }
static void rl_destroy(PurpleRoomlist *l) { if (cur_roomlist == l) cur_roomlist = NULL; }
static PurpleRoomlistUiOps rl_ops = { NULL, rl_create, rl_set_fields, rl_add_room, rl_in_progress, rl_destroy, NULL, NULL, NULL, NULL };

/* ---------- notify / request ---------- */
static void *nt_message(PurpleNotifyMsgType t, const char *ti, const char *p, const char *s)
{ ev("notify", "isss", "type", (gint64)t, "title", ti, "primary", p, "secondary", s); return g_malloc(1); }
static void *nt_formatted(const char *ti, const char *p, const char *s, const char *text)
{ ev("notify-formatted", "ssss", "title", ti, "primary", p, "secondary", s, "text", text); return g_malloc(1); }
static void *nt_uri(const char *u) { ev("notify-uri", "s", "uri", u); return NULL; }
static void nt_close(PurpleNotifyType t, void *h) { (void)t; g_free(h); }
static PurpleNotifyUiOps nt_ops = { nt_message, NULL, NULL, nt_formatted, NULL, NULL, NULL, nt_uri, nt_close, NULL, NULL, NULL, NULL };

struct reqact { GCallback cb; gpointer ud; int idx; void *handle; };
static gboolean req_fire(gpointer d)
{
	struct reqact *a = d;
	if (a->cb) ((PurpleRequestActionCb)a->cb)(a->ud, a->idx);
	purple_request_close(PURPLE_REQUEST_ACTION, a->handle);
	g_free(a);
	return FALSE;
}
static void *rq_action(const char *title, const char *primary, const char *secondary,
		       int def, PurpleAccount *acc, const char *who, PurpleConversation *conv,
		       void *ud, size_t n, va_list actions)
{
	struct reqact *a = g_new0(struct reqact, 1);
	GString *names = g_string_new("[");
	(void)acc; (void)who; (void)conv; (void)def;
	a->ud = ud; a->idx = 0; a->handle = g_malloc(1);
	for (size_t i = 0; i < n; i++) {
		const char *txt = va_arg(actions, const char *);
		GCallback cb = va_arg(actions, GCallback);
		if (i) g_string_append_c(names, ',');
		js_str(names, txt);
		if (i == 0 || g_str_has_prefix(txt, "Accept") || g_str_has_prefix(txt, "_Accept")) {
			a->cb = cb; a->idx = i;
		}
	}
	g_string_append_c(names, ']');
	ev("request-action", "sssri", "title", title, "primary", primary, "secondary", secondary,
	   "actions", names->str, "chosen", (gint64)a->idx);
	g_string_free(names, TRUE);
	g_idle_add(req_fire, a);
	return a->handle;
}
static void *rq_fields(const char *title, const char *primary, const char *secondary,
		       PurpleRequestFields *f, const char *ok, GCallback okcb, const char *cancel,
		       GCallback cancelcb, PurpleAccount *acc, const char *who, PurpleConversation *c, void *ud)
{
	(void)f; (void)ok; (void)okcb; (void)cancel; (void)cancelcb; (void)acc; (void)who; (void)c; (void)ud;
	ev("request-fields", "sss", "title", title, "primary", primary, "secondary", secondary);
	return g_malloc(1);
}
static void rq_close(PurpleRequestType t, void *h) { (void)t; g_free(h); }
static PurpleRequestUiOps rq_ops = { NULL, NULL, rq_action, rq_fields, NULL, rq_close, NULL, NULL, NULL, NULL, NULL };

/* ---------- connection ---------- */
static void cn_progress(PurpleConnection *gc, const char *text, size_t step, size_t n)
{ (void)gc; ev("progress", "sii", "text", text, "step", (gint64)step, "of", (gint64)n); }
static void cn_notice(PurpleConnection *gc, const char *text) { (void)gc; ev("conn-notice", "s", "text", text); }
static void cn_error(PurpleConnection *gc, PurpleConnectionError reason, const char *text)
{
	static const char *n[] = { "NETWORK_ERROR", "INVALID_USERNAME", "AUTHENTICATION_FAILED",
		"AUTHENTICATION_IMPOSSIBLE", "NO_SSL_SUPPORT", "ENCRYPTION_ERROR", "NAME_IN_USE",
		"INVALID_SETTINGS", "CERT_NOT_PROVIDED", "CERT_UNTRUSTED", "CERT_EXPIRED",
		"CERT_NOT_ACTIVATED", "CERT_HOSTNAME_MISMATCH", "CERT_FINGERPRINT_MISMATCH",
		"CERT_SELF_SIGNED", "CERT_OTHER_ERROR", "OTHER_ERROR" };
	(void)gc;
	ev("connection-error", "ssb", "reason", reason < G_N_ELEMENTS(n) ? n[reason] : "?", "text", text,
	   "fatal", (int)purple_connection_error_is_fatal(reason));
	if (!rc) rc = 2;
}
static PurpleConnectionUiOps cn_ops = { cn_progress, NULL, NULL, cn_notice, NULL, NULL, NULL, cn_error, NULL, NULL, NULL };
static void sig_signed_on(PurpleConnection *gc, gpointer d)
{ (void)d; rc = 0; ev("signed-on", "s", "user", purple_account_get_username(purple_connection_get_account(gc))); }
static void sig_signed_off(PurpleConnection *gc, gpointer d)
{ (void)d; ev("signed-off", "s", "user", purple_account_get_username(purple_connection_get_account(gc))); }
static void sig_buddy_status(PurpleBuddy *b, PurpleStatus *o, PurpleStatus *n, gpointer d)
{ (void)d; ev("presence", "sss", "who", purple_buddy_get_name(b), "old", o ? purple_status_get_id(o) : NULL,
   "new", purple_status_get_id(n)); }
static void sig_buddy_on(PurpleBuddy *b, gpointer d) { (void)d; ev("buddy-on", "s", "who", purple_buddy_get_name(b)); }
static void sig_buddy_off(PurpleBuddy *b, gpointer d) { (void)d; ev("buddy-off", "s", "who", purple_buddy_get_name(b)); }
static void sig_own_status(PurpleAccount *a, PurpleStatus *o, PurpleStatus *n, gpointer d)
{ (void)d; (void)a; ev("own-status", "ss", "old", o ? purple_status_get_id(o) : NULL, "new", purple_status_get_id(n)); }
static void sig_buddy_added(PurpleBuddy *b, gpointer d)
{ (void)d; ev("buddy-added", "sss", "who", purple_buddy_get_name(b), "alias", purple_buddy_get_alias_only(b),
   "group", purple_buddy_get_group(b) ? purple_group_get_name(purple_buddy_get_group(b)) : NULL); }

/* ---------- commands ---------- */
static PurpleConversation *find_chat(const char *name)
{
	for (GList *l = purple_get_chats(); l; l = l->next) {
		PurpleConversation *c = l->data;
		if (!strcmp(purple_conversation_get_name(c), name)) return c;
	}
	return NULL;
}
static void do_quit(void)
{
	if (quitting) return;
	quitting = TRUE;
	g_main_loop_quit(loop);
}
static gboolean wait_done(gpointer d) { (void)d; wait_timer = 0; pump(); return FALSE; }
static gboolean wf_timeout(gpointer d)
{
	(void)d; wf_timer = 0;
	char *w0 = wf_want[0], *w1 = wf_want[1];
	wf_want[0] = wf_want[1] = NULL;
	ev("waitfor-timeout", "ss", "type", w0, "match", w1);
	g_free(w0); g_free(w1);
	rc = 1;
	pump();
	return FALSE;
}
static gboolean wf_check(void)
{
	char *pat = g_strdup_printf("{\"ev\":\"%s\",", wf_want[0]);
	gboolean hit = FALSE;
	while (wf_cursor < evlog->len && !hit) {
		const char *l = g_ptr_array_index(evlog, wf_cursor++);
		if (g_str_has_prefix(l, pat) && (!wf_want[1] || strstr(l, wf_want[1]))) hit = TRUE;
	}
	g_free(pat);
	return hit;
}
/* unescape "\n" so that multi-line messages can be said */
static char *unesc(const char *s) { return g_strcompress(s); }

static void run_cmd(char *line)
{
	char *p = g_strstrip(line), *arg;
	if (!*p || *p == '#') return;
	arg = strchr(p, ' ');
	if (arg) { *arg++ = 0; arg = g_strchug(arg); } else arg = "";
	PurpleConnection *gc = purple_account_get_connection(account);

	if (!strcmp(p, "quit")) { do_quit(); }
	else if (!strcmp(p, "wait")) { wait_timer = g_timeout_add((guint)(atof(arg) * 1000) + 1, wait_done, NULL); }
	else if (!strcmp(p, "waitfor")) {          /* waitfor TYPE [SECONDS] [SUBSTRING] */
		char **v = g_strsplit(arg, " ", 3);
		double secs = v[0] && v[1] ? atof(v[1]) : 10;
		if (!v[0]) { ev("error", "s", "text", "waitfor TYPE [SECONDS] [SUBSTRING]"); g_strfreev(v); return; }
		wf_want[0] = g_strdup(v[0]);
		wf_want[1] = v[1] && v[2] ? g_strdup(v[2]) : NULL;
		g_strfreev(v);
		wf_timer = g_timeout_add((guint)(secs * 1000) + 1, wf_timeout, NULL);
	}
	else if (!strcmp(p, "echo")) { ev("echo", "s", "text", arg); }
	else if (!strcmp(p, "connect")) { purple_account_set_enabled(account, UI_ID, TRUE); purple_account_connect(account); }
	else if (!strcmp(p, "disconnect")) { purple_account_disconnect(account); }
	else if (!strcmp(p, "reconnect")) { purple_account_disconnect(account); purple_account_connect(account); }
	else if (!gc) { ev("error", "ss", "text", "not connected", "cmd", p); }
	else if (!strcmp(p, "rooms")) {
		rl_asking = TRUE;
		PurpleRoomlist *l = purple_roomlist_get_list(gc);
		rl_asking = FALSE;
		if (!l) ev("rooms-error", "s", "text", "plugin returned no room list (group chat not connected?)");
	}
	else if (!strcmp(p, "join")) {
		const char *uri = g_str_has_prefix(arg, "ma-chan://") ? arg : g_hash_table_lookup(room_uri, arg);
		if (!uri) { ev("error", "ss", "text", "unknown room (run rooms first, or give ma-chan:// URI)", "room", arg); return; }
		GHashTable *c = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_hash_table_insert(c, g_strdup("uri"), g_strdup(uri));
		serv_join_chat(gc, c);
		g_hash_table_destroy(c);
	}
	else if (!strcmp(p, "say")) {              /* say ROOM TEXT  (quote ROOM with "..." if it has blanks) */
		char *name, *text;
		if (*arg == '"' && (text = strchr(arg + 1, '"'))) { name = arg + 1; *text++ = 0; text = g_strchug(text); }
		else { name = arg; text = strchr(arg, ' '); if (text) *text++ = 0; else text = ""; }
		PurpleConversation *c = find_chat(name);
		if (!c) { ev("error", "ss", "text", "not in room", "room", name); return; }
		char *u = unesc(text), *esc = g_markup_escape_text(u, -1), *br = purple_strreplace(esc, "\n", "<br>");
		purple_conv_chat_send(PURPLE_CONV_CHAT(c), br);
		g_free(u); g_free(esc); g_free(br);
	}
	else if (!strcmp(p, "leave")) {
		PurpleConversation *c = find_chat(arg);
		if (!c) { ev("error", "ss", "text", "not in room", "room", arg); return; }
		purple_conversation_destroy(c);
	}
	else if (!strcmp(p, "members")) {
		PurpleConversation *c = find_chat(arg);
		if (!c) { ev("error", "ss", "text", "not in room", "room", arg); return; }
		GString *s = g_string_new("[");
		for (GList *l = purple_conv_chat_get_users(PURPLE_CONV_CHAT(c)); l; l = l->next) {
			if (s->len > 1) g_string_append_c(s, ',');
			cb_json(s, l->data);
		}
		g_string_append_c(s, ']');
		ev("members", "srss", "conv", arg, "users", s->str, "topic", purple_conv_chat_get_topic(PURPLE_CONV_CHAT(c)),
		   "nick", purple_conv_chat_get_nick(PURPLE_CONV_CHAT(c)));
		g_string_free(s, TRUE);
	}
	else if (!strcmp(p, "chats")) {
		GString *s = g_string_new("[");
		for (GList *l = purple_get_chats(); l; l = l->next) {
			if (s->len > 1) g_string_append_c(s, ',');
			g_string_append(s, "{\"name\":"); js_str(s, purple_conversation_get_name(l->data));
			g_string_append_printf(s, ",\"left\":%s}", purple_conv_chat_has_left(PURPLE_CONV_CHAT((PurpleConversation *)l->data)) ? "true" : "false");
		}
		g_string_append_c(s, ']');
		ev("chats", "r", "chats", s->str);
		g_string_free(s, TRUE);
	}
	else if (!strcmp(p, "im")) {
		char *text = strchr(arg, ' ');
		if (!text) return;
		*text++ = 0;
		serv_send_im(gc, arg, text, 0);
	}
	else if (!strcmp(p, "add")) {
		PurpleBuddy *b = purple_buddy_new(account, arg, NULL);
		purple_blist_add_buddy(b, NULL, purple_find_group("Other Contacts") ? purple_find_group("Other Contacts") : purple_group_new("Other Contacts"), NULL);
		purple_account_add_buddy(account, b);
	}
	else if (!strcmp(p, "buddies")) {
		GSList *l = purple_find_buddies(account, NULL);
		for (GSList *e = l; e; e = e->next) {
			PurpleBuddy *b = e->data;
			ev("buddy", "sss", "who", purple_buddy_get_name(b), "alias", purple_buddy_get_alias(b),
			   "status", purple_status_get_id(purple_presence_get_active_status(purple_buddy_get_presence(b))));
		}
		g_slist_free(l);
		ev("buddies-end", "");
	}
	else if (!strcmp(p, "status")) { purple_account_set_status(account, arg, TRUE, NULL); }
	else ev("error", "ss", "text", "unknown command", "cmd", p);
}
static void pump(void)
{
	static gboolean busy;
	if (busy) return;
	busy = TRUE;
	while (!quitting && !wait_timer) {
		if (wf_want[0]) {
			if (!wf_check()) break;
			g_free(wf_want[0]); g_free(wf_want[1]);
			wf_want[0] = wf_want[1] = NULL;
			if (wf_timer) { g_source_remove(wf_timer); wf_timer = 0; }
			continue;
		}
		char *l = g_queue_pop_head(cmdq);
		if (!l) { if (stdin_eof && !stay) do_quit(); break; }
		run_cmd(l);
		g_free(l);
	}
	busy = FALSE;
}
static gboolean stdin_cb(GIOChannel *ch, GIOCondition cond, gpointer d)
{
	(void)d; (void)cond;
	for (;;) {
		char *line = NULL;
		gsize len;
		GIOStatus st = g_io_channel_read_line(ch, &line, &len, NULL, NULL);
		if (st == G_IO_STATUS_NORMAL) { g_queue_push_tail(cmdq, line); continue; }
		g_free(line);
		if (st == G_IO_STATUS_AGAIN) break;
		stdin_eof = TRUE;
		pump();
		return FALSE;
	}
	pump();
	return TRUE;
}
static gboolean on_term(gpointer d) { (void)d; do_quit(); return FALSE; }

/* ---------- main ---------- */
static PurpleCoreUiOps core_ops;
static char *o_user, *o_login, *o_pass, *o_server, *o_transport = "tcp", *o_auth = "ntlm", *o_config,
	*o_debug, *o_gc, *o_ua, *o_plugins;
static gboolean o_sso, o_noconn;
static int o_timeout;
static gboolean deadline(gpointer d) { (void)d; ev("deadline", ""); rc = 3; do_quit(); return FALSE; }

int main(int argc, char **argv)
{
	GOptionEntry oe[] = {
		{ "user", 'u', 0, G_OPTION_ARG_STRING, &o_user, "SIP address user@domain", NULL },
		{ "login", 'l', 0, G_OPTION_ARG_STRING, &o_login, "login name, e.g. DOMAIN\\user (default: the SIP address)", NULL },
		{ "password", 'p', 0, G_OPTION_ARG_STRING, &o_pass, "password", NULL },
		{ "server", 's', 0, G_OPTION_ARG_STRING, &o_server, "host:port", NULL },
		{ "transport", 't', 0, G_OPTION_ARG_STRING, &o_transport, "tcp | tls | auto", NULL },
		{ "auth", 'a', 0, G_OPTION_ARG_STRING, &o_auth, "ntlm | krb5 | tls-dsk | auto", NULL },
		{ "sso", 0, 0, G_OPTION_ARG_NONE, &o_sso, "single sign-on", NULL },
		{ "config", 'c', 0, G_OPTION_ARG_STRING, &o_config, "libpurple config dir (default: fresh temp dir)", NULL },
		{ "debug", 'd', 0, G_OPTION_ARG_STRING, &o_debug, "debug log file (default CONFIG/debug.log)", NULL },
		{ "gcuser", 'g', 0, G_OPTION_ARG_STRING, &o_gc, "group chat proxy setting (groupchat_user)", NULL },
		{ "useragent", 0, 0, G_OPTION_ARG_STRING, &o_ua, "User-Agent", NULL },
		{ "plugins", 0, 0, G_OPTION_ARG_STRING, &o_plugins, "extra plugin dir (default /usr/lib/purple-2)", NULL },
		{ "stay", 0, 0, G_OPTION_ARG_NONE, &stay, "stay after stdin EOF", NULL },
		{ "no-connect", 0, 0, G_OPTION_ARG_NONE, &o_noconn, "wait for a 'connect' command", NULL },
		{ "timeout", 'T', 0, G_OPTION_ARG_INT, &o_timeout, "give up after N seconds", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL } };
	GError *err = NULL;
	GOptionContext *oc = g_option_context_new("- headless SIPE client");
	g_option_context_add_main_entries(oc, oe, NULL);
	if (!g_option_context_parse(oc, &argc, &argv, &err) || !o_user || !o_pass) {
		fprintf(stderr, "%s\n", err ? err->message : "need --user and --password; see --help");
		return 64;
	}
	t0 = g_get_monotonic_time() / 1e6;
	signal(SIGPIPE, SIG_IGN);
	if (!o_config) { o_config = g_build_filename(g_get_tmp_dir(), "sipeh.XXXXXX", NULL); if (!g_mkdtemp(o_config)) return 64; }
	g_mkdir_with_parents(o_config, 0700);
	if (!o_debug) o_debug = g_build_filename(o_config, "debug.log", NULL);

	/* stdout belongs to JSON; libpurple's debug output (g_print) goes to the log */
	fflush(stdout);
	jout = fdopen(dup(1), "w");
	int fd = open(o_debug, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0600);
	if (fd < 0) { perror(o_debug); return 64; }
	dup2(fd, 1); dup2(fd, 2); close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);

	evlog = g_ptr_array_new_with_free_func(g_free);
	cmdq = g_queue_new();
	room_uri = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	loop = g_main_loop_new(NULL, FALSE);
	nickname_user = o_user;

	purple_util_set_user_dir(o_config);
	purple_debug_set_enabled(TRUE);
	purple_debug_set_verbose(TRUE);
	purple_debug_set_unsafe(TRUE);
	purple_core_set_ui_ops(&core_ops);
	purple_eventloop_set_ui_ops(&el_ops);
	purple_plugins_add_search_path(o_plugins ? o_plugins : "/usr/lib/purple-2");
	if (!purple_core_init(UI_ID)) { ev("fatal", "s", "text", "purple_core_init failed"); return 65; }
	purple_set_blist(purple_blist_new());
	purple_blist_load();
	purple_prefs_load();
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_set_bool("/purple/logging/log_chats", FALSE);
	purple_prefs_set_bool("/purple/logging/log_system", FALSE);
	purple_conversations_set_ui_ops(&conv_ops);
	purple_connections_set_ui_ops(&cn_ops);
	purple_roomlist_set_ui_ops(&rl_ops);
	purple_notify_set_ui_ops(&nt_ops);
	purple_request_set_ui_ops(&rq_ops);

	static int h;
	purple_signal_connect(purple_connections_get_handle(), "signed-on", &h, PURPLE_CALLBACK(sig_signed_on), NULL);
	purple_signal_connect(purple_connections_get_handle(), "signed-off", &h, PURPLE_CALLBACK(sig_signed_off), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "chat-joined", &h, PURPLE_CALLBACK(sig_chat_joined), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "chat-left", &h, PURPLE_CALLBACK(sig_chat_left), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "chat-join-failed", &h, PURPLE_CALLBACK(sig_chat_join_failed), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "chat-topic-changed", &h, PURPLE_CALLBACK(sig_topic), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-status-changed", &h, PURPLE_CALLBACK(sig_buddy_status), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-signed-on", &h, PURPLE_CALLBACK(sig_buddy_on), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-signed-off", &h, PURPLE_CALLBACK(sig_buddy_off), NULL);
	purple_signal_connect(purple_blist_get_handle(), "buddy-added", &h, PURPLE_CALLBACK(sig_buddy_added), NULL);
	purple_signal_connect(purple_accounts_get_handle(), "account-status-changed", &h, PURPLE_CALLBACK(sig_own_status), NULL);

	PurplePlugin *pl = purple_find_prpl("prpl-sipe");
	if (!pl) { ev("fatal", "s", "text", "prpl-sipe not found (apt-get install pidgin-sipe)"); return 65; }
	ev("plugin", "sssb", "id", "prpl-sipe", "version", pl->info->version, "libpurple", purple_core_get_version(),
	   "ssl", (int)purple_ssl_is_supported());

	char *name = o_login ? g_strdup_printf("%s,%s", o_user, o_login) : g_strdup_printf("%s,", o_user);
	account = purple_account_new(name, "prpl-sipe");
	purple_accounts_add(account);
	purple_account_set_password(account, o_pass);
	purple_account_set_string(account, "server", o_server ? o_server : "");
	purple_account_set_string(account, "transport", o_transport);
	purple_account_set_string(account, "authentication", strcmp(o_auth, "auto") ? o_auth : "");
	purple_account_set_bool(account, "sso", o_sso);
	purple_account_set_bool(account, "dont-publish", TRUE);   /* no Exchange autodiscover traffic */
	if (o_gc) purple_account_set_string(account, "groupchat_user", o_gc);
	if (o_ua) purple_account_set_string(account, "useragent", o_ua);
	PurpleProxyInfo *pi = purple_proxy_info_new();
	purple_proxy_info_set_type(pi, PURPLE_PROXY_NONE);
	purple_account_set_proxy_info(account, pi);

	PurpleSavedStatus *ss = purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE);
	purple_savedstatus_activate(ss);
	if (!o_noconn) purple_account_set_enabled(account, UI_ID, TRUE);

	GIOChannel *in = g_io_channel_unix_new(0);
	g_io_channel_set_flags(in, G_IO_FLAG_NONBLOCK, NULL);
	g_io_add_watch(in, G_IO_IN | G_IO_HUP | G_IO_ERR, stdin_cb, NULL);
	g_unix_signal_add(SIGTERM, on_term, NULL);

	if (o_timeout) g_timeout_add_seconds(o_timeout, deadline, NULL);
	g_main_loop_run(loop);

	ev("quit", "i", "rc", (gint64)rc);
	purple_core_quit();      /* leaves chats, unsubscribes, de-REGISTERs */
	return rc;
}
