/**
 * Has zod check what agents say without code that it makes at run time: the page's policy forbids that, and each try
 * would be told as a violation (P-144). Imported before whatever makes a schema.
 */
import { config } from "zod";

config({ jitless: true });
