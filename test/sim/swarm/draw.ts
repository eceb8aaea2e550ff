/**
 * What run `i` of a series is: random seed, size and strength of faults, the same on every machine.
 */
import { DEFAULT_FAULTS, type FaultOptions, type SimOptions } from "../options.ts";
import { Random } from "../random.ts";

/**
 * Most often some faults, sometimes one alone, sometimes too many for a quorum; sometimes subnets, however few nodes.
 */
export function drawOptions(series: number, i: number, nodesMax: number): SimOptions {
  const random = new Random(`swarm ${series} ${i}`);
  const scale = random.pick([0, 0.5, 1, 1, 2, 4]);
  const only = random.chance(0.25) ? random.pick(Object.keys(DEFAULT_FAULTS)) : null;
  const faults = Object.fromEntries(
    Object.entries(DEFAULT_FAULTS).map(([name, value]) => {
      if (typeof value !== "number") return [name, value];
      const drawn = only === null || only === name ? Math.min(0.3, value * scale * random.between(0, 2)) : 0;
      return [name, Number(drawn.toFixed(3))];
    }),
  );
  const latencyMs = random.pick([
    { min: 1, max: 5 },
    { min: 50, max: 150 },
    { min: 10, max: 400 },
  ]);
  return {
    seed: random.below(2 ** 31),
    // From 20 on one of equal nodes may be missing; below, every silent one costs the quorum.
    nodes: random.chance(0.2)
      ? 4 + random.below(16)
      : Math.min(nodesMax, 20) + random.below(Math.max(1, nodesMax - 19)),
    claims: 1 + random.below(6),
    faults: { ...(faults as unknown as FaultOptions), latencyMs },
    floodMax: random.pick(FLOOD_MAXIMA),
  };
}

/** As in production, and so small that a few nodes have subnets. */
const FLOOD_MAXIMA = [128, 8];
