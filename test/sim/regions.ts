/**
 * Latencies between real places. Round trips in milliseconds between ten regions of a public cloud, as its provider
 * publishes them: IBM Cloud VPC, "Network latency", averages of 27 July to 25 August 2024
 * (github.com/ibm-cloud-docs/vpc, _include-segments/network-latency.md).
 */
import type { NodeId } from "@quorate/common";
import type { Random } from "./random.ts";

/** Where nodes stand, in 1/100 of them: most of a network's operators rent in Europe and North America. */
const REGIONS = [
  { name: "Dallas", part: 10 },
  { name: "Toronto", part: 8 },
  { name: "Washington DC", part: 18 },
  { name: "Frankfurt", part: 24 },
  { name: "London", part: 10 },
  { name: "Madrid", part: 6 },
  { name: "Osaka", part: 4 },
  { name: "Sydney", part: 6 },
  { name: "Tokyo", part: 8 },
  { name: "Sao Paulo", part: 6 },
] as const;

/** Below the diagonal; both ways are taken to be alike, the published ones differ by up to 5 ms. */
const ROUND_TRIPS_MS: readonly (readonly number[])[] = [
  [],
  [34],
  [31, 19],
  [123, 93, 91],
  [113, 83, 75, 13],
  [122, 106, 88, 29, 27],
  [150, 169, 172, 231, 243, 257],
  [186, 214, 214, 249, 261, 275, 122],
  [143, 162, 166, 233, 244, 256, 9, 115],
  [144, 128, 119, 196, 187, 208, 291, 328, 283],
];

/** Between data centres of one region. */
const SAME_REGION_MS = 2;

/** From a server to its data centre's exchange and back; and the part of a way by which a message may be later. */
const ACCESS_MS = 2;
const JITTER = 0.2;

/** The longest way that a message takes, in milliseconds. */
export const LONGEST_WAY_MS = 200;

/**
 * The region of a node: spread by a hash of its id, so that every subnet has nodes everywhere; the same in every run.
 */
export function regionOf(id: NodeId): number {
  let place = (Math.imul(id, 0x9e3779b1) >>> 0) % 100;
  for (const [region, { part }] of REGIONS.entries()) {
    if (place < part) return region;
    place -= part;
  }
  return 0;
}

/** Milliseconds of one way, with jitter. */
export function wayMs(from: NodeId, to: NodeId, random: Random): number {
  const [a, b] = [regionOf(from), regionOf(to)];
  const roundTripMs = a === b ? SAME_REGION_MS : (ROUND_TRIPS_MS[Math.max(a, b)]?.[Math.min(a, b)] as number);
  return ((roundTripMs + ACCESS_MS) / 2) * random.between(1, 1 + JITTER);
}
