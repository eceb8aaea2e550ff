import { readFileSync } from "node:fs";
import { addWallet, openBrowser, openPage } from "./harness/browser.ts";

const browser = await openBrowser();
const trouble: string[] = [];
const shot = async (page: any, name: string) => {
  await page.screenshot({ path: `/tmp/rw-${name}.png`, fullPage: true });
};
try {
  const ctx = await browser.newContext({ viewport: { width: 1200, height: 900 }, acceptDownloads: true });
  const w = await addWallet(ctx, {
    privateKey: readFileSync("/tmp/me/devnet/accounts/operator.key", "utf8").trim(),
    rpcUrl: "http://127.0.0.1:8545",
  });
  console.log(w.address);
  const page = await openPage(ctx, "http://127.0.0.1:4701/", (l) => trouble.push(l));
  await page.getByRole("button", { name: "Connect a wallet" }).click();
  await page.locator(".wallets button").first().click();
  await page.getByText("Payable now").waitFor({ timeout: 60000 });
  await page
    .getByRole("button", { name: /^Claim / })
    .first()
    .waitFor();
  await shot(page, "claimable");
  w.declines = true;
  await page
    .getByRole("button", { name: /^Claim / })
    .first()
    .click();
  await page.getByText("You declined").waitFor();
  await shot(page, "declined");
  w.declines = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("paid.").waitFor({ timeout: 30000 });
  await shot(page, "mined");
  await page.getByText("Final: nothing").waitFor({ timeout: 30000 });
  await shot(page, "final");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Download as CSV" }).waitFor({ timeout: 30000 });
  const [d] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download as CSV" }).click(),
  ]);
  console.log(d.suggestedFilename(), readFileSync(await d.path(), "utf8"));
  await shot(page, "paid");
  // signatures
  await page.getByRole("button", { name: /by signatures instead/ }).waitFor({ timeout: 60000 });
  await page.getByRole("button", { name: /by signatures instead/ }).click();
  await page
    .getByText(/is signing|Checked here|paid\./)
    .first()
    .waitFor();
  await shot(page, "signing");
  await page.getByText("paid.").waitFor({ timeout: 60000 });
  await shot(page, "signed-paid");
  console.log(trouble, w.asked.filter((m) => m.startsWith("eth_send")).length);
} catch (e) {
  console.log(trouble, e);
} finally {
  await browser.close();
}
