// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {QuorumMath} from "./QuorumMath.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title Whether enough of the stake has signed (P-24). Silent stake is on neither side.
library Quorum {
    /// @notice Reverts unless enough has signed to move money.
    function checkMoney(uint256 signedActive, uint256 signedFloor) internal view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 active = $.activeStake;
        if (!QuorumMath.reaches(signedActive, active, QuorumMath.MONEY_BPS)) {
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, QuorumMath.MONEY_BPS);
        }
        uint256 total = active + $.decommissionedStake;
        if (!QuorumMath.reaches(signedFloor, total, QuorumMath.FLOOR_BPS)) {
            revert IServiceNodeRewards.FloorNotReached(signedFloor, total, QuorumMath.FLOOR_BPS);
        }
    }

    /// @notice Whether enough has signed to move money.
    function movesMoney(uint256 signedActive, uint256 signedFloor) internal view returns (bool) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 active = $.activeStake;
        uint256 total = active + $.decommissionedStake;
        return QuorumMath.moves(signedActive, active, signedFloor, total);
    }

    /// @notice Reverts unless enough has signed to record a report.
    function checkRecord(uint256 signedActive) internal view {
        uint256 active = RewardsStorage.load().activeStake;
        if (!QuorumMath.records(signedActive, active)) {
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, QuorumMath.RECORD_BPS);
        }
    }
}
