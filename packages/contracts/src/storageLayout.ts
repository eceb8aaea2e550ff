// Storage layouts and whether one may follow another (P-49). In: the sources, through the compiler. Out: every stored
// field with its slot, offset and type. Needs only the compiler's analysis, no code generation, so it takes a second or
// two.
//
// OpenZeppelin's upgrade checks look for namespaced structs in contracts only; ours is in a library, shared by all
// linked pieces of code, and would be passed over. A probe contract that has the structs as variables shows them to the
// compiler.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { quorateError } from "@quorate/common";
import { packageDir } from "./artifacts.ts";
import { compileProbeWithTrees } from "./compile.ts";

/**
 * For each namespace its fields, each as "path slot offset type"; for each contract its own fields, of which there are
 * none.
 */
export type StorageLayout = Readonly<Record<string, readonly string[]>>;

/** The structs that live in our proxies, by the namespace of ERC-7201: ours and OpenZeppelin's. */
const NAMESPACES: Readonly<Record<string, { readonly source: string; readonly struct: string }>> = {
  "quorate.storage.ServiceNodeRewards": {
    source: "contracts/libraries/RewardsStorage.sol",
    struct: "RewardsStorage.Layout",
  },
  "quorate.storage.RewardRatePool": { source: "contracts/RewardRatePool.sol", struct: "RewardRatePool.Layout" },
  "openzeppelin.storage.Initializable": {
    source: "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol",
    struct: "Initializable.InitializableStorage",
  },
  "openzeppelin.storage.Ownable": {
    source: "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol",
    struct: "OwnableUpgradeable.OwnableStorage",
  },
  "openzeppelin.storage.Ownable2Step": {
    source: "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol",
    struct: "Ownable2StepUpgradeable.Ownable2StepStorage",
  },
  "openzeppelin.storage.EIP712": {
    source: "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol",
    struct: "EIP712Upgradeable.EIP712Storage",
  },
};
/** What stands behind a proxy: storage outside of the namespaces would collide on an upgrade. */
const IMPLEMENTATIONS: Readonly<Record<string, string>> = {
  ServiceNodeRewards: "contracts/ServiceNodeRewards.sol",
  RewardRatePool: "contracts/RewardRatePool.sol",
};

interface Variable {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}
interface TypeEntry {
  readonly label: string;
  readonly numberOfBytes: string;
  readonly members?: readonly Variable[];
  readonly key?: string;
  readonly value?: string;
  readonly base?: string;
}
interface CompilerLayout {
  readonly storage: readonly Variable[];
  readonly types: Readonly<Record<string, TypeEntry>> | null;
}
interface Named {
  readonly name: string;
}
type Compiled = Readonly<Record<string, Readonly<Record<string, { readonly storageLayout: CompilerLayout }>>>>;

/** Keeps the layout of the sources with their fingerprint: the compiler takes five seconds for it. */
const keptFile = join(packageDir, "cache", "storage-layout.json");

/**
 * The layout that the sources give.
 * @throws CONTRACTS_BUILD_FAILED
 */
export function currentStorageLayout(): StorageLayout {
  const fingerprint = sourcesFingerprint();
  const kept = readKept();
  if (kept?.fingerprint === fingerprint) return kept.layout;
  const layout = compiledStorageLayout();
  // An installed package is not written to.
  if (existsSync(dirname(keptFile))) {
    const made = `${keptFile}.${process.pid}`;
    writeFileSync(made, JSON.stringify({ fingerprint, layout }));
    renameSync(made, keptFile);
  }
  return layout;
}

/** Of all that the layout follows from: our sources, the versions of compiler and libraries, how it is asked for. */
function sourcesFingerprint(): string {
  const paths = globSync(["contracts/**/*.sol", "package.json", "src/{storageLayout,compile}.ts"], {
    cwd: packageDir,
  }).sort();
  const hash = createHash("sha256");
  for (const path of paths)
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(packageDir, path)))
      .update("\0");
  return hash.digest("hex");
}

function readKept(): { readonly fingerprint: string; readonly layout: StorageLayout } | null {
  return existsSync(keptFile) ? JSON.parse(readFileSync(keptFile, "utf8")) : null;
}

function compiledStorageLayout(): StorageLayout {
  const names = Object.entries(NAMESPACES);
  const probes = names.map(([, { struct }], i) => `contract Probe${i} { ${struct} layout; }`);
  const imports = [...new Set(names.map(([, { source }]) => source)), ...Object.values(IMPLEMENTATIONS)];
  const probe = ["pragma solidity 0.8.37;", ...imports.map((path) => `import "${path}";`), ...probes].join("\n");
  const { contracts, sources } = compileProbeWithTrees<Compiled>(probe, ["storageLayout"]);
  const enums = new Map<string, string>();
  collectEnums(sources, enums);
  const layout: Record<string, string[]> = {};
  for (const [i, [name]] of names.entries()) {
    const { storage, types: plain } = layoutOf(contracts, "probe.sol", `Probe${i}`);
    const types = withMembers(plain, enums);
    const top = storage[0] as Variable;
    layout[name] = fieldsOf(types[top.type]?.members ?? [], types, "");
  }
  for (const [name, source] of Object.entries(IMPLEMENTATIONS)) {
    const { storage } = layoutOf(contracts, source, name);
    layout[name] = storage.map(({ label, slot, offset, type }) => `${label} ${slot} ${offset} ${type}`);
  }
  return layout;
}

