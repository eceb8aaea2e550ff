/**
 * The node signs peer records with addresses of other people's services, and hangs up as soon as an agent has one. It
 * costs a signature each 2 s. Two such services are here, and count who calls. Agents that look for peers must not
 * become a crowd at a stranger's door.
 */
import { createServer, type Server } from "node:net";
import type { Attack, Enemy } from "../attack.ts";

const FOREIGN_HOSTS = ["127.0.0.77", "127.0.0.78"];
const EVERY_MS = 2_000;
/** Long enough for identify. */
const STAY_MS = 500;
/** Ten agents, two services: one call each, which is what it takes to find out, and one more each. */
const FOREIGN_DIALS = 40;

export const foreignRecords: Attack = {
  name: "foreign-records",
  about: "the node's peer records have other people's addresses",
  cutOff: false,
  bounds: { foreignDials: FOREIGN_DIALS },
  does: ["records"],
  async run(enemy) {
    const services = await Promise.all(FOREIGN_HOSTS.map((host) => listen(host, enemy)));
    const addresses = services.flatMap(({ host, port }) => [
      `/ip4/${host}/tcp/${port}`,
      `/dns4/service-${host.split(".").at(-1)}.invalid/tcp/${port}`,
    ]);
    const peer = await enemy.peer();
    await enemy.every(EVERY_MS, async () => {
      await peer.sealRecord(addresses);
      enemy.count("records");
      const visits = enemy.targets().map(async ({ address }) => {
        try {
          const link = await peer.connect(address);
          await new Promise((resolve) => setTimeout(resolve, STAY_MS));
          link.close();
          enemy.count("visits");
        } catch {
          enemy.count("refused");
        }
      });
      await Promise.all(visits);
    });
    for (const { server } of services) server.close();
  },
};

function listen(host: string, enemy: Enemy): Promise<{ server: Server; host: string; port: number }> {
  const server = createServer((socket) => {
    enemy.count("foreignDials");
    socket.on("error", () => {});
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, host, () => resolve({ server, host, port: (server.address() as { port: number }).port }));
  });
}
