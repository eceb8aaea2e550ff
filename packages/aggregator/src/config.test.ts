import { describe, expect, it } from "vitest";
import { type ConfigSources, configFlags, parseConfig, renderConfigTable } from "./config.ts";

const YAML = `
chain:
  providers: [http://127.0.0.1:8545]
  chainId: 31337
  rewards: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
  pool: "0x1111111111111111111111111111111111111111"
keys: { directory: ./keys, passwordFile: ./password }
store: { path: ./agent.sqlite }
`;

const sources = (over: Partial<ConfigSources> & { text?: string } = {}): ConfigSources => ({
  file: { path: "agent.yaml", text: over.text ?? YAML },
  env: over.env ?? {},
  flags: over.flags ?? {},
});

const faultsOf = (over: Parameters<typeof sources>[0]): string => {
  try {
    parseConfig(sources(over));
    return "";
  } catch (error) {
    return String(error);
  }
};

describe("configuration", () => {
  it("takes a short file and fills in documented defaults", () => {
    const config = parseConfig(sources());
    expect(config.chain).toMatchObject({
      chainId: 31_337,
      pollMs: 5_000,
      rewards: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    });
    expect(config.http).toEqual({
      host: "127.0.0.1",
      port: 8_900,
      healthHost: "127.0.0.1",
      healthPort: undefined,
      allowedHosts: [],
      trustedProxies: [],
    });
  });

  it("flags win over the environment, the environment over the file", () => {
    const text = `${YAML}http: { port: 1 }\n`;
    expect(parseConfig(sources({ text })).http.port).toBe(1);
    expect(parseConfig(sources({ text, env: { QUORATE_HTTP_PORT: "2" } })).http.port).toBe(2);
    expect(parseConfig(sources({ text, env: { QUORATE_HTTP_PORT: "2" }, flags: { "http-port": "3" } })).http.port).toBe(
      3,
    );
  });

  it("lists come as commas outside of the file", () => {
    const env = { QUORATE_CHAIN_PROVIDERS: "http://a:1,http://b:2" };
    expect(parseConfig(sources({ env })).chain.providers).toEqual(["http://a:1", "http://b:2"]);
  });

  it("error: CONFIG_INVALID names every field at fault and where its value came from", () => {
    const faults = faultsOf({
      text: `${YAML}http: { port: 70000 }\nclaims: { deadline: 5 }\n`,
      env: { QUORATE_CHAIN_CHAIN_ID: "zero" },
    });
    expect(faults).toMatch(/CONFIG_INVALID/);
    expect(faults).toMatch(/http\.port \(agent\.yaml\)/);
    expect(faults).toMatch(/claims\.deadline \(agent\.yaml\): no such field/);
    expect(faults).toMatch(/chain\.chainId \(QUORATE_CHAIN_CHAIN_ID\)/);
  });

  it.each(["", " ", "1e3", "0x10", "-1", "1.5", "true"])("error: the text %j is no number", (value) => {
    expect(faultsOf({ env: { QUORATE_HTTP_PORT: value } })).toContain("http.port (QUORATE_HTTP_PORT)");
  });

  it.each(["null", "true", "[1]", "1.5"])("error: the YAML value %s is no number", (value) => {
    expect(faultsOf({ text: `${YAML}http: { port: ${value} }\n` })).toContain("http.port (agent.yaml)");
  });

  it("takes a health port, none, and whom to trust; nothing that is no port, name or network", () => {
    const http = (fields: string) => parseConfig(sources({ text: `${YAML}http: { ${fields} }\n` })).http;
    expect(http("healthPort: 9100").healthPort).toBe(9_100);
    for (const none of ["off", "false"]) expect(http(`healthPort: ${none}`).healthPort).toBe("off");
    const env = { QUORATE_HTTP_TRUSTED_PROXIES: "10.0.0.0/8,::1", QUORATE_HTTP_HEALTH_PORT: "off" };
    expect(parseConfig(sources({ env })).http).toMatchObject({
      trustedProxies: ["10.0.0.0/8", "::1"],
      healthPort: "off",
    });
    expect(http("allowedHosts: [agent.example, '*']").allowedHosts).toEqual(["agent.example", "*"]);
    const faults = (fields: string): string => faultsOf({ text: `${YAML}http: { ${fields} }\n` });
    for (const port of ["true", "70000", "no", "''"])
      expect(faults(`healthPort: ${port}`)).toContain("http.healthPort");
    for (const bad of ["proxy.example", "10.0.0.0/33", "::1/129", "10.0.0.0/", "1.2.3.4/8/8", "10.0.0"])
      expect(faults(`trustedProxies: ["${bad}"]`)).toContain("http.trustedProxies");
    for (const bad of ["agent.example:443", "https://agent.example", "a b", ""])
      expect(faults(`allowedHosts: ["${bad}"]`)).toContain("http.allowedHosts");
  });

  it("error: a mistyped address", () => {
    const text = YAML.replace("BeAed", "BeAeD");
    expect(faultsOf({ text })).toContain("chain.rewards (agent.yaml): ADDRESS_BAD_CHECKSUM");
  });

  it("error: what is required and not there", () => {
    expect(faultsOf({ text: "" })).toMatch(/chain\.providers \(agent\.yaml\): is missing/);
  });

  it("error: CONFIG_MALFORMED for what is not YAML or not a mapping", () => {
    expect(faultsOf({ text: "a: [" })).toMatch(/CONFIG_MALFORMED/);
    expect(faultsOf({ text: "[1, 2]" })).toMatch(/CONFIG_MALFORMED/);
  });

  it("has a flag and a row in the table for every field", () => {
    const table = renderConfigTable();
    for (const { flag } of configFlags()) expect(table).toContain(`\`--${flag}\``);
    expect(configFlags().map(({ flag }) => flag)).toContain("chain-poll-ms");
  });
});

