/**
 * Inputs that are almost right: where random ones end at the first check, these reach the later ones. In: arbitraries
 * of valid values. Out: arbitraries (fast-check) of bytes, JSON values and texts with a few things wrong.
 */
import fc from "fast-check";

type Mutation =
  | { readonly kind: "set" | "insert"; readonly at: number; readonly byte: number }
  | { readonly kind: "cut" | "remove" | "repeat"; readonly at: number; readonly length: number };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("set" as const, "insert" as const),
    at: fc.nat(),
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
  }),
  fc.record({
    kind: fc.constantFrom("cut" as const, "remove" as const, "repeat" as const),
    at: fc.nat(),
    length: fc.nat(40),
  }),
);

/** Valid bytes with up to three changes; none is one of the cases. */
export function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(valid, fc.array(mutation, { maxLength: 3 })).map(([bytes, changes]) => changes.reduce(change, bytes));
}

function change(bytes: Uint8Array, to: Mutation): Uint8Array {
  const at = bytes.length === 0 ? 0 : to.at % bytes.length;
  const before = bytes.subarray(0, at);
  switch (to.kind) {
    case "set":
      return Uint8Array.of(...before, to.byte, ...bytes.subarray(at + 1));
    case "insert":
      return Uint8Array.of(...before, to.byte, ...bytes.subarray(at));
    case "cut":
      return before;
    case "remove":
      return Uint8Array.of(...before, ...bytes.subarray(at + to.length));
    case "repeat":
      return Uint8Array.of(...before, ...bytes.subarray(at, at + to.length), ...bytes.subarray(at));
  }
}

/** Random bytes, and valid ones with changes: two of three are the latter. */
export function hostileBytes(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { arbitrary: fc.uint8Array({ maxLength: 400 }), weight: 1 },
    { arbitrary: mutated(valid), weight: 2 },
  );
}

/** What does not belong where it is put. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 1.5, 2 ** 53, "", "0", "-1", "0x", "1e3", "9".repeat(200), [], {}, "__proto__"),
  fc.jsonValue({ maxDepth: 1 }),
);

type JsonChange = { readonly at: number; readonly how: "replace" | "drop" | "add"; readonly value: unknown };

const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "replace", "drop", "add"),
  value: oddValue,
});

/** A JSON value with up to two of its parts replaced, dropped or joined by another; or any JSON at all. */
export function hostileJson(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const changed = fc
    .tuple(valid, fc.array(jsonChange, { maxLength: 2 }))
    .map(([value, changes]) => changes.reduce(changeJson, structuredClone(value)));
  return fc.oneof({ arbitrary: fc.jsonValue(), weight: 1 }, { arbitrary: changed, weight: 3 });
}

interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

function changeJson(root: unknown, { at, how, value }: JsonChange): unknown {
  const places = placesIn(root);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return value;
  const { parent, key } = place;
  if (how === "replace") parent[key] = value;
  else if (how === "add")
    Object.defineProperty(parent, `${key}x`, { value, enumerable: true, configurable: true, writable: true });
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return root;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])]);
}

/** The value as text, sometimes with a few characters wrong; or any text. */
export function hostileText(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const asText = hostileJson(value).map((json) => JSON.stringify(json));
  const broken = mutated(asText.map((text) => new TextEncoder().encode(text))).map((bytes) =>
    new TextDecoder().decode(bytes),
  );
  return fc.oneof(fc.string({ maxLength: 100 }), asText, broken);
}
