// @ts-nocheck
// Generated from messages.proto by `pnpm generate:wire`. Do not edit.
/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface GossipMessage {
  request?: ClaimRequest
  shares?: Shares
  partial?: PartialAggregate
}

export const GossipMessage = (() => {
  let _codec: Codec<GossipMessage>

  const codec = (): Codec<GossipMessage> => {
    if (_codec == null) {
      _codec = message<GossipMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.partial != null) {
          obj.shares = undefined
          obj.request = undefined
        }

        if (obj.shares != null) {
          obj.partial = undefined
          obj.request = undefined
        }

        if (obj.request != null) {
          obj.partial = undefined
          obj.shares = undefined
        }

        if (obj.request != null) {
          w.uint32(10)
          ClaimRequest.codec().encode(obj.request, w)
        }

        if (obj.shares != null) {
          w.uint32(18)
          Shares.codec().encode(obj.shares, w)
        }

        if (obj.partial != null) {
          w.uint32(26)
          PartialAggregate.codec().encode(obj.partial, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = ClaimRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.request
              })
              break
            }
            case 2: {
              obj.shares = Shares.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shares
              })
              break
            }
            case 3: {
              obj.partial = PartialAggregate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.partial
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.partial != null) {
          delete obj.shares
          delete obj.request
        }

        if (obj.shares != null) {
          delete obj.partial
          delete obj.request
        }

        if (obj.request != null) {
          delete obj.partial
          delete obj.shares
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<GossipMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, GossipMessage.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GossipMessage>): GossipMessage {
    return decodeMessage(buf, GossipMessage.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface ClaimRequest {
  recipient: Uint8Array<ArrayBuffer>
  epoch: number
  nodeId: number
  identitySignature: Uint8Array<ArrayBuffer>
}

export const ClaimRequest = (() => {
  let _codec: Codec<ClaimRequest>

  const codec = (): Codec<ClaimRequest> => {
    if (_codec == null) {
      _codec = message<ClaimRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.recipient != null && obj.recipient.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.recipient)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if ((obj.nodeId != null && obj.nodeId !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.nodeId)
        }

        if ((obj.identitySignature != null && obj.identitySignature.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.identitySignature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          recipient: new Uint8Array(0),
          epoch: 0,
          nodeId: 0,
          identitySignature: new Uint8Array(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.recipient = reader.bytes()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.nodeId = reader.uint64Number()
              break
            }
            case 4: {
              obj.identitySignature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<ClaimRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ClaimRequest.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimRequest>): ClaimRequest {
    return decodeMessage(buf, ClaimRequest.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface Shares {
  shares: Share[]
}

export const Shares = (() => {
  let _codec: Codec<Shares>

  const codec = (): Codec<Shares> => {
    if (_codec == null) {
      _codec = message<Shares>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.shares != null && obj.shares.length > 0) {
          for (const value of obj.shares) {
            w.uint32(10)
            Share.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          shares: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.shares != null && obj.shares.length === opts.limits.shares) {
                throw new MaxLengthError('Decode error - repeated field "shares" had too many elements')
              }

              obj.shares.push(Share.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shares$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<Shares>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Shares.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shares>): Shares {
    return decodeMessage(buf, Shares.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface Share {
  nodeId: number
  epoch: number
  signature: Uint8Array<ArrayBuffer>
  rewardClaim?: RewardClaim
  epochReport?: EpochReport
  contest?: Contest
}

export const Share = (() => {
  let _codec: Codec<Share>

  const codec = (): Codec<Share> => {
    if (_codec == null) {
      _codec = message<Share>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.contest != null) {
          obj.epochReport = undefined
          obj.rewardClaim = undefined
        }

        if (obj.epochReport != null) {
          obj.contest = undefined
          obj.rewardClaim = undefined
        }

        if (obj.rewardClaim != null) {
          obj.contest = undefined
          obj.epochReport = undefined
        }

        if ((obj.nodeId != null && obj.nodeId !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.nodeId)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if (obj.rewardClaim != null) {
          w.uint32(34)
          RewardClaim.codec().encode(obj.rewardClaim, w)
        }

        if (obj.epochReport != null) {
          w.uint32(42)
          EpochReport.codec().encode(obj.epochReport, w)
        }

        if (obj.contest != null) {
          w.uint32(50)
          Contest.codec().encode(obj.contest, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nodeId: 0,
          epoch: 0,
          signature: new Uint8Array(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nodeId = reader.uint64Number()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
              break
            }
            case 4: {
              obj.rewardClaim = RewardClaim.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rewardClaim
              })
              break
            }
            case 5: {
              obj.epochReport = EpochReport.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.epochReport
              })
              break
            }
            case 6: {
              obj.contest = Contest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.contest
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.contest != null) {
          delete obj.epochReport
          delete obj.rewardClaim
        }

        if (obj.epochReport != null) {
          delete obj.contest
          delete obj.rewardClaim
        }

        if (obj.rewardClaim != null) {
          delete obj.contest
          delete obj.epochReport
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<Share>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Share.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Share>): Share {
    return decodeMessage(buf, Share.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface PartialAggregate {
  subnetBits: number
  subnet: number
  signers: Uint8Array<ArrayBuffer>
  epoch: number
  signature: Uint8Array<ArrayBuffer>
  rewardClaim?: RewardClaim
  epochReport?: EpochReport
  contest?: Contest
}

export const PartialAggregate = (() => {
  let _codec: Codec<PartialAggregate>

  const codec = (): Codec<PartialAggregate> => {
    if (_codec == null) {
      _codec = message<PartialAggregate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.contest != null) {
          obj.epochReport = undefined
          obj.rewardClaim = undefined
        }

        if (obj.epochReport != null) {
          obj.contest = undefined
          obj.rewardClaim = undefined
        }

        if (obj.rewardClaim != null) {
          obj.contest = undefined
          obj.epochReport = undefined
        }

        if ((obj.subnetBits != null && obj.subnetBits !== 0)) {
          w.uint32(8)
          w.uint32(obj.subnetBits)
        }

        if ((obj.subnet != null && obj.subnet !== 0)) {
          w.uint32(16)
          w.uint32(obj.subnet)
        }

        if ((obj.signers != null && obj.signers.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signers)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.epoch)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.signature)
        }

        if (obj.rewardClaim != null) {
          w.uint32(50)
          RewardClaim.codec().encode(obj.rewardClaim, w)
        }

        if (obj.epochReport != null) {
          w.uint32(58)
          EpochReport.codec().encode(obj.epochReport, w)
        }

        if (obj.contest != null) {
          w.uint32(66)
          Contest.codec().encode(obj.contest, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          subnetBits: 0,
          subnet: 0,
          signers: new Uint8Array(0),
          epoch: 0,
          signature: new Uint8Array(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.subnetBits = reader.uint32()
              break
            }
            case 2: {
              obj.subnet = reader.uint32()
              break
            }
            case 3: {
              obj.signers = reader.bytes()
              break
            }
            case 4: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 5: {
              obj.signature = reader.bytes()
              break
            }
            case 6: {
              obj.rewardClaim = RewardClaim.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rewardClaim
              })
              break
            }
            case 7: {
              obj.epochReport = EpochReport.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.epochReport
              })
              break
            }
            case 8: {
              obj.contest = Contest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.contest
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.contest != null) {
          delete obj.epochReport
          delete obj.rewardClaim
        }

        if (obj.epochReport != null) {
          delete obj.contest
          delete obj.rewardClaim
        }

        if (obj.rewardClaim != null) {
          delete obj.contest
          delete obj.epochReport
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<PartialAggregate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PartialAggregate.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PartialAggregate>): PartialAggregate {
    return decodeMessage(buf, PartialAggregate.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface RewardClaim {
  recipient: Uint8Array<ArrayBuffer>
  amount: Uint8Array<ArrayBuffer>
}

export const RewardClaim = (() => {
  let _codec: Codec<RewardClaim>

  const codec = (): Codec<RewardClaim> => {
    if (_codec == null) {
      _codec = message<RewardClaim>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.recipient != null && obj.recipient.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.recipient)
        }

        if ((obj.amount != null && obj.amount.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.amount)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          recipient: new Uint8Array(0),
          amount: new Uint8Array(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.recipient = reader.bytes()
              break
            }
            case 2: {
              obj.amount = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<RewardClaim>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RewardClaim.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RewardClaim>): RewardClaim {
    return decodeMessage(buf, RewardClaim.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface EpochReport {
  rewardsRoot: Uint8Array<ArrayBuffer>
  totalOwed: Uint8Array<ArrayBuffer>
  activate: number[]
  decommission: number[]
}

export const EpochReport = (() => {
  let _codec: Codec<EpochReport>

  const codec = (): Codec<EpochReport> => {
    if (_codec == null) {
      _codec = message<EpochReport>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rewardsRoot != null && obj.rewardsRoot.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rewardsRoot)
        }

        if ((obj.totalOwed != null && obj.totalOwed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.totalOwed)
        }

        if (obj.activate != null && obj.activate.length > 0) {
          for (const value of obj.activate) {
            w.uint32(24)
            w.uint64Number(value)
          }
        }

        if (obj.decommission != null && obj.decommission.length > 0) {
          for (const value of obj.decommission) {
            w.uint32(32)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rewardsRoot: new Uint8Array(0),
          totalOwed: new Uint8Array(0),
          activate: [],
          decommission: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.rewardsRoot = reader.bytes()
              break
            }
            case 2: {
              obj.totalOwed = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.activate != null && obj.activate.length === opts.limits.activate) {
                throw new MaxLengthError('Decode error - repeated field "activate" had too many elements')
              }

              obj.activate.push(reader.uint64Number())
              break
            }
            case 4: {
              if (opts.limits?.decommission != null && obj.decommission.length === opts.limits.decommission) {
                throw new MaxLengthError('Decode error - repeated field "decommission" had too many elements')
              }

              obj.decommission.push(reader.uint64Number())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<EpochReport>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, EpochReport.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EpochReport>): EpochReport {
    return decodeMessage(buf, EpochReport.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface Contest {}

export const Contest = (() => {
  let _codec: Codec<Contest>

  const codec = (): Codec<Contest> => {
    if (_codec == null) {
      _codec = message<Contest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<Contest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Contest.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Contest>): Contest {
    return decodeMessage(buf, Contest.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface Round {
  kind: number
  epoch: number
  subject: Uint8Array<ArrayBuffer>
  signers: Uint8Array<ArrayBuffer>
  needless: boolean
  singles: boolean
}

export const Round = (() => {
  let _codec: Codec<Round>

  const codec = (): Codec<Round> => {
    if (_codec == null) {
      _codec = message<Round>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(8)
          w.uint32(obj.kind)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if ((obj.subject != null && obj.subject.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.subject)
        }

        if ((obj.signers != null && obj.signers.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.signers)
        }

        if ((obj.needless != null && obj.needless !== false)) {
          w.uint32(40)
          w.bool(obj.needless)
        }

        if ((obj.singles != null && obj.singles !== false)) {
          w.uint32(48)
          w.bool(obj.singles)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: 0,
          epoch: 0,
          subject: new Uint8Array(0),
          signers: new Uint8Array(0),
          needless: false,
          singles: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = reader.uint32()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.subject = reader.bytes()
              break
            }
            case 4: {
              obj.signers = reader.bytes()
              break
            }
            case 5: {
              obj.needless = reader.bool()
              break
            }
            case 6: {
              obj.singles = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<Round>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Round.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Round>): Round {
    return decodeMessage(buf, Round.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface CatchUpRequest {
  rounds: Round[]
  onlyNamed: boolean
  rest: Uint8Array<ArrayBuffer>
}

export const CatchUpRequest = (() => {
  let _codec: Codec<CatchUpRequest>

  const codec = (): Codec<CatchUpRequest> => {
    if (_codec == null) {
      _codec = message<CatchUpRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.rounds != null && obj.rounds.length > 0) {
          for (const value of obj.rounds) {
            w.uint32(10)
            Round.codec().encode(value, w)
          }
        }

        if ((obj.onlyNamed != null && obj.onlyNamed !== false)) {
          w.uint32(16)
          w.bool(obj.onlyNamed)
        }

        if ((obj.rest != null && obj.rest.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.rest)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rounds: [],
          onlyNamed: false,
          rest: new Uint8Array(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.rounds != null && obj.rounds.length === opts.limits.rounds) {
                throw new MaxLengthError('Decode error - repeated field "rounds" had too many elements')
              }

              obj.rounds.push(Round.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rounds$
              }))
              break
            }
            case 2: {
              obj.onlyNamed = reader.bool()
              break
            }
            case 3: {
              obj.rest = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<CatchUpRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CatchUpRequest.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatchUpRequest>): CatchUpRequest {
    return decodeMessage(buf, CatchUpRequest.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface CatchUpResponse {
  requests: ClaimRequest[]
  shares: Share[]
  partials: PartialAggregate[]
  differs: boolean
}

export const CatchUpResponse = (() => {
  let _codec: Codec<CatchUpResponse>

  const codec = (): Codec<CatchUpResponse> => {
    if (_codec == null) {
      _codec = message<CatchUpResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.requests != null && obj.requests.length > 0) {
          for (const value of obj.requests) {
            w.uint32(10)
            ClaimRequest.codec().encode(value, w)
          }
        }

        if (obj.shares != null && obj.shares.length > 0) {
          for (const value of obj.shares) {
            w.uint32(18)
            Share.codec().encode(value, w)
          }
        }

        if (obj.partials != null && obj.partials.length > 0) {
          for (const value of obj.partials) {
            w.uint32(26)
            PartialAggregate.codec().encode(value, w)
          }
        }

        if ((obj.differs != null && obj.differs !== false)) {
          w.uint32(32)
          w.bool(obj.differs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          requests: [],
          shares: [],
          partials: [],
          differs: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.requests != null && obj.requests.length === opts.limits.requests) {
                throw new MaxLengthError('Decode error - repeated field "requests" had too many elements')
              }

              obj.requests.push(ClaimRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.requests$
              }))
              break
            }
            case 2: {
              if (opts.limits?.shares != null && obj.shares.length === opts.limits.shares) {
                throw new MaxLengthError('Decode error - repeated field "shares" had too many elements')
              }

              obj.shares.push(Share.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shares$
              }))
              break
            }
            case 3: {
              if (opts.limits?.partials != null && obj.partials.length === opts.limits.partials) {
                throw new MaxLengthError('Decode error - repeated field "partials" had too many elements')
              }

              obj.partials.push(PartialAggregate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.partials$
              }))
              break
            }
            case 4: {
              obj.differs = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<CatchUpResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CatchUpResponse.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatchUpResponse>): CatchUpResponse {
    return decodeMessage(buf, CatchUpResponse.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface InquiryRequest {
  request?: ClaimRequest
}

export const InquiryRequest = (() => {
  let _codec: Codec<InquiryRequest>

  const codec = (): Codec<InquiryRequest> => {
    if (_codec == null) {
      _codec = message<InquiryRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.request != null) {
          w.uint32(10)
          ClaimRequest.codec().encode(obj.request, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = ClaimRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.request
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<InquiryRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InquiryRequest.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InquiryRequest>): InquiryRequest {
    return decodeMessage(buf, InquiryRequest.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface InquiryResponse {
  share?: Share
  reason?: Reason
}

export const InquiryResponse = (() => {
  let _codec: Codec<InquiryResponse>

  const codec = (): Codec<InquiryResponse> => {
    if (_codec == null) {
      _codec = message<InquiryResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.reason != null) {
          obj.share = undefined
        }

        if (obj.share != null) {
          obj.reason = undefined
        }

        if (obj.share != null) {
          w.uint32(10)
          Share.codec().encode(obj.share, w)
        }

        if (obj.reason != null) {
          w.uint32(18)
          Reason.codec().encode(obj.reason, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.share = Share.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.share
              })
              break
            }
            case 2: {
              obj.reason = Reason.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.reason
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.reason != null) {
          delete obj.share
        }

        if (obj.share != null) {
          delete obj.reason
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<InquiryResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InquiryResponse.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InquiryResponse>): InquiryResponse {
    return decodeMessage(buf, InquiryResponse.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface Reason {
  code: string
  closedEpochs: number
}

export const Reason = (() => {
  let _codec: Codec<Reason>

  const codec = (): Codec<Reason> => {
    if (_codec == null) {
      _codec = message<Reason>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(10)
          w.string(obj.code)
        }

        if ((obj.closedEpochs != null && obj.closedEpochs !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.closedEpochs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: '',
          closedEpochs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = reader.string()
              break
            }
            case 2: {
              obj.closedEpochs = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<Reason>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Reason.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reason>): Reason {
    return decodeMessage(buf, Reason.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface PeersRequest {
  peerRecord: Uint8Array<ArrayBuffer>
  wanted: Uint8Array<ArrayBuffer>[]
}

export const PeersRequest = (() => {
  let _codec: Codec<PeersRequest>

  const codec = (): Codec<PeersRequest> => {
    if (_codec == null) {
      _codec = message<PeersRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerRecord != null && obj.peerRecord.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peerRecord)
        }

        if (obj.wanted != null && obj.wanted.length > 0) {
          for (const value of obj.wanted) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerRecord: new Uint8Array(0),
          wanted: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerRecord = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.wanted != null && obj.wanted.length === opts.limits.wanted) {
                throw new MaxLengthError('Decode error - repeated field "wanted" had too many elements')
              }

              obj.wanted.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<PeersRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PeersRequest.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PeersRequest>): PeersRequest {
    return decodeMessage(buf, PeersRequest.codec(), opts)
  }

  return { codec, encode, decode }
})()

export interface PeersResponse {
  peerRecords: Uint8Array<ArrayBuffer>[]
}

export const PeersResponse = (() => {
  let _codec: Codec<PeersResponse>

  const codec = (): Codec<PeersResponse> => {
    if (_codec == null) {
      _codec = message<PeersResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.peerRecords != null && obj.peerRecords.length > 0) {
          for (const value of obj.peerRecords) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerRecords: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.peerRecords != null && obj.peerRecords.length === opts.limits.peerRecords) {
                throw new MaxLengthError('Decode error - repeated field "peerRecords" had too many elements')
              }

              obj.peerRecords.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  function encode (obj: Partial<PeersResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PeersResponse.codec())
  }

  function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PeersResponse>): PeersResponse {
    return decodeMessage(buf, PeersResponse.codec(), opts)
  }

  return { codec, encode, decode }
})()
