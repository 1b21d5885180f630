// SPDX-License-Identifier: GPL-2.0
/* The command line as data. */
#include "args.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* --- Parsing. ------------------------------------------------------------- */

/**
 * struct parser - where we are
 * @call: what we know
 * @argc: words
 * @argv: the words
 * @at: the next one
 * @plain: no word is an option any more
 * @complaint: what is wrong
 * @size: of @complaint
 */
struct parser {
	struct hvic_call *call;
	int argc;
	char *const *argv;
	int at;
	bool plain;
	char *complaint;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static int complain(struct parser *parser, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(parser->complaint, parser->size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int list_words(struct parser *parser, const char *what, const char *word,
		      const char *const *words)
{
	const char *const *first = words;

	complain(parser, "%s \"%s\" must be one of", what, word);
	for (; *words; words++) {
		size_t len = strlen(parser->complaint);

		snprintf(parser->complaint + len, parser->size - len, "%s %s",
			 words == first ? "" : ",", *words);
	}
	return -EINVAL;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(word, *words))
			return true;
	}
	return false;
}

static bool is_noun(const char *word)
{
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (!strcmp(c->noun, word))
			return true;
	}
	return false;
}

static bool is_verb(const struct hvic_command *command, const char *word)
{
	if (!word || !command->verb)
		return word == command->verb;
	return !strcmp(command->verb, word) || (command->alias && !strcmp(command->alias, word));
}

static const struct hvic_command *find(const char *noun, const char *verb)
{
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (!strcmp(c->noun, noun) && is_verb(c, verb))
			return c;
	}
	return NULL;
}

/* The option that a word names, among the global ones or those of the command. */
static const struct hvic_option *match(const struct hvic_option *options, const char *word,
				       size_t len)
{
	for (; options->name; options++) {
		if (strlen(options->name) == len - 2 && !memcmp(options->name, word + 2, len - 2))
			return options;
	}
	return NULL;
}

static int take_option(struct parser *parser, const struct hvic_option *option,
		       const char **slot, const char *value)
{
	if (!option->arg && value)
		return complain(parser, "option --%s takes no value", option->name);
	if (option->arg && option->arg[0] != '[' && !value) {
		if (parser->at == parser->argc)
			return complain(parser, "option --%s needs a value", option->name);
		value = parser->argv[parser->at++];
	}
	if (value && option->words && !is_one_of(value, option->words))
		return list_words(parser, "value", value, option->words);
	*slot = value ? value : "";
	return 0;
}

/* "--name", "--name VALUE", "--name=VALUE" */
static int parse_long(struct parser *parser, const char *word)
{
	struct hvic_call *call = parser->call;
	size_t len = strcspn(word, "=");
	const struct hvic_option *option = match(hvic_global_options, word, len);
	const char *value = word[len] ? word + len + 1 : NULL;

	if (option)
		return take_option(parser, option, &call->global[option - hvic_global_options],
				   value);
	option = call->command ? match(call->command->options, word, len) : NULL;
	if (!option)
		return complain(parser, "unknown option \"%.*s\"", (int)len, word);
	return take_option(parser, option, &call->values[option - call->command->options], value);
}

/* "-hV", "-t 5s", "-t5s", "-t=5s"; only global options have letters. */
static int parse_letters(struct parser *parser, const char *word)
{
	for (word++; *word; word++) {
		const struct hvic_option *option = hvic_global_options;
		const char *value = NULL;
		int ret;

		while (option->name && option->letter != *word)
			option++;
		if (!option->name)
			return complain(parser, "unknown option \"-%c\"", *word);
		/* A value that may be left out needs its "=": "-jV" is two options. */
		if (word[1] == '=')
			value = word + 2;
		else if (word[1] && option->arg && option->arg[0] != '[')
			value = word + 1;
		ret = take_option(parser, option,
				  &parser->call->global[option - hvic_global_options], value);
		if (ret || value)
			return ret;
	}
	return 0;
}

