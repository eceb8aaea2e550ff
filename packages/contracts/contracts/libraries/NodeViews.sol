// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRegistry, Node, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./Bls.sol";
import {Ids} from "./Ids.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title What pages and tools read of nodes, one by one and in ranges of ids.
/// @dev Linked: it runs on the storage of ServiceNodeRewards. Nothing is stored for it: a page is read from the data of
/// each of its nodes.
library NodeViews {
    /// @notice See `IServiceNodeRegistry.node`.
    function node(uint64 id) external view returns (Node memory) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if ($.records[id].state == NodeState.None) revert IServiceNodeRegistry.UnknownId(id, $.nextId);
        return _node(id);
    }

    /// @notice See `IServiceNodeRegistry.nodes`.
    function nodes(uint64 from, uint64 count) external view returns (Node[] memory page) {
        (uint256 first, uint256 end) = _range(from, count);
        page = new Node[](end - first);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _node(uint64(first + i));
        }
    }

    /// @notice See `IServiceNodeRegistry.nodesOf`.
    function nodesOf(address account, uint64 from, uint64 count) external view returns (uint64[] memory ids) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        (uint256 first, uint256 end) = _range(from, count);
        ids = new uint64[](end - first);
        bytes memory room = NodeData.room();
        uint256 found = 0;
        for (uint256 id = first; id < end; ++id) {
            (bool isOf, uint256 index) = NodeData.find(NodeData.pieceOf(id), account, room);
            if (isOf && $.records[id].flags & (1 << index) == 0) ids[found++] = uint64(id);
        }
        Ids.shorten(ids, found);
    }

    /// @dev The part of [from, from + count) in which ids have been given: from `first` to before `end`.
    function _range(uint64 from, uint64 count) private view returns (uint256 first, uint256 end) {
        uint256 nextId = RewardsStorage.load().nextId;
        first = from == 0 ? 1 : from;
        end = uint256(from) + count;
        if (end > nextId) end = nextId;
        if (end < first) end = first;
    }

    /// @dev A node whose id was given.
    function _node(uint64 id) private view returns (Node memory result) {
        RewardsStorage.NodeRecord storage record = RewardsStorage.load().records[id];
        bytes32[3] memory key;
        (key, result.stake, result.operator, result.identityKey, result.feeBps, result.contributors) =
            NodeData.decode(NodeData.pieceOf(id));
        result.id = id;
        result.blsKey = Bls.unpack(key);
        result.state = record.state;
        result.registeredAt = record.registeredAt;
        result.leaveRequestedAt = record.leaveRequestedAt;
        result.lastLeaveRequestAt = record.lastLeaveRequestAt;
        result.decommissionedAt = record.decommissionedAt;
        result.heardAtReport = record.heardAtReport;
        result.unlocksAt = record.unlocksAt;
        uint16 flags = record.flags;
        result.withdrawn = flags & (RewardsStorage.SILENT_FLAG - 1);
        result.silent = flags & RewardsStorage.SILENT_FLAG != 0;
        result.keptOut = flags & RewardsStorage.KEPT_OUT_FLAG != 0;
        result.liquidated = flags & RewardsStorage.LIQUIDATED_FLAG != 0;
    }
}
