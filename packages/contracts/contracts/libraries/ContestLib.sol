// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "../interfaces/IContests.sol";
import {IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {Digests} from "./Digests.sol";
import {Epochs} from "./Epochs.sol";
import {NodeData} from "./NodeData.sol";
import {NodeSet} from "./NodeSet.sol";
import {RewardsStorage} from "./RewardsStorage.sol";
import {SignatureCheck} from "./SignatureCheck.sol";
import {SignerList} from "./SignerList.sol";

/// @title How decommissioned nodes say that they are alive, and what becomes of those that do not (P-110, P-111,
/// P-116).
/// @dev Linked: it runs on the storage of ServiceNodeRewards.
library ContestLib {
    /// @notice See `IContests.contest`.
    /// @dev Not linked: an operator whose node is judged wrongly pays for as little as can be.
    function contest(uint64 id) internal {
        address operator = NodeData.operatorOf(id); // zero where there is no node
        if (operator == address(0)) revert IServiceNodeRegistry.UnknownId(id, RewardsStorage.load().nextId);
        if (msg.sender != operator) revert IServiceNodeRegistry.CallerNotOperator(msg.sender, operator);
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        if (NodeSet.hear(ids) == 0) revert IServiceNodeRegistry.NodeNotDecommissioned(id);
    }

    /// @notice See `IContests.contestSigned`.
    function contestSigned(
        bytes32 domainSeparator,
        uint64 epoch,
        BLS.G2Point calldata signature,
        uint64[] calldata signers
    ) external {
        uint256 end = Epochs.endOf(epoch);
        Epochs.checkWithin(epoch, end - Epochs.length(), end + Epochs.length());
        if (!SignerList.any(signers, _isDecommissioned)) revert IContests.NobodyToContest(epoch);
        SignatureCheck.checkExactly(Digests.contest(domainSeparator, epoch), signature, signers);
        NodeSet.hear(signers);
    }

    /// @notice See `IContests.dropSilent`.
    function dropSilent(uint64[] calldata ids) external {
        NodeSet.drop(ids, false);
    }

    /// @notice See `IContests.dropFromFloor`.
    function dropFromFloor(uint64[] calldata ids) external {
        NodeSet.drop(ids, true);
    }

    function _isDecommissioned(NodeState state) private pure returns (bool) {
        return state == NodeState.Decommissioned;
    }
}
