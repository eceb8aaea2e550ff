/**
 * Has zod check what agents say without code that it makes at run time: the page's policy forbids that, and each try
 * would be told as a violation (P-144). Imported before whatever makes a schema.
 */
declare global {
  /** Where zod keeps its configuration, so that several copies share one: `config()` without loading zod first. */
  var __zod_globalConfig: { jitless?: boolean } | undefined;
}

globalThis.__zod_globalConfig = { ...globalThis.__zod_globalConfig, jitless: true };

export {};