/*
 * The next word that is no option; NULL at the end, or at the "--" before a program. Elsewhere "--"
 * makes words of all that follows: a value may begin with a hyphen.
 */
static int next_word(struct parser *parser, const char **word)
{
	while (parser->at < parser->argc) {
		int ret;

		*word = parser->argv[parser->at];
		if (!strcmp(*word, "--") && !parser->plain) {
			if (!parser->call->command || parser->call->command->program)
				break;
			parser->at++;
			parser->plain = true;
			continue;
		}
		parser->at++;
		if (parser->plain || **word != '-' || !(*word)[1])
			return 0;
		ret = (*word)[1] == '-' ? parse_long(parser, *word) : parse_letters(parser, *word);
		if (ret)
			return ret;
	}
	*word = NULL;
	return 0;
}

static int parse_params(struct parser *parser, const char *word)
{
	struct hvic_call *call = parser->call;
	const struct hvic_param *param = call->command->params;

	for (;;) {
		int ret;

		if (!word)
			break;
		if (!param->name)
			return complain(parser, "unexpected argument \"%s\"", word);
		if (param->words && !is_one_of(word, param->words))
			return list_words(parser, param->name, word, param->words);
		if (call->n_args == HVIC_MAX_ARGS)
			return complain(parser, "too many arguments");
		call->args[call->n_args++] = word;
		if (param->times != HVIC_ANY)
			param++;
		ret = next_word(parser, &word);
		if (ret)
			return ret;
	}
	if (param->name && param->times == HVIC_ONCE)
		return complain(parser, "%s is missing", param->name);
	return 0;
}

static int parse_program(struct parser *parser)
{
	struct hvic_call *call = parser->call;

	if (parser->at < parser->argc) {
		/* next_word() has stopped at "--". */
		parser->at++;
		if (!call->command->program && parser->at < parser->argc)
			return complain(parser, "unexpected argument \"%s\"",
					parser->argv[parser->at]);
	}
	call->program = (const char *const *)parser->argv + parser->at;
	if (call->command->program && parser->at == parser->argc)
		return complain(parser, "COMMAND is missing: it follows \"--\"");
	return 0;
}

/* What the noun is called with: its verb, or its own first argument. */
static int parse_verb(struct parser *parser, const char *noun)
{
	struct hvic_call *call = parser->call;
	const char *word;
	int ret;

	call->command = find(noun, NULL);
	ret = next_word(parser, &word);
	if (ret)
		return ret;
	if (word && find(noun, word)) {
		call->command = find(noun, word);
		ret = next_word(parser, &word);
		if (ret)
			return ret;
	}
	if (call->global[HVIC_OPTION_HELP])
		return 0;
	if (!call->command) {
		return word ? complain(parser, "unknown command \"%s %s\"", noun, word) :
			complain(parser, "\"%s\" is not a whole command", noun);
	}
	if (word && !call->command->verb && !call->command->params[0].name)
		return complain(parser, "unknown command \"%s %s\"", noun, word);
	ret = parse_params(parser, word);
	if (ret)
		return ret;
	return parse_program(parser);
}

/**
 * hvic_args_parse() - find out what was said
 * @call: to be filled in; points into @argv, and to the table
 * @argc: as main() got it
 * @argv: as main() got it
 * @complaint: gets what is wrong, if something is
 * @size: of @complaint
 *
 * Return: 0 or %-EINVAL. @call->command and the global options hold as far as they
 * could be read in both cases.
 */
int hvic_args_parse(struct hvic_call *call, int argc, char *const argv[], char *complaint,
		    size_t size)
{
	struct parser parser = {
		.call = call,
		.argc = argc,
		.argv = argv,
		.at = 1,
		.complaint = complaint,
		.size = size,
	};
	const char *noun;
	int ret;

	memset(call, 0, sizeof(*call));
	ret = next_word(&parser, &noun);
	if (ret)
		return ret;
	call->noun = noun;
	if (!noun) {
		/* Nothing said is the first row. */
		call->command = &hvic_commands[0];
		return parse_program(&parser);
	}
	if (!is_noun(noun))
		return complain(&parser, "unknown command \"%s\"", noun);
	ret = parse_verb(&parser, noun);
	if (ret)
		return ret;
	if (call->global[HVIC_OPTION_HELP])
		return 0;
	if (call->global[HVIC_OPTION_JSON] && !call->command->reads)
		return complain(&parser, "there is nothing to show with --json");
	return 0;
}

