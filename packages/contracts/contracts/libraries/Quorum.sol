// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {QuorumMath} from "./QuorumMath.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How much stake must have signed (P-24). Comparisons are exact: 16 of 24 equal stakes is below 6667 bps.
library Quorum {
    uint256 internal constant BPS = QuorumMath.BPS;
    uint256 internal constant MONEY_BPS = QuorumMath.MONEY_BPS;
    uint256 internal constant FLOOR_BPS = QuorumMath.FLOOR_BPS;
    uint256 internal constant RECORD_BPS = QuorumMath.RECORD_BPS;

    /// @notice Reverts unless enough has signed to move money.
    function checkMoney(uint256 signedActive, uint256 signedFloor) internal view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 active = $.activeStake;
        if (!QuorumMath.reaches(signedActive, active, MONEY_BPS)) {
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, MONEY_BPS);
        }
        uint256 total = active + $.decommissionedStake;
        if (!QuorumMath.reaches(signedFloor, total, FLOOR_BPS)) {
            revert IServiceNodeRewards.FloorNotReached(signedFloor, total, FLOOR_BPS);
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
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, RECORD_BPS);
        }
    }
}
