// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "../interfaces/IContests.sol";
import {IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {ActiveSet} from "./ActiveSet.sol";
import {Bls} from "./Bls.sol";
import {BPS} from "./Bps.sol";
import {Ids} from "./Ids.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The moves of a node's stake between active, floor, silent and exited (the table of P-112), each with what it
/// does to aggregate key and bitmap.
/// @dev When a move is due is the caller's job.
library NodeSet {
    /// @dev From the first leave request to the exit, after which only the exit is left (P-34).
    uint256 internal constant UNLOCK_SECONDS = 15 days;
    /// @dev Silent reports from which on a node may be dropped from the floor: two days of hours (P-110).
    uint256 internal constant SILENT_REPORTS = 48;

    /// @dev Decommissions of one report end with the node that reaches this part of the active stake (P-38).
    uint256 private constant DECOMMISSION_BPS = 200;
    uint16 private constant FLOOR_FLAGS = RewardsStorage.SILENT_FLAG | RewardsStorage.KEPT_OUT_FLAG;

    /// @dev The stakes that a call moves, in memory until it ends.
    struct Stakes {
        uint256 active;
        uint256 floor;
        uint256 silent;
    }

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

    /// @notice How many reports were accepted since a decommissioned node was last heard (P-110).
    function silentReports(RewardsStorage.NodeRecord storage record) internal view returns (uint256) {
        return RewardsStorage.load().acceptedReports - record.heardAtReport;
    }

    /// @notice Activates those of `ids` that are pending or decommissioned, and emits which. Others are passed over.
    function activate(uint64[] calldata ids) internal {
        if (ids.length == 0) return;
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32[8] memory sum = NodeData.startSum(Bls.unpack($.aggregateKey));
        Stakes memory stakes = _stakes();
        uint64[] memory applied = new uint64[](ids.length);
        uint256 count = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            NodeState state = record.state;
            if ((state != NodeState.Pending && state != NodeState.Decommissioned) || isUnlocked(record)) continue;
            uint256 stake = NodeData.loadKey(sum, NodeData.pieceOf(id), 1);
            NodeData.addLoaded(sum);
            if (state == NodeState.Decommissioned) _takeInactive(stakes, record.flags, stake);
            stakes.active += stake;
            record.state = NodeState.Active;
            record.flags &= ~FLOOR_FLAGS;
            ActiveSet.add(id);
            applied[count++] = id;
        }
        if (count == 0) return;
        $.aggregateKey = Bls.pack(NodeData.endSum(sum));
        _store(stakes);
        emit IServiceNodeRegistry.ServiceNodesActivated(Ids.shorten(applied, count));
    }

    /// @notice Decommissions those of `ids` that are active and may stay so, and emits which. Others are passed over.
    /// @param capped Whether the bounds of P-38 hold: the list ends with the node that reaches 2% of the active stake,
    /// and no node goes that would take it below half of active, decommissioned and silent stake.
    /// @param base The active stake that the 2% are of.
    function decommission(uint64[] calldata ids, bool capped, uint256 base) internal {
        if (ids.length == 0) return;
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        BLS.G1Point memory key = Bls.unpack($.aggregateKey);
        Bls.negate(key); // so that what leaves is added, see SignatureCheck
        bytes32[8] memory sum = NodeData.startSum(key);
        Stakes memory stakes = _stakes();
        uint256 total = stakes.active + stakes.floor + stakes.silent; // no decommission changes it
        uint64[] memory applied = new uint64[](ids.length);
        uint256 count = 0;
        uint256 removed = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            if (record.state != NodeState.Active || isUnlocked(record)) continue;
            uint256 stake = NodeData.loadKey(sum, NodeData.pieceOf(id), 1);
            if (capped && 2 * (stakes.active - stake) < total) continue;
            NodeData.addLoaded(sum);
            stakes.active -= stake;
            stakes.floor += stake;
            record.state = NodeState.Decommissioned;
            record.decommissionedAt = uint40(block.timestamp);
            record.heardAtReport = $.acceptedReports;
            ActiveSet.remove(id);
            applied[count++] = id;
            removed += stake;
            if (capped && removed * BPS >= base * DECOMMISSION_BPS) break;
        }
        if (count == 0) return;
        key = NodeData.endSum(sum);
        Bls.negate(key);
        $.aggregateKey = Bls.pack(key);
        _store(stakes);
        emit IServiceNodeRegistry.ServiceNodesDecommissioned(Ids.shorten(applied, count));
    }

    /// @notice Takes those of `ids` out of the floor that are decommissioned and either silent for long enough or, when
    /// `byOwner`, not kept out yet; emits which. Others are passed over.
    function drop(uint64[] calldata ids, bool byOwner) internal {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint64[] memory applied = new uint64[](ids.length);
        uint256 count = 0;
        uint256 moved = 0;
        uint16 stops = byOwner ? RewardsStorage.KEPT_OUT_FLAG : RewardsStorage.SILENT_FLAG;
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            uint16 flags = record.flags;
            if (record.state != NodeState.Decommissioned || flags & stops != 0) continue;
            if (!byOwner && silentReports(record) < SILENT_REPORTS) continue;
            if (flags & RewardsStorage.SILENT_FLAG == 0) moved += NodeData.stakeOf(id);
            record.flags = flags | (byOwner ? FLOOR_FLAGS : RewardsStorage.SILENT_FLAG);
            applied[count++] = id;
        }
        if (count == 0) return;
        $.decommissionedStake -= uint96(moved);
        $.silentStake += uint96(moved);
        emit IContests.ServiceNodesDropped(Ids.shorten(applied, count), byOwner);
    }

    /// @notice Notes that those of `ids` that are decommissioned were heard, and moves the stake of those that were
    /// dropped for silence back; emits which. Others are passed over.
    /// @param ids It is left with those that were heard.
    /// @return heard How many these are.
    function hear(uint64[] memory ids) internal returns (uint256 heard) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint32 atReport = $.acceptedReports;
        uint64[] memory back; // most often nobody
        (uint256 restored, uint256 moved) = (0, 0);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            RewardsStorage.NodeRecord storage record = $.records[id];
            if (record.state != NodeState.Decommissioned) continue;
            record.heardAtReport = atReport;
            ids[heard++] = id;
            if (record.flags & FLOOR_FLAGS != RewardsStorage.SILENT_FLAG) continue;
            record.flags &= ~RewardsStorage.SILENT_FLAG;
            moved += NodeData.stakeOf(id);
            if (restored == 0) back = new uint64[](ids.length);
            back[restored++] = id;
        }
        if (heard == 0) return 0;
        emit IContests.ServiceNodesHeard(Ids.shorten(ids, heard));
        if (restored == 0) return heard;
        $.silentStake -= uint96(moved);
        $.decommissionedStake += uint96(moved);
        emit IContests.ServiceNodesRestored(Ids.shorten(back, restored));
    }

    /// @notice Takes a node that has not exited out of the set.
    function exit(uint64 id) internal {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.NodeRecord storage record = $.records[id];
        NodeState state = record.state;
        if (state == NodeState.Active) {
            BLS.G1Point memory key = Bls.unpack($.aggregateKey);
            Bls.negate(key);
            bytes32[8] memory sum = NodeData.startSum(key);
            $.activeStake -= uint96(NodeData.loadKey(sum, NodeData.pieceOf(id), 1));
            NodeData.addLoaded(sum);
            key = NodeData.endSum(sum);
            Bls.negate(key);
            $.aggregateKey = Bls.pack(key);
            ActiveSet.remove(id);
        } else if (state == NodeState.Decommissioned) {
            Stakes memory stakes = _stakes();
            _takeInactive(stakes, record.flags, NodeData.stakeOf(id));
            _store(stakes);
            record.flags &= ~FLOOR_FLAGS;
        }
        record.state = NodeState.Exited;
        $.nodeCount -= 1;
    }

    /// @dev Takes a decommissioned node's stake from where it counts.
    function _takeInactive(Stakes memory stakes, uint16 flags, uint256 stake) private pure {
        if (flags & RewardsStorage.SILENT_FLAG == 0) stakes.floor -= stake;
        else stakes.silent -= stake;
    }

    function _stakes() private view returns (Stakes memory) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        return Stakes($.activeStake, $.decommissionedStake, $.silentStake);
    }

    function _store(Stakes memory stakes) private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        ($.activeStake, $.decommissionedStake) = (uint96(stakes.active), uint96(stakes.floor));
        if ($.silentStake != stakes.silent) $.silentStake = uint96(stakes.silent);
    }
}
