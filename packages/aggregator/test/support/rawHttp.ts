/**
 * Clients that behave as no library does: sockets that stay silent, send slowly, never read, or come from another
 * address.
 */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";

const opened: Socket[] = [];

/** A connection from any address of this machine's 127.0.0.0/8, after its first words are sent. */
export async function rawSocket(url: string, from: string, words = ""): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress: from });
  // Being cut is what these tests are about.
  socket.on("error", () => {});
  opened.push(socket);
  await once(socket, "connect");
  if (words !== "") socket.write(words);
  return socket;
}

/** For `afterEach`. */
export function closeSockets(): void {
  for (const socket of opened.splice(0)) socket.destroy();
}

export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly code: string | undefined;
}

/** One request on a connection of its own, with whatever headers, from whatever address. */
export async function ask(url: string, options: RequestOptions = {}, body = ""): Promise<RawAnswer> {
  const request = httpRequest(url, { agent: false, ...options }).end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return { status: response.statusCode, headers: response.headers, text, code };
}