/**
 * What of `before` is not where it was in `after`; empty when an upgrade is safe. Appended fields are no problem, at
 * the end of a namespace or of a struct in a mapping, nor are members appended to an enum.
 */
export function layoutProblems(before: StorageLayout, after: StorageLayout): string[] {
  const problems: string[] = [];
  for (const [name, fields] of Object.entries(before)) {
    const now = after[name];
    if (now === undefined) {
      problems.push(`${name}: gone`);
      continue;
    }
    for (const field of fields) {
      if (!now.some((other) => other === field || isGrownEnum(field, other))) problems.push(`${name}: ${field}`);
    }
  }
  return problems;
}

/** Whether two fields differ only by members that the enum of the second has more, behind those of the first. */
function isGrownEnum(before: string, after: string): boolean {
  const [head, tail] = before.split("}");
  return tail !== undefined && after.startsWith(`${head},`) && after.endsWith(`}${tail}`);
}

/** Finds the enums in the compiler's syntax trees: their members, by the key of their type in a layout. */
function collectEnums(tree: unknown, into: Map<string, string>): void {
  if (typeof tree !== "object" || tree === null) return;
  const { nodeType, name, id, members } = tree as { nodeType?: string; name?: string; id?: number; members?: Named[] };
  if (nodeType === "EnumDefinition") {
    into.set(`t_enum(${name})${id}`, `{${members?.map((member) => member.name).join(",")}}`);
    return;
  }
  for (const part of Object.values(tree)) collectEnums(part, into);
}

/** The types, with the members of each enum in its label: what is stored is only a member's place among them. */
function withMembers(
  types: CompilerLayout["types"],
  enums: ReadonlyMap<string, string>,
): Readonly<Record<string, TypeEntry>> {
  const entries = Object.entries(types ?? {});
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, { ...entry, label: `${entry.label}${enums.get(key) ?? ""}` }]),
  );
}

function layoutOf(contracts: Compiled, source: string, name: string): CompilerLayout {
  const contract = contracts[source]?.[name];
  if (contract === undefined) {
    throw quorateError("CONTRACTS_BUILD_FAILED", { status: 0, report: `${source} has no ${name}` });
  }
  return contract.storageLayout;
}

/**
 * The fields of a struct and, below their path, those of the structs it holds. `[]` is a value of a mapping or array.
 */
function fieldsOf(members: readonly Variable[], types: Readonly<Record<string, TypeEntry>>, path: string): string[] {
  return members.flatMap(({ label, slot, offset, type }) => {
    const at = path === "" ? label : `${path}.${label}`;
    return [`${at} ${slot} ${offset} ${nameOf(type, types)}`, ...innerFields(type, types, at)];
  });
}

function innerFields(type: string, types: Readonly<Record<string, TypeEntry>>, path: string): string[] {
  const entry = types[type];
  if (entry?.members !== undefined) return fieldsOf(entry.members, types, path);
  if (entry?.value !== undefined) return innerFields(entry.value, types, `${path}[]`);
  if (entry?.base !== undefined) return innerFields(entry.base, types, `${path}[]`);
  return [];
}

/** A type's name with its size: a struct that grows inside of another, or in an array, moves what follows. */
function nameOf(type: string, types: Readonly<Record<string, TypeEntry>>): string {
  const entry = types[type] as TypeEntry;
  const inner = entry.value ?? entry.base;
  // A name may hold blanks, which separate the parts of a line.
  const label = entry.label.replaceAll(" ", "");
  const size = entry.value === undefined ? `:${entry.numberOfBytes}` : "";
  return inner !== undefined && entry.base !== undefined
    ? `${label}${size}(${nameOf(inner, types)})`
    : `${label}${size}`;
}

/** The page docs/contracts/storage.md: every stored field, by namespace. */
export function renderStoragePage(layout: StorageLayout): string {
  const tables = Object.entries(layout).map(([name, fields]) => {
    if (fields.length === 0) return `## ${name}\n\nNothing outside of the namespaces.\n`;
    const rows = fields.map((field) => {
      const [path, slot, offset, type] = field.split(" ");
      return `| \`${path}\` | ${slot} | ${offset} | \`${type}\` |`;
    });
    return `## ${name}\n\n| field | slot | offset | type:bytes |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `${STORAGE_PAGE_HEAD}\n${tables.join("\n")}`;
}

const STORAGE_PAGE_HEAD = `# Storage

<!-- Generated by \`npx -y pnpm@12 --filter @quorate/contracts generate:storage\`; a test fails when it is stale. -->

Everything behind the two proxies is in ERC-7201 namespaces: the slots below count from
\`keccak256(abi.encode(uint256(keccak256(name)) - 1)) & ~0xff\`.
A field of a struct in a mapping or an array is named \`parent[].field\`.
Its slot counts from the start of the value.
What never changes about a node is not in storage but in code: see [KeyStore](KeyStore.md) and \`NodeData\`.

An upgrade leaves every field at its slot, offset and type.
It appends new ones at the end of a namespace or of a struct in a mapping.
Members of an enum keep their order, new ones are last (P-49).
The compiler's layout is committed in \`packages/contracts/storage-layout.json\`.
A test compares it with the sources, and \`upgrade\` compares the record of what is deployed with them.
`;
