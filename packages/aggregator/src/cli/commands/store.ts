/** `quorate store`: copies of an agent's memory that cannot be mistaken for anything else. */
import { Command } from "commander";
import { backUpStore, type Copied, restoreStore, summariseStore } from "../../adapters/sqlite/storeCopies.ts";
import { SUBMISSIONS_VERSION, submissionsPath } from "../../adapters/submitter/store.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { readConfig } from "./run.ts";

interface StoreOptions {
  readonly config?: string;
  readonly path?: string;
  readonly json?: true;
}

const SUBMISSIONS = { version: SUBMISSIONS_VERSION, pathOf: submissionsPath };

export function storeCommand(): Command {
  const store = new Command("store")
    .summary("back up, restore and look at an agent's store")
    .description(
      "Copy an agent's store while it runs, put a copy back so that nothing is signed twice, or look at it.",
    );
  const backup = store
    .command("backup")
    .summary("copy the store, also while the agent runs")
    .description(
      "Copy the store, and the signed transactions beside it, to files that are not there yet.\n" +
        "The agent may run meanwhile. Nobody runs on the copy itself: `quorate store restore` puts it in place.",
    )
    .requiredOption("--to <file>", "where the copy goes")
    .addHelpText("after", "\nExample:\n  quorate store backup --config agent.yaml --to backup.sqlite");
  addStoreOptions(backup).action(async (options: StoreOptions & { readonly to: string }) => {
    told(await backUpStore(pathOf(options), options.to, SUBMISSIONS), options);
  });
  const restore = store
    .command("restore")
    .summary("put a copy in place")
    .description(
      "Put a copy in place of a store that is not there any more. The agent that starts on it signs nothing of " +
        "epochs\n" +
        "that have ended by then, because it may have signed them already (P-108).",
    )
    .requiredOption("--from <file>", "the copy: of `quorate store backup`, or of a stopped or killed agent")
    .addHelpText("after", "\nExample:\n  quorate store restore --config agent.yaml --from backup.sqlite");
  addStoreOptions(restore).action(async (options: StoreOptions & { readonly from: string }) => {
    const copied = await restoreStore(options.from, pathOf(options), SUBMISSIONS);
    if (!copied.whole)
      printProgress("the copy may be incomplete: its ledger is left out, and read from the chain anew");
    told(copied, options);
  });
  const info = store
    .command("info")
    .summary("what a store or a copy of one holds")
    .description(
      "Show what a store or a copy of one holds: its deployment, how far it has read, what was signed. It changes " +
        "nothing.",
    )
    .addHelpText("after", "\nExample:\n  quorate store info --path backup.sqlite");
  addStoreOptions(info).action((options: StoreOptions) => inform(pathOf(options), options));
  return store;
}

function addStoreOptions(command: Command): Command {
  return command
    .exitOverride()
    .option("--config <file>", "the agent's YAML file", process.env["QUORATE_CONFIG"])
    .option("--path <file>", "the store itself, in place of the file's store.path")
    .option("--json", "one JSON object");
}

function pathOf({ path, config }: StoreOptions): string {
  return path ?? readConfig({ config }).store.path;
}

function told({ files, whole }: Copied, { json }: StoreOptions): void {
  if (json) return printJson({ files, whole });
  printFields({ files: files.join(", "), whole: whole ? "yes" : "no" });
}

function inform(path: string, { json }: StoreOptions): void {
  const { fromCopyUntil, ...found } = summariseStore(path);
  if (json) return printJson({ path, ...found, fromCopy: fromCopyUntil !== undefined, fromCopyUntil });
  const copy = fromCopyUntil === undefined ? "no" : `yes, signs what ends after ${timeText(fromCopyUntil)}`;
  printFields({
    path,
    state: found.state,
    deployment: found.deployment,
    block: found.block,
    "open epoch": found.openEpoch,
    signings: found.signings,
    "last epoch signed": found.lastSignedEpoch,
    bundles: found.bundles,
    "from a copy": copy,
  });
}

function timeText(seconds: number | null): string {
  return seconds === null ? "the chain is read next" : new Date(seconds * 1_000).toISOString();
}
