/** `quorate relay`: one chain provider for many agents, until it is told to stop (ADR 16). */
import { quorateError } from "@quorate/common";
import { Command } from "commander";
import { pino } from "pino";
import { createRelay } from "../../adapters/relay/relay.ts";
import { openUpstream } from "../../adapters/relay/upstream.ts";
import { untilTold } from "../untilTold.ts";

interface RelayFlags {
  readonly provider: readonly string[];
  readonly listen: string;
  readonly freshMs: string;
  readonly timeoutMs: string;
}

export function relayCommand(): Command {
  return new Command("relay")
    .summary("let many agents share one chain provider")
    .description(
      "Pass on what agents ask of a chain provider, once for all of them: equal questions are asked once, and " +
        "answers are kept\n" +
        "for about a poll, those about finalised blocks for some minutes. It reads only. One relay has one " +
        "provider, because two\n" +
        "relays are to be two opinions: an agent lists several of them as its chain.providers, and signs only while " +
        "they agree.",
    )
    .addHelpText("after", "\nExample:\n  quorate relay --provider https://one.example/KEY --listen 10.0.0.5:8549")
    .requiredOption("--provider <url>", "JSON-RPC URL of an Ethereum node", collect)
    .option("--listen <host:port>", "where agents ask it; port 0 takes a free one", "127.0.0.1:8549")
    .option("--fresh-ms <ms>", "for how long an answer about now is kept: about an agent's poll", "5000")
    .option("--timeout-ms <ms>", "until a whole answer of the provider counts as failed", "10000")
    .action((flags: RelayFlags) => relay(flags));
}

async function relay(flags: RelayFlags): Promise<void> {
  const { host, port } = listenAddress(flags.listen);
  const freshMs = milliseconds("--fresh-ms", flags.freshMs, 0, 600_000);
  const upstream = openUpstream(
    providerUrl(flags.provider),
    milliseconds("--timeout-ms", flags.timeoutMs, 100, 120_000),
  );
  const logger = pino({ level: "info" }, pino.destination({ dest: 2, sync: true }));
  const server = createRelay({ host, port, freshMs }, { upstream, logger });
  let url: string;
  try {
    url = await server.start();
  } catch (error) {
    upstream.close();
    throw error;
  }
  untilTold((why) => {
    logger.info({ why }, "RELAY_STOPPING");
    upstream.close();
    void server.stop().finally(() => process.exit());
  });
  logger.info({ url, provider: upstream.host }, "RELAY_LISTENING");
  process.send?.({ type: "ready", url });
}

function collect(url: string, before: readonly string[] = []): readonly string[] {
  return [...before, url];
}

function providerUrl(given: readonly string[]): string {
  const [url, ...others] = given;
  if (url === undefined || others.length > 0) {
    const problem =
      "one relay has one provider, so that two relays are two opinions: run another relay for another provider";
    throw quorateError("FLAG_INVALID", { flag: "--provider", given: given.length, problem });
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw quorateError("FLAG_INVALID", {
      flag: "--provider",
      problem: "not a URL that begins with http:// or https://",
    });
  }
  return url;
}

function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, name, address, digits] = /^(?:([^:[\]]+)|\[([0-9a-fA-F:]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [name ?? address, Number(digits)];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw quorateError("FLAG_INVALID", { flag: "--listen", value: text, allowed: "HOST:PORT, such as 127.0.0.1:8549" });
}

function milliseconds(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw quorateError("FLAG_INVALID", { flag, value: text, allowed: `${min} to ${max}` });
}
