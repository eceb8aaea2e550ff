// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./Bls.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The one check of an aggregate signature, which every message kind goes through (P-23).
/// @dev In: a digest, an aggregate signature, id lists. Out: the stake that signed. Quorums are the caller's job.
library SignatureCheck {
    /// @notice See `IServiceNodeRegistry.verify`.
    function verify(
        bytes32 digest,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) internal view returns (uint256 signedActive, uint256 signedFloor) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        signedActive = $.activeStake;
        if (signedActive == 0) revert IServiceNodeRegistry.NoActiveStake();

        BLS.G1Point memory key = Bls.unpack($.aggregateKey);
        if (nonSigners.length != 0) {
            // key - sum = -(-key + sum): so subtracting k keys takes k additions, not one more.
            Bls.negate(key);
            uint256 absentStake;
            (key, absentStake) = _addKeys(key, nonSigners, true);
            Bls.negate(key);
            signedActive -= absentStake;
        }
        signedFloor = signedActive;
        if (extraSigners.length != 0) {
            uint256 extraStake;
            (key, extraStake) = _addKeys(key, extraSigners, false);
            signedFloor += extraStake;
        }

        // e(-G1, 0) e(0, H) = 1 holds for every digest: without these two, an empty set would sign anything.
        if (Bls.isInfinity(key)) revert IServiceNodeRegistry.KeyAtInfinity();
        if (Bls.isInfinity(signature)) revert IServiceNodeRegistry.SignatureAtInfinity();
        if (!Bls.isValid(key, digest, signature)) revert IServiceNodeRegistry.InvalidSignature(digest);
    }

    /// @dev Adds keys to `key`: of those of `ids` that are active (non-signers), with all their stake, or of those that
    /// are not (extra signers), with the stake of the decommissioned ones. The others are passed over.
    function _addKeys(BLS.G1Point memory key, uint64[] calldata ids, bool active)
        private
        view
        returns (BLS.G1Point memory, uint256 stake)
    {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32[8] memory points = NodeData.startSum(key);
        uint256 packedIds = uint256($.packedGroups) * NodeData.GROUP_SIZE;
        address store = NodeData.keyStore();
        address pack = address(0);
        uint256 group = type(uint256).max; // whose piece is `pack`
        uint256 previous = 0;
        uint256 word = type(uint256).max;
        uint256 bits = 0; // of the bitmap's `word`
        // This loop is what a non-signer costs, so it reads calldata itself and does unchecked sums: an id whose bit is
        // set was given, any other is compared with `nextId` whatever its type, and the stakes of distinct nodes sum to
        // less than 2^96.
        unchecked {
            for (uint256 i = 0; i < ids.length; ++i) {
                uint256 id;
                assembly ("memory-safe") {
                    id := calldataload(add(ids.offset, shl(5, i)))
                }
                if (id <= previous) _refuse(previous, id);
                previous = id;
                if (id >> 8 != word) {
                    word = id >> 8;
                    bits = $.activeBitmap[word];
                }
                bool isActive = (bits >> (id & 0xff)) & 1 == 1;
                if (!isActive && id >= $.nextId) revert IServiceNodeRegistry.UnknownId(id, $.nextId);
                if (isActive != active) continue;

                uint256 nodeStake;
                if (id < packedIds) {
                    if (id / NodeData.GROUP_SIZE != group) {
                        group = id / NodeData.GROUP_SIZE;
                        pack = NodeData.addressOf(NodeData.packStore(), group + 1);
                    }
                    uint256 offset = 1 + (id % NodeData.GROUP_SIZE) * NodeData.PACKED_SIZE;
                    nodeStake = NodeData.loadKey(points, pack, offset);
                } else {
                    nodeStake = NodeData.loadKey(points, NodeData.addressOf(store, id), 1);
                }
                NodeData.addLoaded(points);
                if (active || $.records[id].state == NodeState.Decommissioned) stake += nodeStake;
            }
        }
        return (NodeData.endSum(points), stake);
    }

    /// @dev Says what is wrong with an id that may not follow `previous`.
    function _refuse(uint256 previous, uint256 id) private view {
        if (id == 0) revert IServiceNodeRegistry.UnknownId(id, RewardsStorage.load().nextId);
        if (id == previous) revert IServiceNodeRegistry.DuplicateId(id);
        revert IServiceNodeRegistry.UnsortedIds(previous, id);
    }
}
