// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./Bls.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The changes of a node's state, each with what it does to aggregate key, stakes and bitmap (P-21, P-22).
/// @dev When a change is due is the caller's job.
library NodeSet {
    /// @dev From the first leave request to the exit, after which only the exit is left (P-34).
    uint256 internal constant UNLOCK_SECONDS = 15 days;

    uint256 private constant BPS = 10_000;
    /// @dev Decommissions of one report end with the node that reaches this part of the active stake (P-38).
    uint256 private constant DECOMMISSION_BPS = 200;

    /// @notice When a node that has asked to leave may be exited by anyone; zero when it has not asked.
    function unlocksAt(RewardsStorage.NodeRecord storage record) internal view returns (uint256) {
        uint256 requestedAt = record.leaveRequestedAt;
        return requestedAt == 0 ? 0 : requestedAt + UNLOCK_SECONDS;
    }

    /// @notice Whether only the exit is left to a node.
    function isUnlocked(RewardsStorage.NodeRecord storage record) internal view returns (bool) {
        uint256 time = unlocksAt(record);
        return time != 0 && block.timestamp >= time;
    }

    /// @notice Activates those of `ids` that may be, and emits which: pending ones, and decommissioned ones unless
    /// `pendingOnly`. Others are passed over.
    function activate(uint64[] calldata ids, bool pendingOnly) internal {
        if (ids.length == 0) return;
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32[8] memory sum = NodeData.startSum(Bls.unpack($.aggregateKey));
        (uint256 active, uint256 decommissioned) = ($.activeStake, $.decommissionedStake);
        uint64[] memory applied = new uint64[](ids.length);
        uint256 count = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            NodeState state = record.state;
            if (state != NodeState.Pending && (pendingOnly || state != NodeState.Decommissioned)) continue;
            if (isUnlocked(record)) continue;
            uint256 stake = NodeData.loadKey(sum, NodeData.pieceOf(id), 1);
            NodeData.addLoaded(sum);
            active += stake;
            if (state == NodeState.Decommissioned) decommissioned -= stake;
            record.state = NodeState.Active;
            $.activeBitmap[id >> 8] |= 1 << (id & 0xff);
            applied[count++] = id;
        }
        if (count == 0) return;
        _store(NodeData.endSum(sum), active, decommissioned);
        emit IServiceNodeRegistry.ServiceNodesActivated(_shorten(applied, count));
    }

    /// @notice Decommissions those of `ids` that are active and may stay so, and emits which. Others are passed over.
    /// @param capped Whether the bounds of P-38 hold: the list ends with the node that reaches 2% of the active stake,
    /// and no node goes that would take it below half of active and decommissioned stake.
    /// @param base The active stake that the 2% are of.
    function decommission(uint64[] calldata ids, bool capped, uint256 base) internal {
        if (ids.length == 0) return;
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        BLS.G1Point memory key = Bls.unpack($.aggregateKey);
        Bls.negate(key); // so that what leaves is added, see SignatureCheck
        bytes32[8] memory sum = NodeData.startSum(key);
        (uint256 active, uint256 decommissioned) = ($.activeStake, $.decommissionedStake);
        uint64[] memory applied = new uint64[](ids.length);
        uint256 count = 0;
        uint256 removed = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            if (record.state != NodeState.Active || isUnlocked(record)) continue;
            uint256 stake = NodeData.loadKey(sum, NodeData.pieceOf(id), 1);
            if (capped && 2 * (active - stake) < active + decommissioned) continue;
            NodeData.addLoaded(sum);
            active -= stake;
            decommissioned += stake;
            record.state = NodeState.Decommissioned;
            record.decommissionedAt = uint40(block.timestamp);
            record.decommissionedAtReport = uint32($.acceptedReports);
            $.activeBitmap[id >> 8] &= ~(1 << (id & 0xff));
            applied[count++] = id;
            removed += stake;
            if (capped && removed * BPS >= base * DECOMMISSION_BPS) break;
        }
        if (count == 0) return;
        key = NodeData.endSum(sum);
        Bls.negate(key);
        _store(key, active, decommissioned);
        emit IServiceNodeRegistry.ServiceNodesDecommissioned(_shorten(applied, count));
    }

    /// @notice Takes a node that has not exited out of the set.
    function exit(uint64 id) internal {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.NodeRecord storage record = $.records[id];
        NodeState state = record.state;
        if (state == NodeState.Active || state == NodeState.Decommissioned) {
            BLS.G1Point memory key = Bls.unpack($.aggregateKey);
            Bls.negate(key);
            bytes32[8] memory sum = NodeData.startSum(key);
            uint256 stake = NodeData.loadKey(sum, NodeData.pieceOf(id), 1);
            if (state == NodeState.Active) {
                NodeData.addLoaded(sum);
                key = NodeData.endSum(sum);
                Bls.negate(key);
                $.activeBitmap[id >> 8] &= ~(1 << (id & 0xff));
                _store(key, $.activeStake - stake, $.decommissionedStake);
            } else {
                $.decommissionedStake -= uint96(stake);
            }
        }
        record.state = NodeState.Exited;
        $.nodeCount -= 1;
    }

    function _store(BLS.G1Point memory key, uint256 active, uint256 decommissioned) private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        $.aggregateKey = Bls.pack(key);
        ($.activeStake, $.decommissionedStake) = (uint96(active), uint96(decommissioned));
    }

    function _shorten(uint64[] memory list, uint256 length) private pure returns (uint64[] memory) {
        assembly ("memory-safe") {
            mstore(list, length)
        }
        return list;
    }
}
