/** The one process of a command: its end, its pipes, and the transactions that are under way. */
import process from "node:process";
import { CommandLine } from "@quorate/common/command-line";

export const commandLine: CommandLine = new CommandLine(process);
