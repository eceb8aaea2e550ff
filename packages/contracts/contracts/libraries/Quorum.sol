// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How much stake must have signed (P-24). Comparisons are exact: 16 of 24 equal stakes is below 6667 bps.
library Quorum {
    uint256 internal constant BPS = 10_000;
    /// @dev The part of the active stake that moves money.
    uint256 internal constant MONEY_BPS = 9_500;
    /// @dev The part of active and decommissioned stake without which no money moves.
    uint256 internal constant FLOOR_BPS = 7_500;
    /// @dev The part of the active stake that records a report.
    uint256 internal constant RECORD_BPS = 6_667;

    /// @notice Reverts unless enough has signed to move money.
    function checkMoney(uint256 signedActive, uint256 signedFloor) internal view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 active = $.activeStake;
        if (signedActive * BPS < active * MONEY_BPS) {
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, MONEY_BPS);
        }
        uint256 total = active + $.decommissionedStake;
        if (signedFloor * BPS < total * FLOOR_BPS) {
            revert IServiceNodeRewards.FloorNotReached(signedFloor, total, FLOOR_BPS);
        }
    }

    /// @notice Whether enough has signed to move money.
    function movesMoney(uint256 signedActive, uint256 signedFloor) internal view returns (bool) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 active = $.activeStake;
        uint256 total = active + $.decommissionedStake;
        return signedActive * BPS >= active * MONEY_BPS && signedFloor * BPS >= total * FLOOR_BPS;
    }

    /// @notice Reverts unless enough has signed to record a report.
    function checkRecord(uint256 signedActive) internal view {
        uint256 active = RewardsStorage.load().activeStake;
        if (signedActive * BPS < active * RECORD_BPS) {
            revert IServiceNodeRewards.QuorumNotReached(signedActive, active, RECORD_BPS);
        }
    }
}
