/** Calls that are made when they are wanted, and sent. */
import { isQuorateError } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { Failure, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { ContractRefuses, SendPanel } from "../../sending/sendPanel.tsx";
import { t } from "../../strings/index.ts";
import type { Intent } from "./register.ts";

interface IntentPanelProps {
  readonly make: () => Promise<Intent>;
  /** What has to be ticked first, where something has. */
  readonly confirm?: string | undefined;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
  readonly onCancel: () => void;
}

export function IntentPanel({ make, confirm, onDone, onCancel }: IntentPanelProps): JSX.Element {
  const [intent, again] = useLoaded(make, []);
  if (intent.step === "failed") {
    const Said = isQuorateError(intent.error, "TRANSACTION_REVERTED") ? ContractRefuses : Failure;
    return <Said error={intent.error} onAgain={again} />;
  }
  if (intent.value === undefined) return <Waiting what={t.sending.trying} />;
  return <SendPanel topic="run" {...intent.value} confirm={confirm} onDone={onDone} onCancel={onCancel} />;
}
