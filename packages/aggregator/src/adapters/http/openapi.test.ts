/** P-141: one document describes the interface, and the server keeps to it. */
import { readFileSync } from "node:fs";
import { openApiDocument, ROUTES, type RouteDescription } from "@quorate/common/http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ACCOUNT,
  ALICE,
  BOB,
  LARGE,
  linesAnswer,
  READY,
  serve,
  stopServers,
  testAgent,
} from "../../../test/support/httpServer.ts";
import { ask } from "../../../test/support/rawHttp.ts";

let url = "";

beforeAll(async () => {
  const metrics = { contentType: "text/plain; version=0.0.4", metrics: async () => "quorate_test 1\n" };
  url = await serve(talkative(), {}, metrics);
});
afterAll(stopServers);

const DOCUMENT = openApiDocument() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
interface Operation {
  readonly operationId: string;
  readonly "x-stability": string;
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { readonly schema: object }> }>>;
}
const ROOT = `0x${"07".repeat(32)}` as const;
const LINE = { epoch: 3, node: 7, activeSeconds: 60, nodeReward: 2n, fee: 5n, share: 1n, dust: 1n, bounty: 0n };

/** An agent that has something to say on every route. */
function talkative() {
  const agent = testAgent();
  agent.agents = [{ id: 1, url: "https://agent.example", stake: LARGE }];
  const after = 9n + LARGE;
  agent.ledger = {
    page: async (recipient) =>
      linesAnswer({
        ...{ recipient, from: 3, to: 4, before: 9n, after, next: 5 },
        lines: [{ ...LINE, amount: LARGE }],
      }),
    epochs: async () => ({ epochs: [{ epoch: 0, root: ROOT, totalOwed: LARGE }], closedEpoch: 0 }),
    ranges: async (epoch) => ({
      ...{ epoch, prefix: "a", ranges: [{ prefix: "aa", count: 1, hash: ROOT }] },
      entries: [{ recipient: ALICE, amount: LARGE }],
    }),
  };
  agent.stored = READY;
  agent.submitter = ACCOUNT;
  agent.unsigned = [{ ...READY, status: "failed", missing: [3] }];
  return agent;
}

const ajv = new Ajv2020({ strict: false, formats: { uri: true } });
ajv.addSchema({ ...DOCUMENT, $id: "openapi" });
/** What of a value does not fit a schema of the document. */
const faults = (schema: object, value: unknown): unknown => {
  // Only references within the document lead anywhere.
  const placed = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object;
  return ajv.validate(placed, value) ? [] : ajv.errors;
};

describe("P-141: the OpenAPI document", () => {
  /** What the validator finds; its references resolved too. */
  const judged = async (document: unknown) => {
    const validator = new Validator();
    const { valid } = await validator.validate(structuredClone(document) as Record<string, unknown>);
    validator.resolveRefs();
    return [valid, validator.version];
  };

  it("is valid OpenAPI 3.1, and every reference in it leads somewhere", async () => {
    expect(await judged(DOCUMENT)).toEqual([true, "3.1"]);
    expect(await judged({ ...DOCUMENT, info: {} })).toEqual([false, "3.1"]);
    const astray = JSON.stringify(DOCUMENT).replace("schemas/Claim", "schemas/Nothing");
    await expect(judged(JSON.parse(astray))).rejects.toThrow("Nothing");
  });

  it("is committed as it is made (else: npx -y pnpm@12 generate), and served", async () => {
    const committed = readFileSync(new URL("../../../../../docs/openapi.json", import.meta.url), "utf8");
    expect(JSON.parse(committed)).toEqual(DOCUMENT);
    const { text } = await ask(`${url}/openapi.json`);
    expect(JSON.parse(text)).toEqual(DOCUMENT);
  });

  it("has every route, each with its stability", () => {
    const described = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [
        ...[operation.operationId, `${method.toUpperCase()} ${path}`, operation["x-stability"]],
      ]),
    );
    const routes = Object.entries<RouteDescription>(ROUTES).map(([name, { method, path, stability }]) => [
      ...[name, `${method} ${path.replace(":recipient", "{recipient}")}`, stability],
    ]);
    expect(described.sort()).toEqual(routes.sort());
  });

  it.each(Object.entries<RouteDescription>(ROUTES))("%s: what is answered is what it says", async (name, route) => {
    const path = route.path.replace(":recipient", ALICE) + (name === "ledgerRanges" ? "?epoch=0" : "");
    const body = route.method === "POST" ? JSON.stringify({ recipient: ALICE }) : "";
    const headers = body === "" ? {} : { "content-type": "application/json" };
    const answer = await ask(url + path, { method: route.method, headers }, body);
    const operation = DOCUMENT.paths[route.path.replace(":recipient", "{recipient}")]?.[route.method.toLowerCase()];
    const type = answer.headers["content-type"]?.split(";")[0] ?? "";
    const content = operation?.responses[String(answer.status)]?.content?.[type];
    expect([answer.status, type, content]).toEqual([answer.status, type, { schema: expect.any(Object) }]);
    if (type === "application/json") expect(faults(content?.schema ?? {}, JSON.parse(answer.text))).toEqual([]);
    if (type !== "text/event-stream") return;
    const data = /^data: (.*)$/m.exec(answer.text)?.[1] ?? "";
    expect(content?.schema).toMatchObject({ "x-event-data": { $ref: "#/components/schemas/Claim" } });
    expect(faults({ $ref: "#/components/schemas/Claim" }, JSON.parse(data))).toEqual([]);
  });

  it("describes refusals, and tells wrong answers from right ones", async () => {
    const refusal = JSON.parse((await ask(`${url}/v1/claims/${BOB}`)).text) as object;
    const [error, agents] = [{ $ref: "#/components/schemas/Error" }, { $ref: "#/components/schemas/Agents" }];
    expect(faults(error, refusal)).toEqual([]);
    expect(faults(error, {})).not.toEqual([]);
    expect(faults(agents, { agents: [{ id: 1, url: "https://a.example", stake: 5 }] })).not.toEqual([]);
  });
});
