/** The part of the error catalogue that building and deploying the contracts raises; see `errorCodes.ts`. */

export const CONTRACT_ERROR_CODES = {
  CONTRACTS_NOT_BUILT: {
    summary: "A contract has not been compiled.",
    remedy: "Call ensureBuilt(), or run `pnpm --filter @quorate/contracts build`.",
    where: "contracts",
  },
  CONTRACTS_BUILD_FAILED: {
    summary: "The contracts do not compile.",
    remedy: "Read the compiler's report above; the first error is the one that counts.",
    where: "contracts",
  },
  DEPLOY_PARAMETERS_INVALID: {
    summary: "A deployment parameter is missing or out of its range.",
    remedy: "Correct the named fields; amounts are in atomic units.",
    where: "contracts",
  },
  DEPLOY_ADDRESS_MISMATCH: {
    summary: "A contract came out at another address than planned: its account sent something else meanwhile.",
    remedy: "Deploy again from an account that nothing else uses.",
    where: "contracts",
  },
  DEPLOY_NOT_AS_MEANT: {
    summary: "What was deployed is not what was meant.",
    remedy: "Do not use it: correct what the failed checks name and deploy anew; verify-deployment tells of each.",
    where: "contracts",
  },
  DEPLOY_RECORD_INVALID: {
    summary: "The record of a deployment cannot be read.",
    remedy: "Give the file that the deployment wrote, unchanged.",
    where: "contracts",
  },
  DEPLOY_WRONG_CHAIN: {
    summary: "The node serves another chain than the parameters or the record are for.",
    remedy: "Give the URL of the right chain, or the right file.",
    where: "contracts",
  },
  UPGRADE_INCOMPATIBLE: {
    summary: "The new code would read stored fields where the old code did not write them.",
    remedy: "Leave every field at its slot, offset and type, and append new ones (P-49).",
    where: "contracts",
  },
  TIMELOCK_MISSING: {
    summary: "The deployment has no timelock, so its owner sends the call itself.",
    remedy: "Use `call` with the owner's account.",
    where: "contracts",
  },
  OWNER_CALL_INVALID: {
    summary: "A contract has no such function, or its arguments do not fit.",
    remedy: "Give the signature as in the ABI, as setGuardian(address), and one argument for each type in it.",
    where: "contracts",
  },
  OPERATION_UNKNOWN: {
    summary: "The timelock has no single call of this id.",
    remedy: "Give the id that scheduling printed; verify-deployment lists what is waiting.",
    where: "contracts",
  },
  OPERATION_NOT_IN_STATE: {
    summary: "An operation of the timelock is not in the state that this step needs.",
    remedy: "Wait until it can be executed; what is waiting cannot be scheduled again, what is done not cancelled.",
    where: "contracts",
  },
  LIBRARY_NOT_LINKED: {
    summary: "A contract needs the address of a library that was not given.",
    remedy: "Deploy the library first and name its address.",
    where: "contracts",
  },
} as const;
