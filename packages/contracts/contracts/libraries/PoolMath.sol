// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title What the pool releases of a balance (P-31): pure, without storage, the same integers as `poolRelease.ts`.
/// @dev Nothing here reverts or overflows, whatever it is given.
library PoolMath {
    uint256 private constant WAD = 1e18;

    /// @dev 15.1% a year of 365 days, compounded continuously, with 18 decimals.
    uint256 private constant RATE = 151e15;
    uint256 private constant YEAR = 365 days;

    /// @dev e^-45.3 is zero with 18 decimals: a longer time releases no more, and would not fit the exponent.
    uint256 private constant LONGEST = 300 * YEAR;

    /// @notice What a balance has released some time after the deposit that made it:
    /// `floor(balance × (1e18 − left) / 1e18)` with the part that is `left` after that time.
    /// @param balance In atomic units.
    /// @param elapsedSeconds Any number.
    /// @return In atomic units, never more than `balance`, never less than after a shorter time.
    function releasedOf(uint128 balance, uint256 elapsedSeconds) internal pure returns (uint256) {
        return releasedAt(balance, leftAfter(elapsedSeconds));
    }

    /// @notice What a balance has released when `left` of it, with 18 decimals, is not released.
    function releasedAt(uint128 balance, uint256 left) internal pure returns (uint256) {
        // The exponential of zero is 1e18 exactly, and no other here is more.
        return left < WAD ? uint256(balance) * (WAD - left) / WAD : 0;
    }

    /// @notice The part of a balance that is not released after some time, with 18 decimals: `expWad(−x)` with
    /// `x = floor(151e15 × elapsed / 31536000)`.
    function leftAfter(uint256 elapsedSeconds) internal pure returns (uint256) {
        // The exponential is never negative.
        return uint256(FixedPointMathLib.expWad(-int256(exponentAfter(elapsedSeconds))));
    }

    /// @notice The exponent without its sign, with 18 decimals: at most 45.3e18.
    function exponentAfter(uint256 elapsedSeconds) internal pure returns (uint256) {
        return RATE * (elapsedSeconds < LONGEST ? elapsedSeconds : LONGEST) / YEAR;
    }

    /// @notice What an unreleased balance would release in a year if it stayed as it is: 15.1% of it, rounded down.
    function yearlyOf(uint128 unreleased) internal pure returns (uint256) {
        return uint256(unreleased) * RATE / WAD;
    }
}
