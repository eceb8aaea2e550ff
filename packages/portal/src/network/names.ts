/**
 * Tables of ENS names: 32 kB that ethers would bring into every first load. The build leaves them out
 * (scripts/ensTables.ts); whoever is about to use `namehash` has them loaded before. Outside a build they are there.
 */
export async function loadNames(): Promise<void> {
  if (!import.meta.env.PROD) return;
  // @ts-expect-error: the build makes this module.
  const { load } = await import("virtual:ens-tables");
  await load();
}
