// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IRewardsDistributor} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Bls} from "../../../contracts/libraries/Bls.sol";
import {NodeData} from "../../../contracts/libraries/NodeData.sol";
import {RewardsStorage} from "../../../contracts/libraries/RewardsStorage.sol";
import {ServiceNodeRewards} from "../../../contracts/ServiceNodeRewards.sol";

/// @title The rewards contract with two levers: a test may put a node into any state, with P-22 kept, and let reports
/// pass.
contract RewardsHarness is ServiceNodeRewards {
    constructor(IRewardsDistributor distributor_) ServiceNodeRewards(distributor_) {}

    function setState(uint64 id, NodeState state) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        (bytes32[3] memory key, uint128 stake,,,,) = NodeData.decode(NodeData.pieceOf(id));
        NodeState previous = $.records[id].state;
        bool wasActive = previous == NodeState.Active;
        bool isActive = state == NodeState.Active;
        if (wasActive != isActive) {
            $.activeBitmap[id >> 8] ^= 1 << (id & 0xff);
            BLS.G1Point memory point = Bls.unpack(key);
            if (!isActive) Bls.negate(point);
            $.aggregateKey = Bls.pack(Bls.add(Bls.unpack($.aggregateKey), point));
            $.activeStake = isActive ? $.activeStake + uint96(stake) : $.activeStake - uint96(stake);
        }
        if (previous == NodeState.Decommissioned) $.decommissionedStake -= uint96(stake);
        if (state == NodeState.Decommissioned) $.decommissionedStake += uint96(stake);
        $.records[id].state = state;
        $.records[id].heardAtReport = $.acceptedReports;
    }

    /// @dev As if `count` further reports without lists had been accepted.
    function passReports(uint32 count) external {
        RewardsStorage.load().acceptedReports += count;
    }
}
