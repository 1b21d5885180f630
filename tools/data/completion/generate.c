// SPDX-License-Identifier: GPL-2.0
/*
 * generate bash|zsh: print the completion for that shell, made of the table of
 * commands.
 *
 * Both shells get the same function, in what they have in common, that prints
 * what may follow the words that are there. Around it is what hands that to the
 * one shell or the other. The words "<file>" and "<command>" stand for what the
 * shells know better.
 */
#include <stdio.h>
#include <string.h>

#include "args.h"

static void print_words(const char *const *words)
{
	printf("printf '%%s\\n'");
	for (; *words; words++)
		printf(" %s", *words);
}

static bool takes_value(const struct hvic_option *option)
{
	return option->arg && option->arg[0] != '[';
}

/* --- Options that take a value, and the values. ------------------------------------ */

static void print_value_options(const struct hvic_option *option, bool *first)
{
	for (; option->name; option++) {
		if (!takes_value(option))
			continue;
		printf("%s--%s", *first ? "" : "|", option->name);
		if (option->letter)
			printf("|-%c", option->letter);
		*first = false;
	}
}

static void print_all_value_options(void)
{
	bool first = true;

	print_value_options(hvic_global_options, &first);
	for (const struct hvic_command *c = hvic_commands; c->noun; c++)
		print_value_options(c->options, &first);
}

static void print_values(const char *noun, const char *verb, const struct hvic_option *option)
{
	for (; option->name; option++) {
		if (!option->words)
			continue;
		if (noun)
			printf("	\"%s %s --%s\") ", noun, verb ? verb : "", option->name);
		else if (option->letter)
			printf("	*\" --%s\"|*\" -%c\") ", option->name, option->letter);
		else
			printf("	*\" --%s\") ", option->name);
		print_words(option->words);
		puts(" ;;");
	}
}

/* --- Commands. --------------------------------------------------------------------- */

static bool is_first_of_noun(const struct hvic_command *command)
{
	for (const struct hvic_command *c = hvic_commands; c != command; c++) {
		if (!strcmp(c->noun, command->noun))
			return false;
	}
	return true;
}

static void print_nouns(void)
{
	printf("	\" \") printf '%%s\\n'");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (is_first_of_noun(c))
			printf(" %s", c->noun);
	}
	puts(" ;;");
}

static void print_verbs(const char *noun)
{
	printf("	\"%s \") printf '%%s\\n'", noun);
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (c->verb && !strcmp(c->noun, noun))
			printf(" %s", c->verb);
	}
	puts(" ;;");
}

static bool has_verbs(const char *noun)
{
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (c->verb && !strcmp(c->noun, noun))
			return true;
	}
	return false;
}

/* What may be said is not in the table, but files, or items of the driver. */
static const char *find_open(const struct hvic_param *param)
{
	if (!strcmp(param->name, "FILE"))
		return "echo '<file>'";
	if (!strcmp(param->name, "KEY"))
		return "_hvic_members key kvp";
	return strcmp(param->name, "NAME") ? NULL : "_hvic_members name health";
}

static void print_params(const struct hvic_command *command)
{
	const struct hvic_param *param = command->params;

	for (unsigned int at = 0; param[at].name; at++) {
		const char *open = param[at].words ? NULL : find_open(&param[at]);

		if (!param[at].words && !open)
			continue;
		printf("	\"%s %s %s", command->noun, command->verb ? command->verb : "",
		       param[at].times == HVIC_ANY ? "\"*) " : "");
		if (param[at].times != HVIC_ANY)
			printf("%u\") ", at);
		if (open)
			printf("%s", open);
		else
			print_words(param[at].words);
		puts(" ;;");
	}
}

static void print_options(const struct hvic_command *command)
{
	if (!command->options[0].name)
		return;
	printf("	\"%s %s\") printf '%%s\\n'", command->noun,
	       command->verb ? command->verb : "");
	for (const struct hvic_option *option = command->options; option->name; option++)
		printf(" --%s", option->name);
	puts(" ;;");
}

/* --- The function. ------------------------------------------------------------------- */

