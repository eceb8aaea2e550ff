// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolMath} from "../../contracts/libraries/PoolMath.sol";
import {Assert} from "./support/Assert.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-31, the formula by itself.
contract PoolMathTest is Assert {
    uint256 private constant YEAR = 365 days;

    function testFuzz_P31_never_falls_in_time_and_never_exceeds_the_balance(uint128 balance, uint256 a, uint256 b)
        public
        pure
    {
        _checkTimes(balance, a, b);
        _checkTimes(balance, bound(a, 0, 300 * YEAR), bound(b, 0, 300 * YEAR));
        uint256 time = bound(a, 0, 300 * YEAR);
        _checkTimes(balance, time, time + 1);
        _checkTimes(type(uint128).max, time, time + 1);
    }

    function _checkTimes(uint128 balance, uint256 a, uint256 b) private pure {
        (uint256 early, uint256 late) = a < b ? (a, b) : (b, a);
        uint256 released = PoolMath.releasedOf(balance, late);
        assertTrue(released >= PoolMath.releasedOf(balance, early), "never less later");
        assertTrue(released <= balance, "never more than the balance");
    }
}
