/**
 * Writes vectors/*.json: digests, hash to G2, signatures. The same files hold this package, its independent
 * recomputation (src/vectors.test.ts) and the Solidity tests to one answer. Deterministic: running it again changes
 * nothing.
 *
 *   node scripts/generateVectors.ts
 */
import { writeFileSync } from "node:fs";
import { id, TypedDataEncoder } from "ethers";
import {
  CIPHERSUITE,
  digestOf,
  domainSeparator,
  fromHex,
  g1ToEip2537,
  g2ToEip2537,
  hashToG2,
  MESSAGE_TYPES,
  type MessageKind,
  type MessageOf,
  nobleScheme,
  parseAddress,
  provePossession,
  type SigningDomain,
  toHex,
} from "../src/index.ts";

/** 32 bytes that anyone can recompute: keccak256 of a label. */
const seed = (label: string): Uint8Array => fromHex(id(label));
/** The same, below the BLS group order, whose top byte is 0x73. */
const secret = (label: string): Uint8Array => seed(label).with(0, 0x0f);

const devnet: SigningDomain = {
  chainId: 31337n,
  verifyingContract: parseAddress("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
};
const mainnet: SigningDomain = {
  chainId: 42161n,
  verifyingContract: parseAddress("0xc2b9fc251ac068763ebdfdecc792e3352e351c00"),
};
const domains = [devnet, mainnet, { ...devnet, chainId: (1n << 64n) + 5n }];

const zeroAddress = parseAddress(`0x${"00".repeat(20)}`);
const alice = parseAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
const lastAddress = parseAddress(`0x${"ff".repeat(20)}`);
const blsKey = nobleScheme.publicKeyOf(secret("quorate/vector/bls/1"));
const identityKey = seed("quorate/vector/identity");

const messages: { [K in MessageKind]: readonly MessageOf[K][] } = {
  RewardClaim: [
    { recipient: alice, amount: 1_234_500_000_000n },
    { recipient: zeroAddress, amount: 1n },
    { recipient: lastAddress, amount: (1n << 128n) - 1n },
    { recipient: alice, amount: (1n << 256n) - 1n },
  ],
  EpochReport: [
    { epoch: 0, rewardsRoot: `0x${"00".repeat(32)}`, totalOwed: 0n, activate: [], decommission: [] },
    { epoch: 1, rewardsRoot: toHex(seed("root")), totalOwed: 99n, activate: [1], decommission: [] },
    { epoch: 1, rewardsRoot: toHex(seed("root")), totalOwed: 99n, activate: [], decommission: [1] },
    {
      epoch: Number.MAX_SAFE_INTEGER,
      rewardsRoot: `0x${"ff".repeat(32)}`,
      totalOwed: 240_000_000_000_000_000n,
      activate: [3, 5, 65_535],
      decommission: Array.from({ length: 64 }, (_, i) => 100 + i),
    },
  ],
  Contest: [{ epoch: 0 }, { epoch: 1 }, { epoch: Number.MAX_SAFE_INTEGER }],
  ProofOfPossession: [
    { blsKey, operator: alice, identityKey },
    { blsKey: new Uint8Array(96), operator: zeroAddress, identityKey: new Uint8Array(32) },
    { blsKey: blsKey.toReversed(), operator: lastAddress, identityKey: new Uint8Array(32).fill(255) },
  ],
  ClaimRequest: [
    { recipient: alice, epoch: 0, nodeId: 1 },
    { recipient: lastAddress, epoch: Number.MAX_SAFE_INTEGER, nodeId: 65_535 },
  ],
};

function digests() {
  const vectors = domains.flatMap((domain) =>
    (Object.keys(messages) as MessageKind[]).flatMap((kind) =>
      messages[kind].map((message) => ({
        domain: { chainId: String(domain.chainId), verifyingContract: domain.verifyingContract },
        kind,
        message: plain(message),
        domainSeparator: toHex(domainSeparator(domain)),
        digest: toHex(digestOf(domain, kind, message)),
      })),
    ),
  );
  const types = Object.fromEntries(
    (Object.keys(messages) as MessageKind[]).map((kind) => {
      const type = TypedDataEncoder.from({ [kind]: [...MESSAGE_TYPES[kind]] }).encodeType(kind);
      return [kind, { type, typeHash: id(type) }];
    }),
  );
  return { rule: "P-4, P-5", types, vectors };
}

function hashes() {
  const inputs = [
    new Uint8Array(32),
    new Uint8Array(32).fill(0xff),
    ...[1, 2, 3, 4].map((i) => seed(`quorate/hash/${i}`)),
  ];
  return {
    rule: "P-1, P-2",
    dst: CIPHERSUITE,
    vectors: inputs.map((digest) => {
      const point = hashToG2(digest);
      return { digest: toHex(digest), point: toHex(point), eip2537: toHex(g2ToEip2537(point)) };
    }),
  };
}

function signatures() {
  const digest = digestOf(devnet, "RewardClaim", { recipient: alice, amount: 1_234_500_000_000n });
  const secrets = Array.from({ length: 5 }, (_, i) => secret(`quorate/vector/bls/${i + 1}`));
  const single = secrets.map((secretKey) => signed(secretKey, digest));
  const publicKeys = secrets.map((secretKey) => nobleScheme.publicKeyOf(secretKey));
  const aggregate = [2, 5].map((count) => {
    const key = nobleScheme.aggregatePublicKeys(publicKeys.slice(0, count));
    const signature = nobleScheme.aggregateSignatures(
      secrets.slice(0, count).map((secretKey) => nobleScheme.sign(secretKey, digest)),
    );
    return {
      publicKeys: publicKeys.slice(0, count).map(toHex),
      digest: toHex(digest),
      aggregateKey: toHex(key),
      aggregateKeyEip2537: toHex(g1ToEip2537(key)),
      signature: toHex(signature),
      signatureEip2537: toHex(g2ToEip2537(signature)),
    };
  });
  return { rule: "P-1, P-2, P-8", single, aggregate, possession: possessions() };
}

function signed(secretKey: Uint8Array, digest: Uint8Array) {
  const publicKey = nobleScheme.publicKeyOf(secretKey);
  const signature = nobleScheme.sign(secretKey, digest);
  return {
    secretKey: toHex(secretKey),
    publicKey: toHex(publicKey),
    publicKeyEip2537: toHex(g1ToEip2537(publicKey)),
    digest: toHex(digest),
    signature: toHex(signature),
    signatureEip2537: toHex(g2ToEip2537(signature)),
  };
}

function possessions() {
  return [devnet, mainnet].map((domain, i) => {
    const blsSecret = secret(`quorate/vector/bls/${i + 1}`);
    const identitySecret = seed(`quorate/vector/identity/${i + 1}`);
    const proof = provePossession(nobleScheme, domain, { blsSecret, identitySecret, operator: alice });
    return {
      domain: { chainId: String(domain.chainId), verifyingContract: domain.verifyingContract },
      blsSecret: toHex(blsSecret),
      identitySecret: toHex(identitySecret),
      operator: alice,
      digest: toHex(
        digestOf(domain, "ProofOfPossession", {
          blsKey: proof.blsKey,
          operator: alice,
          identityKey: proof.identityKey,
        }),
      ),
      ...plain(proof),
    };
  });
}

/** JSON form: integers as decimal strings, bytes as hex (P-100). */
function plain(value: object): Record<string, unknown> {
  const one = (field: unknown): unknown => {
    if (field instanceof Uint8Array) return toHex(field);
    if (Array.isArray(field)) return field.map(one);
    return typeof field === "string" ? field : String(field);
  };
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, one(field)]));
}

const files = { digests: digests(), "hash-to-g2": hashes(), signatures: signatures() };
for (const [name, content] of Object.entries(files)) {
  writeFileSync(new URL(`../vectors/${name}.json`, import.meta.url), `${JSON.stringify(content, null, 2)}\n`);
}
