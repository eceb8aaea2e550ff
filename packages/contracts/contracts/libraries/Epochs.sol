// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The time of epochs (P-51): epoch e is from genesis + e × length until before genesis + (e + 1) × length.
/// @dev In seconds since 1970, in 256 bits, so that no epoch's number overflows into a window.
library Epochs {
    /// @notice The length of an epoch, in seconds.
    function length() internal view returns (uint256) {
        return RewardsStorage.load().epochSeconds;
    }

    /// @notice The epoch that runs now.
    function running() internal view returns (uint256) {
        return (block.timestamp - RewardsStorage.load().genesis) / length();
    }

    /// @notice The first moment after an epoch.
    function endOf(uint256 epoch) internal view returns (uint256) {
        return RewardsStorage.load().genesis + (epoch + 1) * length();
    }

    /// @notice Reverts unless it is `from` or later, and before `until`.
    function checkWithin(uint256 epoch, uint256 from, uint256 until) internal view {
        if (block.timestamp < from || block.timestamp >= until) {
            revert IEpochReports.OutsideWindow(epoch, from, until);
        }
    }
}
