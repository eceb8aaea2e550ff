import { expect, test } from "vitest";
import { firstLoad } from "../scripts/firstLoad.ts";

const css = (...names: string[]) => ({ importedCss: new Set(names) });
const built = [
  { fileName: "index.js", facadeModuleId: "/page/index.html", imports: ["parts.js"], viteMetadata: css("index.css") },
  { fileName: "client.js", facadeModuleId: "/page/src/network/openClient.ts", imports: ["index.js"] },
  { fileName: "rewards.js", facadeModuleId: "/page/src/pages/rewards/rewardsPage.tsx", imports: ["client.js"] },
  { fileName: "network.js", facadeModuleId: "/page/src/pages/network/networkPage.tsx", imports: ["chart.js"] },
  { fileName: "chart.js", facadeModuleId: null, imports: [] },
  { fileName: "parts.js", facadeModuleId: null, imports: [] },
  { fileName: "index.css" },
];

test("the first load is the frame and its first page with all they import, and no page beside it", () => {
  expect(firstLoad(built)).toEqual(["client.js", "index.css", "index.js", "parts.js", "rewards.js"]);
});

test("a first page that was built into another script fails the check, which would count without it", () => {
  expect(() => firstLoad(built.filter(({ fileName }) => fileName !== "rewards.js"))).toThrow(/rewardsPage/);
});