static void print_function(void)
{
	puts("# The values of a member in the JSON that hvic prints.\n"
	     "_hvic_members()\n"
	     "{\n"
	     "	hvic --json=short \"$2\" 2>/dev/null | grep -o \"\\\"$1\\\":\\\"[^\\\"]*\" | cut -d '\"' -f 4\n"
	     "}\n"
	     "\n"
	     "# What may follow the words that are given. One that ends in \"=\" waits for its value.\n"
	     "_hvic_words()\n"
	     "{\n"
	     "	local noun='' verb='' value='' at=0 word\n"
	     "\n"
	     "	for word in \"$@\"; do\n"
	     "		if [ \"$at\" = program ]; then\n"
	     "			echo '<file>'\n"
	     "			return\n"
	     "		fi\n"
	     "		if [ -n \"$value\" ]; then\n"
	     "			value=''\n"
	     "			continue\n"
	     "		fi\n"
	     "		case $word in\n"
	     "		--)\n"
	     "			case \"$noun $verb\" in");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (c->program)
			printf("			\"%s %s\") at=program ;;\n", c->noun,
			       c->verb ? c->verb : "");
	}
	puts("			*) return ;;\n"
	     "			esac\n"
	     "			continue ;;\n"
	     "		--*=) value=${word%=} ;;");
	printf("		");
	print_all_value_options();
	puts(") value=$word ;;\n"
	     "		-*) ;;\n"
	     "		*)\n"
	     "			if [ -z \"$noun\" ]; then\n"
	     "				noun=$word\n"
	     "				continue\n"
	     "			fi\n"
	     "			case \"$noun $word $verb$at\" in");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (c->verb)
			printf("			\"%s %s 0\") verb=$word ;;\n",
			       c->noun, c->verb);
	}
	puts("			*) at=$((at + 1)) ;;\n"
	     "			esac ;;\n"
	     "		esac\n"
	     "	done\n"
	     "\n"
	     "	if [ -n \"$value\" ]; then\n"
	     "		case \"$noun $verb $value\" in");
	print_values(NULL, NULL, hvic_global_options);
	for (const struct hvic_command *c = hvic_commands; c->noun; c++)
		print_values(c->noun, c->verb, c->options);
	puts("		esac\n"
	     "		return\n"
	     "	fi\n"
	     "	if [ \"$at\" = program ]; then\n"
	     "		echo '<command>'\n"
	     "		return\n"
	     "	fi\n"
	     "	[ $at != 0 ] || case \"$noun $verb\" in");
	print_nouns();
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		if (is_first_of_noun(c) && has_verbs(c->noun))
			print_verbs(c->noun);
	}
	puts("	esac\n"
	     "	case \"$noun $verb $at\" in");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++)
		print_params(c);
	puts("	esac\n"
	     "	case \"$noun $verb\" in");
	for (const struct hvic_command *c = hvic_commands; c->noun; c++)
		print_options(c);
	printf("	esac\n"
	       "	printf '%%s\\n'");
	for (const struct hvic_option *option = hvic_global_options; option->name; option++)
		printf(" --%s", option->name);
	puts("\n}\n");
}

static void print_bash(void)
{
	puts("# bash completion of hvic, generated from its table of commands\n");
	print_function();
	puts("_hvic()\n"
	     "{\n"
	     "	local at word words=(hvic) now=${COMP_WORDS[COMP_CWORD]}\n"
	     "\n"
	     "	# The shell takes \"--option=value\" for three words.\n"
	     "	for ((at = 1; at < COMP_CWORD; at++)); do\n"
	     "		word=${COMP_WORDS[at]}\n"
	     "		if [[ $word == = && ${words[-1]} == --* ]]; then\n"
	     "			words[-1]+==\n"
	     "		elif [[ ${words[-1]} == --*= && ${COMP_WORDS[at - 1]} == = ]]; then\n"
	     "			words[-1]+=$word\n"
	     "		else\n"
	     "			words+=(\"$word\")\n"
	     "		fi\n"
	     "	done\n"
	     "	if [[ $now == = && ${words[-1]} == --* ]]; then\n"
	     "		words[-1]+==\n"
	     "		now=\n"
	     "	fi\n"
	     "	COMPREPLY=()\n"
	     "	while IFS= read -r word; do\n"
	     "		case $word in\n"
	     "		'<file>') compopt -o filenames 2>/dev/null; at=f ;;\n"
	     "		'<command>') at=c ;;\n"
	     "		\"$now\"*) COMPREPLY+=(\"$(printf %q \"$word\")\"); continue ;;\n"
	     "		*) continue ;;\n"
	     "		esac\n"
	     "		while IFS= read -r word; do\n"
	     "			COMPREPLY+=(\"$word\")\n"
	     "		done < <(compgen \"-$at\" -- \"$now\")\n"
	     "	done < <(_hvic_words \"${words[@]:1}\")\n"
	     "}\n"
	     "\n"
	     "complete -o default -F _hvic hvic");
}

static void print_zsh(void)
{
	puts("#compdef hvic\n"
	     "# zsh completion of hvic, generated from its table of commands\n");
	print_function();
	puts("_hvic_given=(\"${(@)words[2,CURRENT-1]}\")\n"
	     "if [[ ${words[CURRENT]} == --*=* ]]; then\n"
	     "	_hvic_given+=(\"${words[CURRENT]%%=*}=\")\n"
	     "	compset -P '*='\n"
	     "fi\n"
	     "_hvic_offered=(\"${(@f)$(_hvic_words \"${(@)_hvic_given}\")}\")\n"
	     "[[ ${_hvic_offered[(I)<file>]} == 0 ]] || _files\n"
	     "[[ ${_hvic_offered[(I)<command>]} == 0 ]] || _command_names -e\n"
	     "compadd -- ${_hvic_offered:#<*>}");
}

int main(int argc, char *argv[])
{
	if (argc == 2 && !strcmp(argv[1], "bash"))
		print_bash();
	else if (argc == 2 && !strcmp(argv[1], "zsh"))
		print_zsh();
	else
		return fputs("Usage: generate bash|zsh\n", stderr), 2;
	return fflush(stdout) ? 1 : 0;
}
