// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardsDistributor} from "../interfaces/IRewardsDistributor.sol";

/// @title The arithmetic of a recipient's pair (P-25, P-26), apart from storage, so that it can be proved:
/// test/proofs/BalanceMath.sol.
/// @dev `lifetime` is what a recipient has earned and `claimed` what of it was paid, in atomic units of 128 bits.
/// `require`, because the prover does not see that a `revert` statement ends a function.
library BalanceMath {
    /// @notice The lifetime amount after somebody has shown `amount`: it only grows (P-25).
    /// @dev Reverts with `AmountTooLarge` when a larger amount does not fit its 128 bits.
    function raised(uint256 lifetime, uint256 amount) internal pure returns (uint256) {
        if (amount <= lifetime) return lifetime;
        require(amount <= type(uint128).max, IRewardsDistributor.AmountTooLarge(amount));
        return amount;
    }

    /// @notice What is left to pay. That `claimed` is never above `lifetime` is proved of `raised` and `paid` together.
    function owed(uint256 lifetime, uint256 claimed) internal pure returns (uint256) {
        unchecked {
            return lifetime - claimed; // `claimed` is never above
        }
    }

    /// @notice `claimed` after a payment of `amount` (P-26).
    /// @dev Reverts with `ClaimExceedsBalance` when that is more than is owed.
    function paid(uint256 lifetime, uint256 claimed, uint256 amount) internal pure returns (uint256) {
        uint256 left = owed(lifetime, claimed);
        require(amount <= left, IRewardsDistributor.ClaimExceedsBalance(amount, left));
        unchecked {
            return claimed + amount; // at most `lifetime`
        }
    }
}