describe("paying for transactions", () => {
  it("is off without an account; with one it has documented caps and may do nothing beyond its duty", () => {
    expect(parseConfig(sources()).submit).toBeNull();
    expect(parseConfig(sources({ text: `${YAML}submit: { accountKeyFile: account.key }\n` })).submit).toEqual({
      accountKeyFile: "account.key",
      passwordFile: undefined,
      maxFeePerGasGwei: "50",
      maxPriorityFeePerGasGwei: "3",
      replaceAfterMs: 36_000,
      allow: { pack: false, finishExits: false, liquidate: false },
    });
  });

  it("takes fractions of a gwei, and permissions a field each, from the file and over it", () => {
    const submit =
      "submit: { accountKeyFile: a, maxPriorityFeePerGasGwei: 0.25, allow: { pack: true, liquidate: true } }";
    const env = { QUORATE_SUBMIT_ALLOW_LIQUIDATE: "false" };
    const flags = { "submit-allow-finish-exits": "true" };
    expect(parseConfig(sources({ text: `${YAML}${submit}\n`, env, flags })).submit).toMatchObject({
      maxPriorityFeePerGasGwei: "0.25",
      allow: { pack: true, finishExits: true, liquidate: false },
    });
  });

  it("error: settings without an account, an amount that is none, a permission that does not exist", () => {
    const faults = (submit: string): string => faultsOf({ text: `${YAML}submit: ${submit}\n` });
    const allow = "{ allow: { pack: true } }";
    expect(faults(allow)).toContain("submit.accountKeyFile: is missing, while submit.allow.pack is given");
    for (const amount of ["-1", "1e-10", "1.0000000001", "1e30", "much"]) {
      const text = `{ accountKeyFile: a, maxFeePerGasGwei: ${amount} }`;
      expect(faults(text)).toContain("submit.maxFeePerGasGwei (agent.yaml): not an amount of gwei");
    }
    expect(faults("{ accountKeyFile: a, allow: { everything: true } }")).toContain(
      "submit.allow.everything (agent.yaml)",
    );
    expect(faults("{ accountKeyFile: a, allow: { pack: 1 } }")).toContain(
      "submit.allow.pack (agent.yaml): not true or",
    );
  });
});
