import { describe, expect, it } from "vitest";
import { type ConfigSources, configFlags, parseConfig, renderConfigTable } from "./config.ts";
import { hasKey } from "./configValues.ts";

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
      publicUrl: undefined,
      allowedOrigins: undefined,
      trustedProxies: [],
      portal: { enabled: true, rpc: [], explorer: undefined },
    });
  });

  it("P-143: what the page is told has no credentials, and a key in it is seen", () => {
    const portal = (text: string) =>
      parseConfig(sources({ text: `${YAML}http: { portal: { ${text} } }\n` })).http.portal;
    expect(portal("enabled: false, rpc: [https://rpc.example], explorer: https://scan.example/")).toEqual({
      ...{ enabled: false, rpc: ["https://rpc.example"], explorer: "https://scan.example" },
    });
    const env = { QUORATE_HTTP_PORTAL_RPC: "https://a.example,http://127.0.0.1:8545" };
    expect(parseConfig(sources({ env })).http.portal.rpc).toEqual(["https://a.example", "http://127.0.0.1:8545"]);
    const wrong = faultsOf({ text: `${YAML}http: { portal: { rpc: ["https://me:secret@a.example"] } }\n` });
    expect(wrong).toContain("http.portal.rpc (agent.yaml): has credentials or a fragment");
    const [keyed, free] = [
      ["https://a.example/v2/aB3dE5fG7hJ9kL1m", "https://a.example/?key=1"],
      "https://a.example/eth",
    ];
    expect([...keyed, free].map(hasKey)).toEqual([true, true, false]);
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

  it("P-138, P-139: takes a public URL in whatever form it is written, and origins; nothing that is neither", () => {
    const http = (fields: string) => parseConfig(sources({ text: `${YAML}http: { ${fields} }\n` })).http;
    expect(http('publicUrl: "https://Agent.Example:443/"').publicUrl).toBe("https://agent.example");
    expect(http('publicUrl: "http://127.0.0.1:8900/a/"').publicUrl).toBe("http://127.0.0.1:8900/a");
    expect(http('allowedOrigins: ["https://portal.example", "*"]').allowedOrigins).toHaveLength(2);
    expect(http("allowedOrigins: []").allowedOrigins).toEqual([]);
    expect(parseConfig(sources({ env: { QUORATE_HTTP_ALLOWED_ORIGINS: "" } })).http.allowedOrigins).toEqual([]);
    const faults = (fields: string): string => faultsOf({ text: `${YAML}http: { ${fields} }\n` });
    const long = `https://agent.example/${"a".repeat(200)}`;
    for (const bad of ["agent.example", "ftp://a.example", "https://u:p@a.example", "https://a.example?b", "", long])
      expect(faults(`publicUrl: "${bad}"`)).toContain("http.publicUrl");
    for (const bad of ["portal.example", "https://portal.example/", "https://portal.example/a", "null", ""])
      expect(faults(`allowedOrigins: ["${bad}"]`)).toContain("http.allowedOrigins");
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

  it.each([
    ["", "submit (agent.yaml): is empty: give fields of it (accountKeyFile"],
    [" # all of it is commented out", "submit (agent.yaml): is empty"],
    [" { accountKeyFile: a, allow: }", "submit.allow (agent.yaml): is empty: give fields of it (pack"],
    [" [pack]", "submit (agent.yaml): is a section: give accountKeyFile"],
    [" yes", "submit (agent.yaml): is a section"],
  ])("error: the section submit:%s", (content, fault) => {
    expect(faultsOf({ text: `${YAML}submit:${content}\n` })).toContain(fault);
  });

  it("error: a field without a value, also one that has a default", () => {
    expect(faultsOf({ text: `${YAML}http: { port: }\n` })).toContain("http.port (agent.yaml): is empty");
  });

  it("error: a misspelt field or section is named with the one that was meant", () => {
    const faults = faultsOf({ text: `${YAML}htpp: { port: 1 }\nclaims: { deadlineMS: 5, toString: 1 }\n` });
    expect(faults).toContain("htpp.port (agent.yaml): no such field (did you mean http.port?)");
    expect(faults).toContain("claims.deadlineMS (agent.yaml): no such field (did you mean claims.deadlineMs?)");
    expect(faults).toContain("claims.toString (agent.yaml): no such field");
  });

  it.each([
    ["QUORATE_CHAIN_PROVIDER", "QUORATE_CHAIN_PROVIDERS"],
    ["QUORATE_CHAIN_POLLMS", "QUORATE_CHAIN_POLL_MS"],
    ["QUORATE_HTTP__PORT", "QUORATE_HTTP_PORT"],
    ["quorate_http_port", "QUORATE_HTTP_PORT"],
    ["QUORATE_CONFG", "QUORATE_CONFIG"],
  ])("error: nobody reads the variable %s; %s was meant", (name, known) => {
    const faults = faultsOf({ env: { [name]: "1" } });
    expect(faults).toContain(`${name} (environment): no such variable (did you mean ${known}?)`);
  });

  it("error: a variable that resembles none is named too; one of another program, or a service's, is not", () => {
    expect(faultsOf({ env: { QUORATE_SOMETHING_ELSE_ALTOGETHER: "" } })).toContain(
      "QUORATE_SOMETHING_ELSE_ALTOGETHER (environment): no such variable",
    );
    const env = {
      QUORATE_CONFIG: "agent.yaml",
      PATH: "/bin",
      NOT_QUORATE_HTTP: "1",
      QUORATE_SERVICE_HOST: "10.0.0.1",
      QUORATE_SERVICE_PORT_HTTP: "8900",
      QUORATE_PORT: "tcp://10.0.0.1:8900",
      QUORATE_PORT_8900_TCP: "tcp://10.0.0.1:8900",
      QUORATE_PORT_8900_TCP_ADDR: "10.0.0.1",
    };
    expect(faultsOf({ env })).toBe("");
    expect(faultsOf({ env: { QUORATE_PORT: "8900" } })).toContain("QUORATE_PORT (environment): no such variable");
  });

  it.each([":memory:", "file:agent.sqlite?mode=memory", " :memory: "])("error: the store %j does not stay", (path) => {
    expect(faultsOf({ env: { QUORATE_STORE_PATH: path } })).toContain("store.path (QUORATE_STORE_PATH): not a file");
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
