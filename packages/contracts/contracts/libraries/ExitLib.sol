// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Contributor, IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {BPS} from "./Bps.sol";
import {NodeData} from "./NodeData.sol";
import {NodeSet} from "./NodeSet.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How nodes leave the set, and what of their principal is whose (P-33 to P-36).
/// @dev Linked: it runs on the storage of ServiceNodeRewards. Moving tokens is the caller's job.
library ExitLib {
    /// @dev A leave request may be repeated after this long: agents that missed the first see it again.
    uint256 internal constant REPEAT_SECONDS = 1 hours;
    /// @dev Contributors with less than this part of the stake wait before they may end a node (P-33).
    uint256 internal constant SMALL_CONTRIBUTOR_BPS = 2_500;
    uint256 internal constant SMALL_CONTRIBUTOR_SECONDS = 30 days;
    /// @dev Silent reports from which on a decommissioned node may be liquidated: a week of hours (P-36).
    uint256 internal constant LIQUIDATION_REPORTS = 168;
    /// @dev Session's numbers: 3 to the liquidator, 17 to the pool, 9980 stay (P-36). The operator has at least a
    /// quarter, which covers both.
    uint256 internal constant LIQUIDATOR_BPS = 3;
    uint256 internal constant POOL_BPS = 17;
    /// @dev From the decommission to the principal of a liquidated node: twice what leaving takes, so that failing is
    /// never the faster way out (P-36).
    uint256 internal constant LIQUIDATED_LOCK_SECONDS = 30 days;

    /// @notice See `IServiceNodeRewards.initiateExitBLSPublicKey`.
    function requestLeave(uint64 id) external {
        RewardsStorage.NodeRecord storage record = _inSet(id);
        uint256 last = record.lastLeaveRequestAt;
        if (last != 0 && block.timestamp < last + REPEAT_SECONDS) {
            revert IServiceNodeRegistry.LeaveRequestTooEarly(id, last + REPEAT_SECONDS);
        }
        _checkMayLeave(id, record.registeredAt);
        if (last == 0) record.leaveRequestedAt = uint40(block.timestamp);
        record.lastLeaveRequestAt = uint40(block.timestamp);
        emit IServiceNodeRegistry.ServiceNodeExitRequest(id, msg.sender, NodeSet.unlocksAt(record));
    }

    /// @notice See `IServiceNodeRewards.exitBLSPublicKey`.
    function exit(uint64 id) external {
        RewardsStorage.NodeRecord storage record = _inSet(id);
        uint256 time = NodeSet.unlocksAt(record);
        if (time == 0) revert IServiceNodeRegistry.LeaveNotRequested(id);
        if (block.timestamp < time) revert IServiceNodeRegistry.NodeLocked(id, time);
        NodeSet.exit(id);
        record.unlocksAt = uint40(time);
        emit IServiceNodeRegistry.ServiceNodeExit(id, time);
    }

    /// @notice See `IServiceNodeRewards.liquidateBLSPublicKey`. What it returns is no longer principal.
    function liquidate(uint64 id) external returns (uint256 liquidatorShare, uint256 poolShare) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.NodeRecord storage record = _inSet(id);
        if (record.state != NodeState.Decommissioned) revert IServiceNodeRegistry.NodeNotDecommissioned(id);
        if (NodeSet.isUnlocked(record)) revert IServiceNodeRegistry.NodeUnlocked(id, NodeSet.unlocksAt(record));
        uint256 reports = NodeSet.silentReports(record);
        if (reports < LIQUIDATION_REPORTS) {
            revert IServiceNodeRegistry.LiquidationTooEarly(id, reports, LIQUIDATION_REPORTS);
        }
        uint256 stake = NodeData.stakeOf(id);
        (liquidatorShare, poolShare) = (stake * LIQUIDATOR_BPS / BPS, stake * POOL_BPS / BPS);
        uint256 time = record.decommissionedAt + LIQUIDATED_LOCK_SECONDS;
        NodeSet.exit(id);
        record.unlocksAt = uint40(time);
        record.flags = RewardsStorage.LIQUIDATED_FLAG;
        $.forfeited[id] = liquidatorShare + poolShare;
        $.principal -= uint96(liquidatorShare + poolShare);
        emit IServiceNodeRegistry.ServiceNodeLiquidated(id, msg.sender, liquidatorShare, poolShare, time);
    }

    /// @notice See `IServiceNodeRewards.withdrawPrincipalFor`. What it returns is no longer principal, and is the
    /// contributor's.
    function takePrincipal(uint64 id, address contributor) external returns (uint256 amount) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.NodeRecord storage record = $.records[id];
        NodeState state = record.state;
        if (state == NodeState.None) revert IServiceNodeRegistry.UnknownId(id, $.nextId);
        if (state != NodeState.Exited) revert IServiceNodeRegistry.NodeNotExited(id);
        if (block.timestamp < record.unlocksAt) revert IServiceNodeRegistry.NodeLocked(id, record.unlocksAt);
        (,,,,, Contributor[] memory contributors) = NodeData.decode(NodeData.pieceOf(id));
        uint256 index = _indexOf(contributors, contributor, id);
        uint16 flag = uint16(1 << index);
        if (record.flags & flag != 0) revert IServiceNodeRegistry.PrincipalWithdrawn(id, contributor);
        record.flags |= flag;
        amount = contributors[index].stake;
        if (index == 0) amount -= $.forfeited[id];
        $.principal -= uint96(amount);
        emit IServiceNodeRegistry.PrincipalReturned(id, contributor, amount);
    }

    /// @dev The record of a node that has not exited.
    function _inSet(uint64 id) private view returns (RewardsStorage.NodeRecord storage record) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        record = $.records[id];
        if (record.state == NodeState.None) revert IServiceNodeRegistry.UnknownId(id, $.nextId);
        if (record.state == NodeState.Exited) revert IServiceNodeRegistry.NodeExited(id);
    }

    /// @dev P-33: the operator and large contributors at any time, small ones not soon after the registration.
    function _checkMayLeave(uint64 id, uint256 registeredAt) private view {
        (, uint128 stake, address operator,,, Contributor[] memory contributors) =
            NodeData.decode(NodeData.pieceOf(id));
        if (msg.sender == operator) return;
        uint256 part = contributors[_indexOf(contributors, msg.sender, id)].stake;
        uint256 allowedAt = registeredAt + SMALL_CONTRIBUTOR_SECONDS;
        if (part * BPS < stake * SMALL_CONTRIBUTOR_BPS && block.timestamp < allowedAt) {
            revert IServiceNodeRegistry.LeaveRequestTooEarly(id, allowedAt);
        }
    }

    function _indexOf(Contributor[] memory contributors, address account, uint64 id) private pure returns (uint256) {
        for (uint256 i = 0; i < contributors.length; ++i) {
            if (contributors[i].addr == account) return i;
        }
        revert IServiceNodeRegistry.NotContributor(id, account);
    }
}
