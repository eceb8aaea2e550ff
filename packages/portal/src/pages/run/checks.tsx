/** The verdict on each part of what was pasted, the contract's own among them. */
import type { PossessionFile, QuorateClient } from "@quorate/client";
import { type Address, ERROR_CODES, type ErrorCode, isQuorateError, nobleScheme } from "@quorate/common";
import type { PortalFacts } from "@quorate/common/http";
import type { JSX } from "preact";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { type Check, type CheckName, checkPrinted } from "./check.ts";
import { askContract } from "./register.ts";

export interface Verdicts {
  readonly checks: readonly Check[];
  /** Null when the contract takes it. */
  readonly refusal: string | null;
  readonly allHold: boolean;
}

/** Undefined while something of it is being checked. */
export function useVerdicts(
  client: QuorateClient,
  facts: PortalFacts,
  file: PossessionFile | null,
  account: Address | null,
): { readonly verdicts: Verdicts | undefined; readonly error: unknown; readonly again: () => void } {
  const [state, again] = useLoaded(async () => {
    if (file === null) return undefined;
    // The page says that it checks before it does: two pairings take a moment.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const checks = checkPrinted(nobleScheme, file, facts, account);
    const refusal = await refusalOf(client, file);
    return { checks, refusal, allHold: refusal === null && checks.every(({ code }) => code === null) };
  }, [client, facts, file, account]);
  const isFailed = state.step === "failed";
  return { verdicts: isFailed ? undefined : state.value, error: isFailed ? state.error : null, again };
}

async function refusalOf(client: QuorateClient, file: PossessionFile): Promise<string | null> {
  try {
    await askContract(client, file);
    return null;
  } catch (error) {
    if (!isQuorateError(error, "TRANSACTION_REVERTED")) throw error;
    return String(error.values["meaning"] ?? error.values["error"]);
  }
}

interface ChecksProps {
  readonly file: PossessionFile;
  readonly verdicts: Verdicts;
}

export function ChecksView({ file, verdicts }: ChecksProps): JSX.Element {
  const { checks, refusal } = verdicts;
  return (
    <ul class="checks" aria-live="polite">
      {checks.map(({ name, code }) => (
        <CheckLine key={name} what={t.run.checks[name]} said={code === null ? null : saidOf(name, code, file)} />
      ))}
      <CheckLine what={t.run.chainCheck} said={refusal} />
    </ul>
  );
}

function CheckLine({ what, said }: { readonly what: string; readonly said: string | null }): JSX.Element {
  const isRight = said === null;
  return (
    <li class={isRight ? "holds" : "fails"}>
      <span aria-hidden="true">{isRight ? "✓" : "✗"}</span> {what}: {isRight ? t.run.holds : t.run.fails}
      {isRight ? null : <p>{said}</p>}
    </li>
  );
}

function saidOf(name: CheckName, code: ErrorCode, { chainId, rewards, operator }: PossessionFile): string {
  if (name === "deployment") return t.run.otherDeployment(`${rewards}, ${chainId}`);
  if (name === "operator") return t.run.otherOperator(operator);
  const { summary, remedy } = ERROR_CODES[code];
  return `${summary} ${remedy} (${code})`;
}