/** hvic_args_value() - value of an option of the command; NULL if it was not given */
const char *hvic_args_value(const struct hvic_call *call, const char *option)
{
	const struct hvic_option *options = call->command->options;

	for (size_t i = 0; options[i].name; i++) {
		if (!strcmp(options[i].name, option))
			return call->values[i];
	}
	return NULL;
}

/* --- Help. ---------------------------------------------------------------- */

static void print_option(const struct hvic_option *option, FILE *out)
{
	const char *mark = !option->arg ? "" : option->arg[0] == '[' ? "[=" : " ";

	/* "[WORD]" is shown as "[=WORD]". */
	fprintf(out, "--%s%s%s", option->name, mark,
		!option->arg ? "" : option->arg + (option->arg[0] == '['));
}

/** hvic_args_synopsis() - "health set NAME STATE [--ttl TIME]" */
void hvic_args_synopsis(const struct hvic_command *command, FILE *out)
{
	fputs(command->noun, out);
	if (command->verb)
		fprintf(out, " %s", command->verb);
	for (const struct hvic_param *param = command->params; param->name; param++)
		fprintf(out, param->times == HVIC_ONCE ? " %s" :
			param->times == HVIC_MAYBE ? " [%s]" : " [%s...]", param->name);
	for (const struct hvic_option *option = command->options; option->name; option++) {
		/* Four to a line: a terminal has no room for more. */
		fputs(option == command->options + 4 ? "\n        [" : " [", out);
		print_option(option, out);
		fputc(']', out);
	}
	if (command->program)
		fputs(" -- COMMAND [ARGUMENT...]", out);
}

static void print_words(const char *name, const char *const *words, FILE *out)
{
	fprintf(out, "    %-22s", name);
	for (const char *const *word = words; *word; word++)
		fprintf(out, "%s%s", word == words ? "" : ", ", *word);
	fputc('\n', out);
}

static void print_details(const struct hvic_command *command, FILE *out)
{
	for (const struct hvic_param *param = command->params; param->name; param++) {
		if (param->words)
			print_words(param->name, param->words, out);
	}
	for (const struct hvic_option *option = command->options; option->name; option++) {
		fprintf(out, "    --%-20s%s", option->name, option->help);
		for (const char *const *word = option->words; word && *word; word++)
			fprintf(out, "%s%s", word == option->words ? ": " : ", ", *word);
		fputc('\n', out);
	}
}

/**
 * hvic_args_help() - what there is
 * @noun: only of this one, in detail; NULL for an overview
 * @out: where to
 */
void hvic_args_help(const char *noun, FILE *out)
{
	fprintf(out, "Usage: hvic [OPTION...] [%s]\n\n", noun ? noun : "COMMAND");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (noun && strcmp(noun, c->noun))
			continue;
		fputs("  ", out);
		hvic_args_synopsis(c, out);
		fprintf(out, "\n        %s\n", c->help);
		if (noun)
			print_details(c, out);
	}
	fputs("\nOptions\n", out);
	for (const struct hvic_option *option = hvic_global_options; option->name; option++) {
		size_t width;

		fprintf(out, "  -%c, ", option->letter);
		print_option(option, out);
		width = strlen(option->name) + (option->arg ? strlen(option->arg) + 1 : 0);
		fprintf(out, "%*s%s\n", (int)(20 - width), "", option->help);
	}
	fputs("\nWithout a command hvic shows the status. More is in the manual page hvic(1).\n",
	      out);
}
