/**
 * The agents as they answer: each is shown when it has, so that one that is gone keeps nobody waiting. Enters: a panel.
 * Leaves: who was heard, who is still asked, and a way to ask anew.
 */
import type { PortalFacts } from "@quorate/common/http";
import { useEffect, useState } from "preact/hooks";
import type { Panel } from "../../truth/panel.ts";
import { type AgentHeard, hearAgents } from "./agents.ts";

export interface Agents {
  readonly heard: readonly AgentHeard[];
  /** Null before it is known who there is. */
  readonly asked: number | null;
  readonly isDone: boolean;
  readonly error: unknown;
}

const NOBODY: Agents = { heard: [], asked: null, isDone: false, error: null };

export function useAgents(panel: Panel, facts: PortalFacts): readonly [Agents, () => void] {
  const [state, setState] = useState<Agents>(NOBODY);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const tell = (next: Agents) => signal.aborted || setState(next);
    let asked: number | null = null;
    panel
      .agents()
      .then((agents) => {
        asked = agents.length;
        // While they are asked again, the last answers stay.
        const onHeard = (heard: readonly AgentHeard[]) =>
          turn === 0 && tell({ heard, asked, isDone: false, error: null });
        onHeard([]);
        return hearAgents(agents, facts, signal, onHeard);
      })
      .then(
        (heard) => tell({ heard, asked, isDone: true, error: null }),
        (error: unknown) => tell({ ...NOBODY, isDone: true, error }),
      );
    return () => controller.abort();
  }, [panel, facts, turn]);
  return [state, () => setTurn((last) => last + 1)];
}
