// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardsDistributor} from "../interfaces/IRewardsDistributor.sol";

/// @title The claim limit of a cycle (P-26), apart from storage, so that it can be proved: test/proofs/ClaimCycle.sol.
/// @dev Amounts are atomic units; a cycle is known by its number.
library ClaimCycle {
    /// @notice What cycle `cycleNow` has paid, from what is stored of the last cycle that paid: a new one starts at
    /// zero.
    function used(uint256 cycleNow, uint256 storedCycle, uint256 storedUsed) internal pure returns (uint256) {
        return cycleNow == storedCycle ? storedUsed : 0;
    }

    /// @notice What the cycle may still pay: nothing, when a lowered limit is below what it has paid.
    function left(uint256 used_, uint256 limit) internal pure returns (uint256) {
        unchecked {
            return used_ < limit ? limit - used_ : 0;
        }
    }

    /// @notice What the cycle has paid after `amount` more.
    /// @dev Reverts with `ClaimLimitExceeded` when that would pass the limit.
    function take(uint256 amount, uint256 used_, uint256 limit) internal pure returns (uint256) {
        uint256 left_ = left(used_, limit);
        require(amount <= left_, IRewardsDistributor.ClaimLimitExceeded(amount, left_)); // see BalanceMath
        unchecked {
            return used_ + amount; // at most `limit`, unless `amount` is zero
        }
    }
}
