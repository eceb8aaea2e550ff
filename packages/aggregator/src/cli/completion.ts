/**
 * `quorate completion`: scripts by which a shell completes commands and flags. Enters: the program's own commands, so
 * that no script ever lags behind them. Leaves: a script on standard output. Values of flags are left to the shell,
 * which completes files.
 */
import { quorateError } from "@quorate/common";
import { Command } from "commander";

/** What can follow after some words. */
interface Place {
  /** `""`, `pool`, `pool open` */
  readonly words: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly { readonly name: string; readonly about: string }[];
}

const SHELLS: Readonly<Record<string, (places: readonly Place[]) => string>> = { bash, zsh, fish };

/** @param program Asked when the command runs: it is whole then. */
export function completionCommand(program: () => Command): Command {
  const shells = Object.keys(SHELLS);
  return new Command("completion")
    .summary("a script by which your shell completes commands and flags")
    .description(
      "Print a script that completes commands and flags of this version.\n" +
        "bash:  quorate completion bash > ~/.local/share/bash-completion/completions/quorate\n" +
        "zsh:   quorate completion zsh > a directory of $fpath, as _quorate\n" +
        "fish:  quorate completion fish > ~/.config/fish/completions/quorate.fish",
    )
    .argument("<shell>", shells.join(", "))
    .addHelpText("after", "\nExample:\n  source <(quorate completion bash)")
    .action((shell: string) => {
      const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (write === undefined) throw quorateError("FLAG_INVALID", { value: shell, allowed: shells.join(", ") });
      process.stdout.write(write(placesOf(program(), [])));
    });
}

function placesOf(command: Command, words: readonly string[]): Place[] {
  const flags = command.options
    .filter(({ hidden, long }) => !hidden && long != null)
    .map(({ long, description }) => ({ name: long as string, about: firstClause(description) }));
  const place = {
    words: words.join(" "),
    commands: command.commands.map((inner) => ({ name: inner.name(), about: firstClause(inner.summary()) })),
    flags: [...flags, { name: "--help", about: "what it does, with an example" }],
  };
  return [place, ...command.commands.flatMap((inner) => placesOf(inner, [...words, inner.name()]))];
}

/** Enough for a line of a menu, without what shells would take for their own. */
function firstClause(text: string): string {
  return (text.split(/[:;(]|, /)[0] as string).replace(/[`'"\\$[\]]/g, "").slice(0, 60);
}

const namesOf = ({ commands, flags }: Place): string => [...commands, ...flags].map(({ name }) => name).join(" ");

/** What a shell's `case` takes for the words of a command. */
const commandPattern = (places: readonly Place[]): string =>
  places
    .map(({ words }) => `"${words}"`)
    .filter((words) => words !== '""')
    .join("|");

/** For bash and zsh: puts into `at` those of the words that name a command. */
const findCommand = (words: string, places: readonly Place[]): string => `  for word in ${words}; do
    next="\${at:+$at }$word"
    case "$next" in
      ${commandPattern(places)}) at="$next" ;;
    esac
  done`;

const bashReply = (place: Place): string => `COMPREPLY=($(compgen -W "${namesOf(place)}" -- "$current"))`;

const zshItems = ({ commands, flags }: Place): string =>
  `items=(${[...commands, ...flags].map(({ name, about }) => `'${name}:${about}'`).join(" ")})`;

function bash(places: readonly Place[]): string {
  return `# quorate for bash
_quorate() {
  local current=\${COMP_WORDS[COMP_CWORD]} at="" next word
${findCommand(`"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`, places)}
  case "$at" in
${places.map((place) => `    "${place.words}") ${bashReply(place)} ;;`).join("\n")}
  esac
}
complete -o default -F _quorate quorate
`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef quorate
_quorate() {
  local at="" next word
  local -a items
${findCommand(`\${words[2,CURRENT-1]}`, places)}
  case "$at" in
${places.map((place) => `    "${place.words}") ${zshItems(place)} ;;`).join("\n")}
  esac
  _describe quorate items || _files
}
if [ "$funcstack[1]" = "_quorate" ]; then _quorate "$@"; else compdef _quorate quorate; fi
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ words, commands, flags }) => [
    ...commands.map(
      ({ name, about }) => `complete -c quorate -n '__quorate_at "${words}"' -f -a ${name} -d '${about}'`,
    ),
    ...flags.map(
      ({ name, about }) => `complete -c quorate -n '__quorate_at "${words}"' -l ${name.slice(2)} -d '${about}'`,
    ),
  ]);
  const known = places.map(({ words }) => `"${words}"`).filter((words) => words !== '""');
  return `# quorate for fish
function __quorate_at
  set -l at ""
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$at $word")
    if contains -- "$next" ${known.join(" ")}
      set at $next
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}
