/**
 * How commands ask chains and send to them: an entry of its own, because it loads ethers' providers, which the threads
 * that check signatures must not.
 */
export { Account, type AccountOptions, type PlannedTransaction } from "./account.ts";
export { parseHttpUrl } from "./endpoint.ts";
export { coded, codedFailure, codedOutside } from "./failures.ts";
export { WAIT_MS } from "./limits.ts";
export { type Line, LineFailure, type OpenLine, type Said } from "./line.ts";
export { ChainProviders, type ChainProvidersOptions } from "./providers.ts";
export { RemoteSigner, type RemoteSignerOptions } from "./remoteSigner.ts";
export { parseRevert, revertMeaning, revertText } from "./reverts.ts";
export { resumeWaiting, type SentTransaction, untilMined, type WaitOptions } from "./waiting.ts";
