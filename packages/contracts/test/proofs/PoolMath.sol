// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolMath} from "../../contracts/libraries/PoolMath.sol";

/// @dev P-31, for all balances and times. What is assumed of `expWad` is in abstract/FixedPointMathLib.sol, which
/// stands in for Solady's here: that is assembly, which the prover does not read.
contract PoolProofs {
    uint256 private constant WAD = 1e18;

    function P31_never_more_than_the_balance_is_released(uint128 balance, uint256 elapsed) external pure {
        assert(PoolMath.releasedOf(balance, elapsed) <= balance);
    }

    function P31_nothing_is_released_at_once(uint128 balance) external pure {
        assert(PoolMath.releasedOf(balance, 0) == 0);
    }

    function P31_the_part_left_is_never_above_the_whole(uint256 elapsed) external pure {
        assert(PoolMath.leftAfter(elapsed) <= WAD);
    }

    /// @dev With an exponential that falls as its argument does, the release never decreases in time: these two.
    function P31_the_exponent_never_decreases_in_time(uint256 elapsed, uint256 later) external pure {
        require(elapsed <= later);
        assert(PoolMath.exponentAfter(elapsed) <= PoolMath.exponentAfter(later));
    }

    function P31_less_left_never_means_less_released(uint128 balance, uint64 left, uint64 drop) external pure {
        require(left <= WAD && drop <= left);
        // A step on the way: what z3 does not find by itself.
        assert(balance * (WAD - left + drop) == balance * (WAD - left) + uint256(balance) * drop);
        assert(PoolMath.releasedAt(balance, left) <= PoolMath.releasedAt(balance, left - drop));
    }

    function P31_a_larger_balance_never_releases_less(uint128 balance, uint128 more, uint64 left) external pure {
        require(left <= WAD && uint256(balance) + more <= type(uint128).max);
        assert((uint256(balance) + more) * (WAD - left) == balance * (WAD - left) + more * (WAD - left));
        assert(PoolMath.releasedAt(balance, left) <= PoolMath.releasedAt(balance + more, left));
    }

    function P31_all_is_released_when_nothing_is_left(uint128 balance) external pure {
        assert(PoolMath.releasedAt(balance, 0) == balance);
    }

    function P31_the_exponent_is_at_most_45_3(uint256 elapsed) external pure {
        assert(PoolMath.exponentAfter(elapsed) <= 453e17);
    }

    function P31_the_yearly_rate_is_at_most_the_balance(uint128 unreleased) external pure {
        assert(PoolMath.yearlyOf(unreleased) <= unreleased);
    }
}
