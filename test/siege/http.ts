/**
 * HTTP from an address of one's own, by the socket; enemies and probes speak it so. In: a target and a path. Out:
 * answers, or the bare socket.
 */
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { ENEMY_ADDRESS, type Target } from "./attack.ts";

/** Of one answer. */
export const ANSWER_TIMEOUT_MS = 10_000;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Rejects when the agent does not answer. */
export function ask(
  base: string,
  path: string,
  options: { readonly from?: string; readonly body?: object } = {},
): Promise<HttpAnswer> {
  const { from = ENEMY_ADDRESS, body } = options;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, base),
      {
        localAddress: from,
        method: payload === undefined ? "GET" : "POST",
        headers: payload === undefined ? {} : { "content-type": "application/json" },
        timeout: ANSWER_TIMEOUT_MS,
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end(payload);
  });
}

export async function getJson(target: Target, path: string): Promise<unknown> {
  return JSON.parse((await ask(target.http, path)).text);
}

/** A socket to a port of an agent's host, from one of the enemy's addresses; its errors end it and nothing else. */
export function openSocket(host: string, port: number, from: string = ENEMY_ADDRESS): Socket {
  const socket = connect({ host, port, localAddress: from });
  socket.on("error", () => socket.destroy());
  return socket;
}

export function httpPort({ http }: Target): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(http);
  return { host: hostname, port: Number(port) };
}
