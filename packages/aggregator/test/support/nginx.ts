/**
 * A real nginx with the configuration of ops/nginx before a server of a test. In: that server's address. Out: nginx's
 * own addresses, and whether this machine has one. Ports, certificate and upstream are replaced; nothing else is.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { programHere } from "./programs.ts";

const run = promisify(execFile);
const CONFIG = new URL("../../../../ops/nginx/quorate.conf", import.meta.url);

/** Path of the program, or why there is none. QUORATE_NGINX names it where it is in none of the usual places. */
export async function nginxHere(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const path = programHere("nginx", "QUORATE_NGINX");
  if (path === null) return { missing: "nginx: apt-get install nginx, or name it in QUORATE_NGINX" };
  return programHere("openssl") === null ? { missing: "openssl, which makes the certificate" } : { path };
}

export interface Nginx {
  readonly httpsUrl: string;
  readonly httpUrl: string;
  /** PEM of the certificate, which is its own authority. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** @param agentUrl such as `http://127.0.0.1:8900` */
export async function startNginx(path: string, agentUrl: string): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), "quorate-nginx-"));
  const files = { certificate: join(directory, "cert.pem"), key: join(directory, "key.pem") };
  const subject = ["-subj", "/CN=agent.example", "-addext", "subjectAltName=DNS:agent.example"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", files.key, "-out", files.certificate]);
  // nginx cannot take any free port, but nobody else listens at this address.
  const host = `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`;
  const [http, https] = [`${host}:8080`, `${host}:8443`];
  await writeFile(join(directory, "quorate.conf"), await configured(agentUrl, { http, https, ...files }));
  await writeFile(join(directory, "nginx.conf"), mainConfig(directory));
  const child = spawn(path, ["-p", directory, "-c", join(directory, "nginx.conf"), "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = untilListening(child, https);
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
    await rm(directory, { recursive: true });
  };
  await said.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const certificate = await readFile(files.certificate, "utf8");
  return { httpsUrl: `https://${https}`, httpUrl: `http://${http}`, certificate, close };
}

async function configured(
  agentUrl: string,
  places: { readonly http: string; readonly https: string; readonly certificate: string; readonly key: string },
): Promise<string> {
  const changes: readonly (readonly [string, string])[] = [
    ["server 127.0.0.1:8900;", `server ${new URL(agentUrl).host};`],
    ["listen 80;", `listen ${places.http};`],
    ["listen 443 ssl http2;", `listen ${places.https} ssl http2;`],
    ["/etc/nginx/quorate/fullchain.pem", places.certificate],
    ["/etc/nginx/quorate/privkey.pem", places.key],
  ];
  let text = await readFile(CONFIG, "utf8");
  for (const [from, to] of changes) {
    if (text.split(from).length !== 2) throw new Error(`${CONFIG.pathname} has "${from}" not once`);
    text = text.replace(from, to);
  }
  return text;
}

/** In the foreground, in its own directory, by one worker. */
function mainConfig(directory: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off; worker_processes 1; error_log stderr notice;",
    `pid ${directory}/nginx.pid;`,
    // Its worker would become another user, who cannot read this directory.
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    "events { worker_connections 256; }",
    "http {",
    "  access_log off;",
    ...temporary.map((kind) => `  ${kind}_temp_path ${directory}/${kind};`),
    `  include ${directory}/quorate.conf;`,
    "}",
  ].join("\n");
}

/** nginx binds before it starts its worker. */
async function untilListening(child: ChildProcess, place: string): Promise<void> {
  let said = "";
  const started = Promise.withResolvers<void>();
  child.stderr?.on("data", (chunk) => {
    said += String(chunk);
    if (said.includes("start worker process ")) started.resolve();
  });
  child.once("exit", (code) => started.reject(new Error(`nginx ended with ${code} at ${place}: ${said}`)));
  child.once("error", (error) => started.reject(error));
  await started.promise;
}
