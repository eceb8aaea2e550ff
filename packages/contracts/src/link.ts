// Linking: a contract's code with the addresses of its libraries put in.
import { quorateError } from "@quorate/common";
import type { Artifact, LinkReferences } from "./artifacts.ts";

/**
 * The creation code of `artifact`, ready to be sent.
 * @param libraries Address by library name.
 * @throws LIBRARY_NOT_LINKED when one that is needed is not given
 */
export function linkedBytecode(artifact: Artifact, libraries: Readonly<Record<string, string>>): string {
  return link(artifact.contractName, artifact.bytecode, artifact.linkReferences, libraries);
}

/**
 * The code that `artifact` has on chain, but for its immutables, which are zero.
 * @throws LIBRARY_NOT_LINKED when one that is needed is not given
 */
export function linkedDeployedBytecode(artifact: Artifact, libraries: Readonly<Record<string, string>>): string {
  return link(artifact.contractName, artifact.deployedBytecode, artifact.deployedLinkReferences, libraries);
}

function link(
  contract: string,
  unlinked: string,
  references: LinkReferences,
  libraries: Readonly<Record<string, string>>,
): string {
  let code = unlinked;
  for (const inSource of Object.values(references)) {
    for (const [library, places] of Object.entries(inSource)) {
      const address = libraries[library];
      if (address === undefined) throw quorateError("LIBRARY_NOT_LINKED", { contract, library });
      for (const { start, length } of places) {
        const from = 2 + start * 2;
        code = code.slice(0, from) + address.slice(2).toLowerCase() + code.slice(from + length * 2);
      }
    }
  }
  return code;
}
