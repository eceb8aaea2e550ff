/**
 * The three request-response protocols of an agent, each with its bounds. In: their names and who answers. Out: the
 * protocols.
 */
import {
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_INQUIRY_BYTES,
  MAX_PEERS_REQUEST_BYTES,
  MAX_PEERS_RESPONSE_BYTES,
} from "@quorate/common";
import * as limits from "./limits.ts";
import type { ProtocolNames } from "./protocols.ts";
import { RequestProtocol, type RequestProtocolModules } from "./requests.ts";

type Answer = RequestProtocolModules["answer"];

export interface RequestProtocolsModules extends Omit<RequestProtocolModules, "answer"> {
  readonly onCatchUp: Answer;
  readonly onPeers: Answer;
  readonly onInquiry: Answer;
}

export function requestProtocols(
  options: { readonly names: ProtocolNames; readonly timeoutMs?: number },
  modules: RequestProtocolsModules,
) {
  const { names, ...timeout } = options;
  const catchUp = new RequestProtocol(
    {
      protocol: names.catchUp,
      maxRequestBytes: MAX_CATCH_UP_REQUEST_BYTES,
      maxAnswerBytes: MAX_CATCH_UP_RESPONSE_BYTES,
      burst: limits.CATCH_UP_BURST,
      perSecond: limits.CATCH_UP_PER_SECOND,
      ...timeout,
    },
    { ...modules, answer: modules.onCatchUp },
  );
  const peers = new RequestProtocol(
    {
      protocol: names.peers,
      maxRequestBytes: MAX_PEERS_REQUEST_BYTES,
      maxAnswerBytes: MAX_PEERS_RESPONSE_BYTES,
      burst: limits.PEERS_BURST,
      perSecond: limits.PEERS_PER_SECOND,
      ...timeout,
    },
    { ...modules, answer: modules.onPeers },
  );
  const inquiry = new RequestProtocol(
    {
      protocol: names.inquiry,
      maxRequestBytes: MAX_INQUIRY_BYTES,
      maxAnswerBytes: MAX_INQUIRY_BYTES,
      burst: limits.INQUIRY_BURST,
      perSecond: limits.INQUIRY_PER_SECOND,
      timeoutMs: limits.INQUIRY_TIMEOUT_MS,
      ...timeout,
    },
    { ...modules, answer: modules.onInquiry },
  );
  return { catchUp, peers, inquiry };
}
